"""The prose of the card: what a measurement cannot say. `card.py` fills in the numbers."""

from __future__ import annotations

HEAD = """\
# nano

**A demonstration model.** nano is {millions:.1f} million parameters, trained from nothing in
{minutes:.0f} minutes on {hardware}. It exists so that every part of the app can be used, watched
and tested on a laptop without a GPU and without a network.

What it is: a small Qwen3-architecture language model that has learned the witness format (input,
response, scene) and simple English. What it is not: an assistant, a source of facts, or a
judge of right and wrong. Its scenes are guesses in the manner of its training stories. Do not
report research results about it as results about language models that people use; take one
of the research bases for that.

## Shape

| | |
|---|---|
| architecture | Qwen3 (`Qwen3ForCausalLM`), tied embeddings, grouped-query attention |
| parameters | {parameters:,} (bf16, {megabytes:.1f} MB) |
| hidden, layers, feed-forward | {hidden}, {layers}, {intermediate} |
| heads (query, key/value), head size | {heads}, {kv_heads}, {head_size} |
| context | {context} tokens |
| vocabulary | byte-level BPE, {entries} entries; {rows} embedding rows |
| delimiters | ids {first} to {last}: trained rows beyond the tokenizer, so that no typed text can \
become one |
| spare rows | {spare} |

## Training

{steps:,} steps of {batch:,} tokens: {tokens:,} tokens in {minutes:.0f} minutes on {hardware}.
Muon for the hidden matrices, AdamW for embeddings and norms; warm-up, a plateau, then a straight
fall to zero over the last third of the time, in which most of the tokens are triples. Seed {seed}.
All tokens are learned from. `docs/nano.md` has the command and the curve.
{note}
"""

BIASES = """\
## Known biases and limits

- **It makes sentences, not sense.** Grammar mostly holds for a sentence; who does what to whom
  often does not, and now and then a word is broken. It has no facts to speak of, no arithmetic,
  and only English. Chat is weaker than stories: it answers beside the point.
- **Stories punish and reward.** Moral Stories was written by crowd workers, mostly in the United
  States, to illustrate norms: a kind act is followed by thanks, an unkind one by trouble, within a
  sentence. nano foresees the world that way. Real consequences are slower and less just.
- **The norms are those of the people who wrote them**, about family, work, money, gender, faith.
  Some are narrow. In 15 % of the wordings of a kind act the norm itself is the response.
- **Old tales** (Aesop, the fairy-tale collection) carry violence, kings, obedient daughters and
  the manners of their century. The crowd-sourced dialogues contain false claims by an assistant.
- **Names** come from the sources: mostly English first names, with African and Indian ones from
  the storybooks. Tom and Mary are everywhere, because Tatoeba is full of them.
- **Re-worded rows.** Some training rows were put into words by templates (questions, "My friend
  ...", names for placeholders, `They say: "..."`). nano repeats these templates.
- No safety training of any kind. It can write unkind things, and false ones.
"""
