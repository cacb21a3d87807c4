"""The card of an export: what the files are for `datasets`, and what the data is for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

MARK = "<!-- written by `tear-tui export` -->"
"""Tells an export of ours from anybody's other folder."""

CONFIGS = ("triples", "messages", "sft", "preference", "kto")

_STRING, _TEXTS = "string", (("role", "string"), ("content", "string"))
_MESSAGES = {"list": _TEXTS}
_EARLIER = {"list": (("input", "string"), ("response", "string"))}
_DRAFT = {"struct": (("response", "string"), ("scene", "string"))}
_MARKS = {"id": _STRING, "split": _STRING}

# Declared, since a column that is empty in the first rows would be guessed to be nothing.
_FEATURES: dict[str, dict[str, object]] = {
    "triples": {
        **dict.fromkeys(("id", "input", "response", "consequence", "landing", "order"), _STRING),
        "context": _EARLIER,
        "draft": _DRAFT,
        **dict.fromkeys(("status", "source", "licence", "consent", "theme"), _STRING),
        "difficulty": "int64",
        **dict.fromkeys(("culture", "pair", "predicted"), _STRING),
        "surprise": "float64",
        **dict.fromkeys(("split", "content_hash", "created_at"), _STRING),
    },
    "messages": {
        "messages": _MESSAGES,
        **dict.fromkeys(("consequence", "landing"), _STRING),
        **_MARKS,
    },
    "sft": {
        "prompt": _MESSAGES,
        "completion": _MESSAGES,
        **dict.fromkeys(("consequence", "landing"), _STRING),
        **_MARKS,
    },
    "preference": {
        **dict.fromkeys(("prompt", "chosen", "rejected"), _MESSAGES),
        **dict.fromkeys(("chosen_consequence", "rejected_consequence"), _STRING),
        **dict.fromkeys(("chosen_landing", "rejected_landing"), _STRING),
        **_MARKS,
    },
    "kto": {
        "prompt": _MESSAGES,
        "completion": _MESSAGES,
        "label": "bool",
        **dict.fromkeys(("consequence", "landing"), _STRING),
        **_MARKS,
    },
}

# Licences as the Hub names them. Any other is given in words.
_KNOWN = {
    *("apache-2.0", "mit", "bsd-3-clause", "cc0-1.0", "unlicense", "odc-by"),
    *("cc-by-4.0", "cc-by-3.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc-by-2.0"),
}


def card(
    rows: Mapping[str, int],
    kinds: Mapping[str, Counter[str]],
    redacted: Mapping[str, int] | None,
) -> str:
    """The README.md of an export.

    Args:
        rows: how many rows each config has.
        kinds: counts of the triples by landing, status, source, licence, consent, theme.
        redacted: how much was taken out of the texts; None: nothing was looked for.
    """
    return f"{_front_matter(rows, kinds)}\n{MARK}\n\n{_words(rows, kinds, redacted)}"


def _front_matter(rows: Mapping[str, int], kinds: Mapping[str, Counter[str]]) -> str:
    lines = ["---", *_licence(kinds.get("licence", Counter()))]
    lines += [
        "pretty_name: Triples of consequence",
        f"size_categories:\n- {_size(rows.get('triples', 0))}",
        "tags:\n- consequence\n- tear-tui",
        "configs:",
    ]
    filled = [name for name in CONFIGS if rows.get(name)]  # `datasets` opens no empty one
    for name in filled:
        lines += [f"- config_name: {name}", f"  data_files: data/{name}.jsonl"]
        lines += ["  default: true"] if name == "triples" else []
    lines.append("dataset_info:")
    for name in filled:
        lines += [f"- config_name: {name}", "  features:"]
        for column, kind in _FEATURES[name].items():
            lines += _feature(column, kind)
    return "\n".join([*lines, "---", ""])


def _feature(column: str, kind: object) -> list[str]:
    if isinstance(kind, str):
        return [f"  - name: {column}", f"    dtype: {kind}"]
    assert isinstance(kind, dict)
    ((shape, fields),) = kind.items()
    lines = [f"  - name: {column}", f"    {shape}:"]
    for name, dtype in fields:
        lines += [f"    - name: {name}", f"      dtype: {dtype}"]
    return lines


def _licence(licences: Mapping[str, int]) -> list[str]:
    only = next(iter(licences)).lower() if len(licences) == 1 else ""
    if only in _KNOWN:
        return [f"license: {only}"]
    return ["license: other", "license_name: see-the-licence-column"]


def _size(count: int) -> str:
    steps = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))
    return next((name for most, name in steps if count < most), "100K<n<1M")


def _words(
    rows: Mapping[str, int],
    kinds: Mapping[str, Counter[str]],
    redacted: Mapping[str, int] | None,
) -> str:
    return f"""# Triples of consequence

Each triple is something that was said, what was answered, and a scene of what came of the answer,
with how it landed: `healed`, `neutral` or `hurt`.

## Configs

| config | rows | a row |
|---|---|---|
| triples | {rows.get("triples", 0)} | all of a triple; `tear-tui import` reads it back as it was |
| messages | {rows.get("messages", 0)} | the talk as chat messages, and its consequence |
| sft | {rows.get("sft", 0)} | prompt and completion to imitate; nothing that hurt |
| preference | {rows.get("preference", 0)} | a reply that landed better beside a worse |
| kto | {rows.get("kto", 0)} | replies that healed (`label` true) or hurt (false) |

A config without rows has no file, and cannot be loaded.

    from datasets import load_dataset
    load_dataset("path/to/this/folder", "triples")["train"]

All rows are in the one split that `datasets` calls `train`. The column `split` (train, dev, gate)
is a hash of the input, so that no input is on both sides of a test: filter by it.

## What is in it

{_table("landing", kinds)}
{_table("status", kinds)}
{_table("source", kinds)}
{_table("theme", kinds)}
## Licence and consent

{_table("licence", kinds)}
{_table("consent", kinds)}
An empty name means that nobody noted it. Find out before you pass the data on.

## Personal and sensitive information

{_redaction(redacted)}

Scenes can be distressing: they tell of hurt, too. A `hurt` response is there to be foreseen, not to
be imitated. A triple that was retracted is not in here; models that have learned it still carry it.
"""


def _table(kind: str, kinds: Mapping[str, Counter[str]]) -> str:
    counts = kinds.get(kind, Counter())
    rows = [f"| {_cell(name)} | {count} |" for name, count in counts.most_common(30)]
    if len(counts) > 30:
        rows.append(f"| {len(counts) - 30} others | {sum(counts.values())} in all |")
    return "\n".join([f"| {kind} | triples |", "|---|---|", *rows, ""])


def _cell(text: str) -> str:
    """Somebody's words in a table: on one line, with no mark-up of their own."""
    plain = " ".join(text.split())[:80]
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|#" else sign for sign in plain) or "(none)"


def _redaction(redacted: Mapping[str, int] | None) -> str:
    if redacted is None:
        return (
            "Nothing was taken out of the texts. They may name people; look before you publish, or"
            " export with `--redact`."
        )
    found = ", ".join(f"{redacted.get(kind, 0)} {kind}" for kind in ("names", "mails", "phones"))
    return (
        f"Taken out of the texts by rule: {found} and {redacted.get('keys', 0)} keys, each"
        " replaced by a mark such as `[NAME_1]`, the same name by the same mark within a triple."
        " Rules miss things (nicknames, names written small, places, what a life's details tell),"
        " so a person has to look too."
    )
