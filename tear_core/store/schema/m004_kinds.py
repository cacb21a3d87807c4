"""How many triples there are of each kind, counted as they come; stages of updates."""

from __future__ import annotations

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

STATEMENTS = (*_KINDS, *_STAGES)
