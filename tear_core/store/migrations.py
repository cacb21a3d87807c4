"""The schema, as the steps that lead to it. A step that has shipped is never edited.

Imported only when a database is behind: sqlite-utils is slow to import. Steps run one
statement at a time, since `executescript` would end the transaction around them.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("tear")


@migrations()
def m001_first(db: Database) -> None:
    """Sessions, events, triples, generations, the learning log, drafts, full-text search."""
    for statement in (*_SESSIONS, *_TRIPLES, *_GENERATIONS, *_WRITING, *_SEARCH):
        db.execute(statement)


@migrations()
def m002_corpus(db: Database) -> None:
    """What is noted beside a triple's words, edits, and changes that can be undone."""
    for statement in _CORPUS:
        db.execute(statement)


@migrations()
def m003_versions(db: Database) -> None:
    """What a generation is beside its figures, forks of sessions, and blind comparisons."""
    for statement in _VERSIONS:
        db.execute(statement)


@migrations()
def m004_kinds(db: Database) -> None:
    """How many triples there are of each kind, counted as they come; stages of updates."""
    for statement in (*_KINDS, *_STAGES):
        db.execute(statement)


_SESSIONS = (
    """
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
        turn INTEGER NOT NULL,
        kind TEXT NOT NULL,
        data TEXT NOT NULL CHECK (json_valid(data)),
        at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX events_session ON events(session_id, seq)",
    # Which turns a triple was authored in: asked whenever something is learned.
    """
    CREATE INDEX events_author ON events(json_extract(data, '$.triple')) WHERE kind = 'author'
    """,
    """
    CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'session events are append-only'); END
    """,
    # With its session an event may go: the session's row is gone by the time of the cascade.
    """
    CREATE TRIGGER events_are_never_removed BEFORE DELETE ON events
    WHEN EXISTS (SELECT 1 FROM sessions WHERE id = OLD.session_id)
    BEGIN SELECT RAISE(ABORT, 'session events are append-only'); END
    """,
)

# `seq` beside the ULID: the search index points at rows by number, and VACUUM renumbers
# the rows of a table that has no integer primary key.
_TRIPLES = (
    """
    CREATE TABLE triples (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        input TEXT NOT NULL,
        response TEXT NOT NULL,
        consequence TEXT NOT NULL,
        landing TEXT NOT NULL CHECK (landing IN ('healed', 'neutral', 'hurt')),
        witness_order TEXT NOT NULL CHECK (witness_order IN ('after', 'before', 'reflect')),
        context TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(context)),
        draft TEXT CHECK (draft IS NULL OR json_valid(draft)),
        content_hash TEXT NOT NULL UNIQUE,
        status TEXT NOT NULL CHECK (status IN
            ('unreviewed', 'pending', 'learned', 'rejected', 'retracted', 'too_long')),
        source TEXT NOT NULL,
        session_id TEXT REFERENCES sessions(id) ON DELETE SET NULL,
        turn INTEGER,
        predicted TEXT,
        predicted_by INTEGER,
        blind INTEGER NOT NULL DEFAULT 0 CHECK (blind IN (0, 1)),
        surprise REAL,
        surprise_tokens INTEGER,
        surprise_generation INTEGER,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX triples_status ON triples(status, id)",
    "CREATE INDEX triples_session ON triples(session_id)",
    """
    CREATE TABLE triple_history (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        triple_id TEXT NOT NULL REFERENCES triples(id) ON DELETE CASCADE,
        from_status TEXT,
        to_status TEXT NOT NULL,
        why TEXT NOT NULL,
        who TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX triple_history_triple ON triple_history(triple_id, seq)",
)

_GENERATIONS = (
    """
    CREATE TABLE generations (
        id TEXT PRIMARY KEY,
        number INTEGER NOT NULL UNIQUE CHECK (number >= 1),
        parent INTEGER REFERENCES generations(number),
        base TEXT NOT NULL,
        base_revision TEXT,
        base_fingerprint TEXT NOT NULL,
        folder TEXT NOT NULL,
        manifest_sha256 TEXT NOT NULL,
        triples INTEGER NOT NULL,
        replayed INTEGER NOT NULL,
        steps INTEGER NOT NULL,
        tokens INTEGER NOT NULL,
        seconds REAL NOT NULL,
        lambda REAL NOT NULL,
        settings TEXT NOT NULL CHECK (json_valid(settings)),
        response_before REAL,
        response_after REAL,
        consequence_before REAL,
        consequence_after REAL,
        created_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE exposures (
        triple_id TEXT NOT NULL REFERENCES triples(id),
        generation INTEGER NOT NULL REFERENCES generations(number),
        role TEXT NOT NULL CHECK (role IN ('new', 'replayed')),
        PRIMARY KEY (triple_id, generation)
    ) STRICT
    """,
    "CREATE INDEX exposures_generation ON exposures(generation)",
    """
    CREATE TABLE live (
        base TEXT PRIMARY KEY,
        generation INTEGER REFERENCES generations(number)
    ) STRICT
    """,
    """
    CREATE TABLE live_history (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        base TEXT NOT NULL,
        generation INTEGER,
        why TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE learning_steps (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        run TEXT NOT NULL,
        generation INTEGER,
        step INTEGER NOT NULL,
        steps INTEGER NOT NULL,
        response_loss REAL,
        consequence_loss REAL,
        lambda REAL NOT NULL,
        grad_norm REAL,
        tokens INTEGER NOT NULL,
        seconds REAL NOT NULL,
        discarded INTEGER NOT NULL DEFAULT 0 CHECK (discarded IN (0, 1)),
        at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX learning_steps_run ON learning_steps(run, seq)",
)

_WRITING = (
    """
    CREATE TABLE text_drafts (
        slot TEXT PRIMARY KEY,
        session_id TEXT REFERENCES sessions(id) ON DELETE CASCADE,
        text TEXT NOT NULL,
        updated_at TEXT NOT NULL
    ) STRICT
    """,
)

_SEARCH = (
    """
    CREATE VIRTUAL TABLE triples_fts USING fts5(
        input, response, consequence,
        content='triples', content_rowid='seq', tokenize='unicode61 remove_diacritics 2'
    )
    """,
    """
    CREATE TRIGGER triples_fts_insert AFTER INSERT ON triples BEGIN
        INSERT INTO triples_fts(rowid, input, response, consequence)
        VALUES (NEW.seq, NEW.input, NEW.response, NEW.consequence);
    END
    """,
    """
    CREATE TRIGGER triples_fts_delete AFTER DELETE ON triples BEGIN
        INSERT INTO triples_fts(triples_fts, rowid, input, response, consequence)
        VALUES ('delete', OLD.seq, OLD.input, OLD.response, OLD.consequence);
    END
    """,
    """
    CREATE TRIGGER triples_fts_update AFTER UPDATE OF input, response, consequence ON triples BEGIN
        INSERT INTO triples_fts(triples_fts, rowid, input, response, consequence)
        VALUES ('delete', OLD.seq, OLD.input, OLD.response, OLD.consequence);
        INSERT INTO triples_fts(rowid, input, response, consequence)
        VALUES (NEW.seq, NEW.input, NEW.response, NEW.consequence);
    END
    """,
)

# A change is what one command did, to one triple or to many: it is undone as a whole. Rows that
# the learner or an import wrote belong to no change. `before` and `after` hold the columns that
# an edit changed.
_CORPUS = (
    *(
        f"ALTER TABLE triples ADD COLUMN {name} TEXT NOT NULL DEFAULT ''"
        for name in ("licence", "consent", "theme", "culture", "pair", "origin")
    ),
    """
    ALTER TABLE triples ADD COLUMN difficulty INTEGER
        CHECK (difficulty IS NULL OR difficulty BETWEEN 1 AND 4)
    """,
    "CREATE INDEX triples_source ON triples(source, id)",
    "CREATE INDEX triples_theme ON triples(theme, id)",
    # Counts by kind are read from this index alone, and so need not read any text.
    "CREATE INDEX triples_kinds ON triples(source, theme, landing, status)",
    "ALTER TABLE triple_history ADD COLUMN change TEXT",
    "ALTER TABLE triple_history ADD COLUMN undoes TEXT",
    *(
        f"ALTER TABLE triple_history ADD COLUMN {name} TEXT"
        f" CHECK ({name} IS NULL OR json_valid({name}))"
        for name in ("before", "after")
    ),
    """
    CREATE INDEX triple_history_change ON triple_history(change) WHERE change IS NOT NULL
    """,
)

# `sources` are the generations that a merged or negated one was made of; `parent` is where it
# stands in the tree. A removed generation keeps its row: what it has seen stays on record.
_VERSIONS = (
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

# Kept by triggers: the engine is asked how much is pending several times a second, and counting
# a million rows takes longer than that.
_KINDS = (
    """
    CREATE TABLE triple_kinds (
        source TEXT NOT NULL,
        theme TEXT NOT NULL,
        landing TEXT NOT NULL,
        status TEXT NOT NULL,
        n INTEGER NOT NULL,
        PRIMARY KEY (source, theme, landing, status)
    ) STRICT, WITHOUT ROWID
    """,
    """
    INSERT INTO triple_kinds SELECT source, theme, landing, status, count(*) FROM triples
    GROUP BY source, theme, landing, status
    """,
    """
    CREATE TRIGGER triple_kinds_insert AFTER INSERT ON triples BEGIN
        INSERT INTO triple_kinds VALUES (NEW.source, NEW.theme, NEW.landing, NEW.status, 1)
        ON CONFLICT (source, theme, landing, status) DO UPDATE SET n = n + 1;
    END
    """,
    """
    CREATE TRIGGER triple_kinds_delete AFTER DELETE ON triples BEGIN
        UPDATE triple_kinds SET n = n - 1 WHERE source = OLD.source AND theme = OLD.theme
            AND landing = OLD.landing AND status = OLD.status;
    END
    """,
    """
    CREATE TRIGGER triple_kinds_update AFTER UPDATE OF source, theme, landing, status ON triples
    WHEN (OLD.source, OLD.theme, OLD.landing, OLD.status)
        IS NOT (NEW.source, NEW.theme, NEW.landing, NEW.status) BEGIN
        UPDATE triple_kinds SET n = n - 1 WHERE source = OLD.source AND theme = OLD.theme
            AND landing = OLD.landing AND status = OLD.status;
        INSERT INTO triple_kinds VALUES (NEW.source, NEW.theme, NEW.landing, NEW.status, 1)
        ON CONFLICT (source, theme, landing, status) DO UPDATE SET n = n + 1;
    END
    """,
    # Nothing is read from it any more.
    "DROP INDEX triples_kinds",
)

_STAGES = (
    # Seconds by the name of the stage.
    """
    ALTER TABLE learning_runs ADD COLUMN stages TEXT NOT NULL DEFAULT '{}'
        CHECK (json_valid(stages))
    """,
)
