"""What is noted beside a triple's words, edits, and changes that can be undone."""

from __future__ import annotations

# A change is what one command did, to one triple or to many: it is undone as a whole. Rows that
# the learner or an import wrote belong to no change. `before` and `after` hold the columns that
# an edit changed.
STATEMENTS = (
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
