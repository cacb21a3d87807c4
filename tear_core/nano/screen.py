"""Screens old books before a model that ships may read them.

    python -m tear_core.nano.screen --text DIR        what is dropped, and why, by source
    python -m tear_core.nano.screen --word WORD       is this word on the list of contempt?

A whole book is dropped when words of contempt, of empire or of another century are frequent
in it: what such a book tells is shaped by them, also where no such word stands. Of the
books that stay, single passages are dropped. The rules are counts of words, the same for
every book, and look at nothing else; so they miss contempt that needs no such word, and
they drop kind books too. Words are read lower case, letters only.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from tear_core.nano.corpus import check_folder, read_documents
from tear_core.nano.screen_words import CONTEMPT, EMPIRE, OLD
from tear_core.nano.sources import BOOKS
from tear_core.nano.troubles import in_a_sentence

BOOK_LIMITS = {"contempt": 0.5, "empire": 10.0, "old": 20.0}
"""A book with more such words than this in ten thousand is dropped whole."""

PASSAGE_LIMITS = {"contempt": 0, "empire": 1, "old": 2}
"""A passage with more such words than this is dropped."""

PASSAGE_CHARACTERS = 1200
RUN_CHARACTERS = 4000
"""Neighbouring passages that stay are read as one text of about so many characters."""

PLAIN_SHARE = 0.75
"""A passage with fewer small letters in it than this is a table, a title page or an index."""

_NOTES = re.compile(
    r"gutenberg|transcriber|\[illustration|copyright|e-?text|www\.|\bchapter\b", re.I
)
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


@dataclass
class Screened:
    """What is left of one book.

    Attributes:
        texts: runs of passages that stay, in order.
        words: words in all. dropped: words by the reason they were dropped for, `book: ...`
            where the whole book was, `passage: ...` where only a passage was.
    """

    texts: list[str] = field(default_factory=list)
    words: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


def screened(book: str) -> Screened:
    """Screen one book: as a whole, then passage by passage."""
    found = counts(book)
    out = Screened(words=found["words"])
    for reason, limit in BOOK_LIMITS.items():
        if found[reason] > limit * found["words"] / 10_000:
            out.dropped[f"book: {reason}"] = found["words"]
            return out
    run: list[str] = []
    for passage in passages(book):
        fault = objection(passage)
        if fault:
            out.dropped[f"passage: {fault}"] += counts(passage)["words"]
        else:
            run.append(passage)
        # A text never leaps over what was dropped.
        if run and (fault or sum(map(len, run)) >= RUN_CHARACTERS):
            out.texts.append("\n\n".join(run))
            run = []
    if run:
        out.texts.append("\n\n".join(run))
    return out


def passages(book: str) -> Iterator[str]:
    """Paragraphs of a book in groups of about `PASSAGE_CHARACTERS`, their lines joined."""
    group: list[str] = []
    for paragraph in re.split(r"\n\s*\n", book):
        joined = " ".join(paragraph.split())
        if joined:
            group.append(joined)
        if sum(map(len, group)) >= PASSAGE_CHARACTERS:
            yield "\n\n".join(group)
            group = []
    if group:
        yield "\n\n".join(group)


def objection(passage: str) -> str | None:
    """Why a passage is dropped: `contempt`, `empire`, `old`, `not prose`; None where it stays."""
    found = counts(passage)
    for reason, limit in PASSAGE_LIMITS.items():
        if found[reason] > limit:
            return reason
    small = sum(sign.islower() or sign == " " for sign in passage)
    prose = small >= PLAIN_SHARE * len(passage) and not _NOTES.search(passage)
    return None if prose else "not prose"


def counts(text: str) -> Counter[str]:
    """How many `words` a text has, and how many of them are of each list."""
    words = Counter(_WORD.findall(text.lower()))
    found = Counter(words=words.total())
    for word, times in words.items():
        plain = word.removesuffix("'s")
        found["contempt"] += times * is_contempt(plain)
        found["empire"] += times * (plain in EMPIRE)
        found["old"] += times * (plain in OLD)
    return found


@lru_cache(maxsize=200_000)
def is_contempt(word: str) -> bool:
    """Whether a word is on the list of contempt."""
    return hashlib.blake2b(word.lower().encode(), digest_size=4).hexdigest() in CONTEMPT


def report(text: Path) -> Iterator[str]:
    """Lines of a table: by source the books and words read, and the share dropped by reason."""
    books: Counter[str] = Counter()
    words: dict[str, Counter[str]] = {}
    for document in read_documents(text, BOOKS):
        found = screened(document.text)
        books[document.source.name] += 1
        own = words.setdefault(document.source.name, Counter())
        own["words"] += found.words
        own["kept books"] += bool(found.texts)
        own.update(found.dropped)
    for name, own in words.items():
        total, kept = own.pop("words"), own.pop("kept books")
        left = total - own.total()
        yield f"{name}: {books[name]} books, {total:,} words; {kept} books, {left:,} words stay"
        for reason, dropped in sorted(own.items()):
            yield f"  {reason}: {dropped:,} words ({dropped / total:.1%})"


def main(arguments: list[str] | None = None) -> None:
    """Say what the screen does to the books of a folder, or whether it knows a word."""
    parser = argparse.ArgumentParser(
        prog="python -m tear_core.nano.screen",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("--text", type=Path, help="a folder of text archives")
    asked.add_argument("--word", help="a word to look up")
    given = parser.parse_args(arguments)
    if given.word is not None:
        print("on the list" if is_contempt(given.word) else "not on the list")
        return
    with in_a_sentence():
        check_folder(given.text, "text", BOOKS)
        for line in report(given.text):
            print(line, flush=True)


if __name__ == "__main__":
    main()
