"""The schema, as the steps that lead to it. A step that has shipped is never edited.

Imported only when a database is behind: sqlite-utils is slow to import. Steps run one
statement at a time, since `executescript` would end the transaction around them.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database, Migrations

from tear_core.store.schema import m001_first as first
from tear_core.store.schema import m002_corpus as corpus
from tear_core.store.schema import m003_versions as versions
from tear_core.store.schema import m004_kinds as kinds

migrations = Migrations("tear")


@migrations()
def m001_first(db: Database) -> None:
    _run(db, first.STATEMENTS)


@migrations()
def m002_corpus(db: Database) -> None:
    _run(db, corpus.STATEMENTS)


@migrations()
def m003_versions(db: Database) -> None:
    _run(db, versions.STATEMENTS)


@migrations()
def m004_kinds(db: Database) -> None:
    _run(db, kinds.STATEMENTS)


def _run(db: Database, statements: Iterable[str]) -> None:
    for statement in statements:
        db.execute(statement)
