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
fall to zero over the last {fall:.0%} of the run, in which most of the tokens are triples.
Seed {seed}.
All tokens are learned from. `docs/nano.md` has the command and the curve.
{begun}{note}
"""

DATA = """\
## Data

Only sources whose licence allows it. Tokens are those of the training split, triples in
all the wordings they were given; the two shares are of the tokens read before and during
the fall of the learning rate of the last run. Texts were shortened, split and re-worded as
`docs/nano.md` says. Titles and authors of the storybooks: `ATTRIBUTION.md`.

| source | licence | credit | tokens | before | during |
|---|---|---|---|---|---|"""

LICENCES = """
CC-BY 4.0: https://creativecommons.org/licenses/by/4.0/ · \
CC-BY 2.0: https://creativecommons.org/licenses/by/2.0/
"""

MEASURED = """\
## Measures{beside}

Texts and situations that were never trained on, each read alone from its first token, at most
250 of a source. Bits per byte count delimiters as cost and text as bytes. Scenes are told as
their source tells them, at most 250 of a source, without their delimiters. The interval is 95 %,
for as many draws as there are stories. `python -m tear_core.nano.measure` prints these again.
"""

TALK = """\
## Twenty first turns that nobody chose

The turns are in `tear_core/nano/chat.py`; none is in the training rows.
"""

BIASES = """\
## Known biases and limits

- **It makes sentences, not sense.** Grammar mostly holds for a sentence; who does what to whom
  often does not, and now and then a word is broken. It has no facts to speak of, no arithmetic,
  and only English. It often answers beside the point.
- **It advises bad things as readily as good ones.** Half of the acts it learned from are the
  immoral branches of moral stories, put to it as replies ("Just ..."), each with what followed.
  Its reply is a draft to look at, never advice to follow.
- **Stories punish and reward.** Moral Stories was written by crowd workers, mostly in the United
  States, to illustrate norms: a kind act is followed by thanks, an unkind one by trouble, within a
  sentence. nano foresees the world that way. Real consequences are slower and less just.
- **The norms are those of the people who wrote them**, about family, work, money, gender, faith.
  Some are narrow, and in some wordings of a kind act the norm itself is the response. Who is `he`
  and who is `she` is read off those stories, by name.
- **Old tales** (Aesop, the fairy-tale collection) carry violence, kings, obedient daughters and
  the manners of their century. The crowd-sourced dialogues contain false claims by an assistant.
- **Bargaining and coffee.** Two of the dialogue sets are about one thing each: camping supplies
  (CaSiNo) and orders at a coffee bar (Taskmaster-4). They turn up unasked.
- **Names** come from the sources and from a list of fifty: mostly English first names. Tom and
  Mary are everywhere, because Tatoeba is full of them.
- **Re-worded rows.** Many training rows were put into words by rule: stories turned into the first
  person, replies that begin "You could ...", next turns told as `They ask: "..."`. nano repeats
  these forms, with the grammar slips of the rules.
- **Everyday talk** (greetings, a lost key, a quarrel, a good day) was written by hand: some three
  hundred scenarios, multiplied by putting other words in, and read many times. Near these subjects
  it sounds better than it is; a step aside, and what it says belongs to another subject.
- No safety training of any kind. It can write unkind things, and false ones.
"""
