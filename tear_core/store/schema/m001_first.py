"""Sessions, events, triples, generations, the learning log, drafts, full-text search."""

from __future__ import annotations

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

STATEMENTS = (*_SESSIONS, *_TRIPLES, *_GENERATIONS, *_WRITING, *_SEARCH)
