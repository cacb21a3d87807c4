"""What a generation is beside its figures, forks of sessions, and blind comparisons."""

from __future__ import annotations

# `sources` are the generations that a merged or negated one was made of; `parent` is where it
# stands in the tree. A removed generation keeps its row: what it has seen stays on record.
STATEMENTS = (
    """
    ALTER TABLE generations ADD COLUMN kind TEXT NOT NULL DEFAULT 'learned'
        CHECK (kind IN ('learned', 'merged', 'negated', 'rebuilt'))
    """,
    """
    ALTER TABLE generations ADD COLUMN sources TEXT NOT NULL DEFAULT '[]'
        CHECK (json_valid(sources))
    """,
    "ALTER TABLE generations ADD COLUMN label TEXT NOT NULL DEFAULT ''",
    """
    ALTER TABLE generations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0
        CHECK (pinned IN (0, 1))
    """,
    """
    ALTER TABLE generations ADD COLUMN verdict TEXT NOT NULL DEFAULT ''
        CHECK (verdict IN ('', 'pass', 'provisional', 'fail', 'insufficient'))
    """,
    """
    ALTER TABLE generations ADD COLUMN gate TEXT
        CHECK (gate IS NULL OR json_valid(gate))
    """,
    "ALTER TABLE generations ADD COLUMN removed_at TEXT",
    # What an update is done again from: in which order the new triples were taken, and a
    # fingerprint of each one's words and marks as they were learned ("" is not known).
    "ALTER TABLE exposures ADD COLUMN place INTEGER",
    "ALTER TABLE exposures ADD COLUMN words TEXT NOT NULL DEFAULT ''",
    # Each use of a set of items that is held back for judging.
    """
    CREATE TABLE gate_runs (
        id TEXT PRIMARY KEY,
        base TEXT NOT NULL,
        generation INTEGER NOT NULL,
        items_hash TEXT NOT NULL,
        verdict TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX gate_runs_items ON gate_runs(items_hash)",
    """
    ALTER TABLE sessions ADD COLUMN forked_from TEXT
        REFERENCES sessions(id) ON DELETE SET NULL
    """,
    "ALTER TABLE sessions ADD COLUMN forked_at INTEGER",
    """
    CREATE TABLE comparisons (
        id TEXT PRIMARY KEY,
        base TEXT NOT NULL,
        one INTEGER NOT NULL,
        other INTEGER NOT NULL,
        shown_first INTEGER NOT NULL,
        input TEXT NOT NULL,
        shown TEXT NOT NULL CHECK (json_valid(shown)),
        choice TEXT NOT NULL CHECK (choice IN ('one', 'other', 'tie')),
        at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX comparisons_pair ON comparisons(base, one, other)",
    # The most surprising first, of all triples.
    "CREATE INDEX triples_surprise ON triples(surprise, id)",
    *(
        f"ALTER TABLE learning_steps ADD COLUMN {name} TEXT NOT NULL DEFAULT '[]'"
        f" CHECK (json_valid({name}))"
        for name in ("new_ids", "replayed_ids")
    ),
    "ALTER TABLE learning_steps ADD COLUMN memory_bytes INTEGER NOT NULL DEFAULT 0",
    # The learning curve is read from this index alone, however many triples there are.
    """
    CREATE INDEX triples_measured ON triples(id, surprise, surprise_generation)
        WHERE surprise IS NOT NULL
    """,
    # One row for each update, also for those that published nothing.
    """
    CREATE TABLE learning_runs (
        id TEXT PRIMARY KEY,
        base TEXT NOT NULL,
        parent INTEGER NOT NULL,
        triples TEXT NOT NULL CHECK (json_valid(triples)),
        pid INTEGER NOT NULL,
        began_at TEXT NOT NULL,
        ended_at TEXT,
        outcome TEXT NOT NULL DEFAULT ''
            CHECK (outcome IN ('', 'published', 'refused', 'stopped', 'interrupted', 'failed')),
        why TEXT NOT NULL DEFAULT '',
        generation INTEGER
    ) STRICT
    """,
)
