"""What a person types to find triples: words, and filters like `status:pending`. Pure.

`parse` takes anything typed and never fails. Words are searched in full. A filter narrows the
list; one that cannot be understood matches nothing and says so, so that nobody decides about more
triples than they meant. A name that is no filter is searched for as a word, and is said.

What is typed never becomes a part of the SQL: `where` joins fixed tests and gives the values.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tear_core.store.ids import prefix_range
from tear_core.store.search_terms import fts_query, storable
from tear_core.store.triple_rows import STATUSES
from tear_core.triples import LANDINGS

EXAMPLES: Mapping[str, str] = {
    "status": "status:pending,unreviewed",
    "landing": "landing:hurt",
    "surprise": "surprise:>4",
    "source": "source:generated",
    "theme": "theme:work",
    "session": "session:01JA",
    "generation": "generation:7",
    "triple": "triple:01JB",
}
"""Every filter there is, as it is typed."""

MOST_LOOKED_AT = 10_000
"""Triples, the newest, in which signs that are no words are looked for one by one."""

_PART = re.compile(
    r'(?P<name>[^\W\d_]+):(?P<value>"[^"]*"?|[^\s"]\S*|(?!\S))|(?P<words>"[^"]*"?|[^\s"]+)'
)


@dataclass(frozen=True, slots=True)
class Test:
    """One condition on a row of `triples`, and the values for its question marks."""

    sql: str
    values: tuple[str | float, ...] = ()


NOTHING = Test("0")

_BEGUN = '"<>=,-'
"""A value of these alone is still being typed."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What was typed, understood. `problems` are sentences about what was not."""

    words: str = ""
    tests: tuple[Test, ...] = ()
    problems: tuple[str, ...] = ()


def parse(typed: str) -> Filter:
    """The words and filters in what was typed. Every condition has to hold."""
    words: list[str] = []
    tests: list[Test] = []
    problems: list[str] = []
    for part in _PART.finditer(storable(typed)):
        name, value = part["name"], part["value"]
        if name is None or (name.lower() not in EXAMPLES and value[:2] == "//"):  # an address
            words.append(part[0])
        elif name.lower() not in EXAMPLES:
            words.append(part[0])
            problems.append(_unknown(name))
        else:
            found = _test(name.lower(), value)
            if isinstance(found, Test):
                tests.append(found)
            else:
                problems.append(found)
                tests += [NOTHING] if value.strip(_BEGUN) else []
    return Filter(" ".join(words), tuple(tests), tuple(dict.fromkeys(problems)))


def where(wanted: Filter) -> tuple[str, tuple[str | float, ...]]:
    """The filter as SQL for a WHERE over `triples`, and its values."""
    tests = [*wanted.tests, *_search(wanted.words)]
    values = tuple(value for test in tests for value in test.values)
    return " AND ".join(test.sql for test in tests) or "1", values


def completed(typed: str) -> str | None:
    """What was typed with the filter that its end begins to be; None: nothing fits."""
    *_, last = [""] if not typed or typed[-1].isspace() else typed.split()
    name, colon, value = last.lower().partition(":")
    if not last:
        return None
    if not colon:
        fits = [f"{each}:" for each in EXAMPLES if each.startswith(name)]
    else:
        chosen = value.rpartition(",")[2]
        fits = [each for each in _WORDS.get(name, ()) if chosen and each.startswith(chosen)]
        name = chosen
    return typed + fits[0][len(name) :] if fits and fits[0] != name else None


def _search(words: str) -> list[Test]:
    query = fts_query(words)
    if query:
        sql = "seq IN (SELECT rowid FROM triples_fts WHERE triples_fts MATCH ?)"
        return [Test(sql, (query,))]
    if words.strip():  # only signs: the index has no words for them, so look at the texts
        newest = f"seq > (SELECT max(seq) FROM triples) - {MOST_LOOKED_AT}"
        inside = "instr(input || char(10) || response || char(10) || consequence, ?)"
        return [Test(f"{newest} AND {inside}", (words.strip(),))]
    return []


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), EXAMPLES, n=1)
    hint = f" Did you mean {near[0]}:?" if near else ""
    return f"There is no filter {name}:, so it is searched for as a word.{hint}"


