"""What nano may read: every source with its licence, its credit, and its share of the training.

Only sources named here are read. A file in the folders that has no entry has no
licence the card could state, and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Phase = Literal["general", "final"]
"""`general` teaches English; `final`, while the learning rate falls, teaches the format."""


@dataclass(frozen=True, slots=True)
class Source:
    """One archive of the corpus.

    Attributes:
        kind: `text` is an archive of plain text, `triples` a JSON-lines file, `scenarios` one that
            `everyday.py` draws rows from.
        licence, credit: as the archive itself states them; printed in the card.
        general, final: share of each phase's tokens (normalised over the sources found).
        separator: what stands between documents inside one file; None: a file is a document.
        style: how documents or rows are put into words, see `rendering.py`.
        longest: triples of more tokens are left out; they would crowd out the short ones.
    """

    name: str
    kind: Literal["text", "triples", "scenarios"]
    licence: str
    credit: str
    general: float
    final: float
    separator: str | None = None
    style: str = "plain"
    longest: int = 480

    def share(self, phase: Phase) -> float:
        return self.general if phase == "general" else self.final


_ALL = (
    Source(
        "tinyfabulist_fables",
        "text",
        "MIT",
        "TinyFabulist, synthetic fables",
        general=0.17,
        final=0.06,
        separator="\n\n\n",
    ),
    Source(
        "tatoeba_en",
        "text",
        "CC-BY 2.0",
        "tatoeba.org and www.manythings.org/anki, English sentences",
        general=0.18,
        final=0.07,
        style="sentences",
    ),
    Source(
        "african_storybook_en",
        "text",
        "CC-BY (each story)",
        "African Storybook (africanstorybook.org), 316 stories; authors in ATTRIBUTION.md",
        general=0.06,
        final=0.02,
        style="pages",
    ),
    Source(
        "pratham_books_en",
        "text",
        "CC-BY (each story; one in the public domain)",
        "Pratham Books, StoryWeaver (storyweaver.org.in), 395 stories; authors in ATTRIBUTION.md",
        general=0.07,
        final=0.03,
        style="pages",
    ),
    Source(
        "fairytaleqa_stories",
        "text",
        "Apache-2.0",
        "FairytaleQA (Xu et al. 2022), story texts",
        general=0.08,
        final=0.02,
    ),
    Source(
        "aesop_for_children",
        "text",
        "public domain in the US",
        "The Aesop for Children (1919)",
        general=0.01,
        final=0.0,
        separator="\n\n\n",
    ),
    Source(
        "taskmaster4_dialogues",
        "text",
        "CC-BY 4.0",
        "Taskmaster-4, Bill Byrne and Saravanan Ganesh, Google LLC (arXiv 2403.10704)",
        general=0.03,
        final=0.03,
        separator="\n\n",
        style="dialogue",
    ),
    Source(
        "moral_stories",
        "triples",
        "MIT",
        "Moral Stories (Emelin et al. 2021)",
        general=0.18,
        final=0.34,
        style="moral_story",
    ),
    Source(
        "next_human_turn",
        "triples",
        "MIT",
        "HH-RLHF, helpful sets (Bai et al. 2022, Anthropic)",
        general=0.08,
        final=0.1,
        style="next_turn",
        longest=256,
    ),
    Source(
        "socialiqa",
        "triples",
        "CC-BY 4.0",
        "SocialIQA (Sap et al. 2019)",
        general=0.04,
        final=0.05,
        style="social",
    ),
    Source(
        "ecare",
        "triples",
        "MIT",
        "e-CARE (Du et al. 2022)",
        general=0.03,
        final=0.03,
        style="event",
    ),
    Source(
        "event2mind",
        "triples",
        "MIT",
        "Event2Mind (Rashkin et al. 2018)",
        general=0.02,
        final=0.02,
        style="feeling",
    ),
    Source(
        "casino",
        "triples",
        "CC-BY 4.0",
        "CaSiNo (Chawla et al. 2021)",
        general=0.03,
        final=0.03,
        style="next_turn",
        longest=256,
    ),
    Source(
        "small_talk",
        "triples",
        "Apache-2.0",
        "written for nano by hand; small_talk.jsonl beside the recipe",
        general=0.01,
        final=0.02,
    ),
    Source(
        "everyday",
        "scenarios",
        "Apache-2.0",
        "written for nano by hand; everyday.jsonl beside the recipe, multiplied by drawing",
        general=0.12,
        final=0.22,
        style="talk",
    ),
)

SOURCES: Mapping[str, Source] = {source.name: source for source in _ALL}
"""Every source of the model for a CPU, by the stem of its file name."""

_PUBLIC_DOMAIN = "public domain in the US"
BOOKS: Mapping[str, Source] = {
    name: Source(name, "text", _PUBLIC_DOMAIN, credit, general, final, style="book")
    for name, credit, general, final in (
        ("pg_children_bundle", "Project Gutenberg, children's books (screened)", 0.14, 0.02),
        ("pg_children_gitenberg", "Project Gutenberg, children's books (screened)", 0.10, 0.02),
        ("pg_simple_fiction", "Project Gutenberg, plain fiction (screened)", 0.12, 0.02),
    )
}
"""Old books, for a run that has hundreds of millions of tokens to read. `screen.py` goes
through every one first; a run too short to read the modern sources twice does without."""

ALL_SOURCES: Mapping[str, Source] = {**SOURCES, **BOOKS}
