"""What a study is: its data, its arms, its seeds. Plain data; the same design has the same hash."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tear_core.corpus.atomic import whole_text
from tear_core.home import private_folder
from tear_core.study.arms import Arm, named, sweep

DESIGN = "design.json"
FINDINGS = "findings.json"
VERSION = 1
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class StudyError(ValueError):
    """A study that cannot be as it was asked for. `hint` says what a person can do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Design:
    """Everything that decides what a study finds.

    Attributes:
        items: files whose rows are scored; each brings its train rows with it (see
            `evaluate.awareness.sets`), which are what the arms learn.
        arms: names, in the order in which they are shown; `sweep`, further values of λ.
        lambda_: the weight of the consequence loss in `adapter` and `placebo`.
        triples: how many train triples are learned, drawn by seed in whole inputs; 0 is all.
        held_out: how many triples are scored for surprise; 0 is all.
        pairs: how many pairs are scored for consequence awareness; 0 is all.
        epochs: how often each triple is learned; None: as the base says.
        settings: what shapes learning beside that (rank, targets, learning rate, ...).
    """

    name: str
    base: str
    items: tuple[str, ...]
    arms: tuple[str, ...] = ("base", "adapter", "lambda-0", "placebo")
    lambda_: float = 0.3
    sweep: tuple[float, ...] = ()
    seeds: int = 3
    triples: int = 300
    held_out: int = 200
    pairs: int = 200
    epochs: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise StudyError(
                f"{self.name!r} cannot be a study's name",
                "Use small letters, digits, dots and dashes.",
            )
        if not self.items:
            raise StudyError("a study needs items to score", "Give --items FILE.")
        if self.seeds < 1:
            raise StudyError("a study needs a seed or more")
        if not 0 <= self.lambda_ < float("inf"):
            raise StudyError(f"λ {self.lambda_} is not a weight")

    def all_arms(self) -> list[Arm]:
        """Every arm, those of the sweep last.

        Raises:
            StudyError: an arm nobody knows.
        """
        try:
            usual = [named(name, self.lambda_) for name in dict.fromkeys(self.arms)]
        except ValueError as error:
            raise StudyError(str(error)) from None
        return [*usual, *sweep(tuple(dict.fromkeys(self.sweep)), self.lambda_)]

    def cells(self) -> list[tuple[Arm, int]]:
        """What is to be run: every arm with every seed; the base, which learns nothing, once."""
        arms = self.all_arms()
        measured = [(arm, 0) for arm in arms if arm.lambda_ is None]
        return measured + [
            (arm, seed) for seed in range(self.seeds) for arm in arms if arm.lambda_ is not None
        ]

    def as_json(self) -> dict[str, Any]:
        return {"version": VERSION, **asdict(self)}

    @property
    def hash(self) -> str:
        """16 hex digits of everything but the name and the number of seeds: seeds may be added."""
        kept = {k: v for k, v in self.as_json().items() if k not in ("name", "seeds", "arms")}
        text = json.dumps({**kept, "sweep": None}, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def studies_folder(home: Path) -> Path:
    """Holds one folder for each study. Made if missing."""
    return private_folder(home / "studies")


def folder_of(home: Path, name: str) -> Path:
    """A study's folder, which need not exist."""
    if not _NAME.fullmatch(name):
        raise StudyError(f"{name!r} cannot be a study's name")
    return studies_folder(home) / name


def names(home: Path) -> list[str]:
    """Every study of a home."""
    return sorted(path.parent.name for path in studies_folder(home).glob(f"*/{DESIGN}"))


def load(home: Path, name: str) -> Design:
    """The design of a study.

    Raises:
        StudyError: there is no such study, or its design cannot be read.
    """
    try:
        data = json.loads((folder_of(home, name) / DESIGN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(names(home)) or "none yet"
        raise StudyError(f"there is no study {name!r}", f"There are: {known}.") from None
    except (OSError, ValueError) as error:
        raise StudyError(f"the design of {name} cannot be read: {error}") from None
    if data.pop("version", None) != VERSION:
        raise StudyError(f"{name} was made by another version of tear-tui")
    lists = {k: tuple(data[k]) for k in ("items", "arms", "sweep")}
    return Design(**{**data, **lists})


def keep(home: Path, design: Design) -> Path:
    """Write the design down; returns the study's folder.

    Raises:
        StudyError: a study of that name has another design.
    """
    folder = private_folder(folder_of(home, design.name))
    if (folder / DESIGN).exists():
        before = load(home, design.name)
        if before.hash != design.hash:
            raise StudyError(
                f"there is a study {design.name!r} with another design",
                "Give the new one another name; cells of two designs are not comparable.",
            )
    write_json(folder / DESIGN, design.as_json())
    return folder


def write_json(path: Path, value: Any) -> None:
    """Write a private file of JSON, whole or not at all."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    whole_text(path, text, force=True)


def read_json(path: Path) -> Any:
    """What `write_json` wrote.

    Raises:
        StudyError: it is missing or cannot be read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StudyError(f"{path} cannot be read: {error}") from None