def _test(name: str, value: str) -> Test | str:
    """The condition that a filter stands for, or a sentence that says what it wants."""
    exact = len(value) > 1 and value[0] == value[-1] == '"'
    given = value.strip('"').strip()
    if not given and not exact:
        return f"{name}: wants a value, for example {EXAMPLES[name]}."
    return _READERS[name](given, exact)


def _one_of(column: str, known: Sequence[str]) -> Callable[[str, bool], Test | str]:
    def read(given: str, _: bool) -> Test | str:
        """Comma between: any of them. The beginning of a word is enough."""
        asked = [each for each in given.lower().split(",") if each]
        missing = [each for each in asked if not any(word.startswith(each) for word in known)]
        if missing or not asked:
            return f"{column}: {(missing or [given])[0]} is none of {', '.join(known)}."
        chosen = [word for word in known if any(word.startswith(each) for each in asked)]
        return Test(f"{column} IN ({', '.join('?' * len(chosen))})", tuple(chosen))

    return read


def _text(column: str) -> Callable[[str, bool], Test | str]:
    def read(given: str, exact: bool) -> Test | str:
        """How it begins, in any case of letters; in quotes, all of it as it is."""
        if exact:
            return Test(f"{column} = ?", (given,))
        if given == "none":
            return Test(f"{column} = ''")
        return Test(f"substr(lower({column}), 1, length(?)) = lower(?)", (given, given))

    return read


def _id(column: str) -> Callable[[str, bool], Test | str]:
    def read(given: str, _: bool) -> Test | str:
        """How an id begins."""
        if given in ("", "none"):
            return Test(f"{column} IS NULL")
        return Test(f"({column} >= ? AND {column} < ?)", prefix_range(given))

    return read


def _generation(given: str, _: bool) -> Test | str:
    """The generation that has seen them, or `none`."""
    if given == "none":
        return Test("NOT EXISTS (SELECT 1 FROM exposures WHERE triple_id = triples.id)")
    if not (given.isascii() and given.isdecimal() and len(given) < 16):
        return "generation: wants the number of the generation that has seen them, or none."
    if int(given) == 0:
        return "generation:0 is the base model, which was shown no triple."
    seen = "id IN (SELECT triple_id FROM exposures WHERE generation = ?)"
    return Test(seen, (int(given),))


_COMPARED = re.compile(r"(>=|<=|>|<)(.+)", re.DOTALL)


def _surprise(given: str, _: bool) -> Test | str:
    """Nats per token: `>4`, `<=2.5`, `2-4`, or `none`: not measured yet."""
    if given == "none":
        return Test("surprise IS NULL")
    if compared := _COMPARED.fullmatch(given):
        limit = _number(compared[2])
        if limit is not None:
            return Test(f"surprise {compared[1]} ?", (limit,))
    low, dash, high = given.partition("-")
    least, most = _number(low), _number(high)
    if dash and least is not None and most is not None:
        return Test("surprise BETWEEN ? AND ?", (least, most))
    return "surprise: wants >4, <2, 2-4 (nats per token) or none: not measured."


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


_WORDS: Mapping[str, Sequence[str]] = {"status": STATUSES, "landing": LANDINGS}

_READERS: Mapping[str, Callable[[str, bool], Test | str]] = {
    "status": _one_of("status", STATUSES),
    "landing": _one_of("landing", LANDINGS),
    "surprise": _surprise,
    "source": _text("source"),
    "theme": _text("theme"),
    "session": _id("session_id"),
    "generation": _generation,
    "triple": _id("id"),
}
