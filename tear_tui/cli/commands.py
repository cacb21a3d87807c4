"""Every command of `tear-tui`, in the order in which the help lists them."""

from __future__ import annotations

from tear_tui.cli.lazily import Later

COMMANDS = (
    Later(
        "say",
        "say:say",
        "Say something: the model drafts, foresees what that will do, and responds.",
    ),
    Later("replay", "replay:replay", "Replay a session from its log."),
    Later(
        "witness",
        "say:witness",
        "Foresee a scene: what this response would do to whoever said this input.",
    ),
    Later(
        "import",
        "imports:import_files",
        "Import triples: our JSON lines, The Tear, ShareGPT, OpenAI messages, TRL, Karma Electric's"
        " training.db, ChatGPT and Claude account exports (zip or folder); .gz and .xz too.",
    ),
    Later(
        "export",
        "exports:export",
        "Export triples: a folder that `datasets.load_dataset(DIR, NAME)` opens, with a card and"
        " the configs triples, messages, sft, preference and kto; or one file of JSON lines.",
    ),
    Later(
        "surprise",
        "learn:surprise",
        "How surprising the scenes of a file are to the model, in nats per token.",
    ),
    Later(
        "awareness",
        "awareness:awareness",
        "Measure consequence awareness (CAS): do predicted scenes depend on what was said?",
    ),
    Later(
        "suites",
        "suites:suites",
        "Does it stand up to pressure, prefer help to polish, see harm where there is none,"
        " forget?",
    ),
    Later(
        "judge",
        "judge:judge",
        "Look for flattery, lecturing, belittling, and worse, by fixed patterns.",
    ),
    Later(
        "gate",
        "gate:gate",
        "Hold a generation against ten tests: does it understand, and has it stayed sound?",
    ),
    Later(
        "train-pending",
        "learn:train_pending",
        "Learn the pending triples and publish a new generation.",
    ),
    Later(
        "train",
        "train:train",
        "Learn a dataset in the order of a curriculum, one generation for each lesson.",
    ),
    Later("monitor", "monitor:monitor", "Watch learning, in the engine or in a command."),
    Later("generate", "generate:generate_triples", "Propose new triples from seed triples."),
    Later(
        "report",
        "report:report",
        "Write a page that needs nothing else to be read: figures, tables, graded claims.",
    ),
    Later(
        "web",
        "web:web",
        "Serve the app to a browser on this machine; prints the address to open.",
    ),
    Later("doctor", "doctor:doctor", "Say what works here and how to mend what does not."),
    Later("sessions", "sessions:app", "List, rename, fork and delete conversations."),
    Later("triples", "triples:app", "Add, list, search, review, edit and audit triples."),
    Later(
        "generations",
        "generations:app",
        "List, compare, merge and take back generations, and choose which answers.",
    ),
    Later("study", "study:app", "Compare arms: base, adapter, λ = 0, placebo."),
    Later("engine", "engine:app", "See, start or end the engine of this home."),
    Later("db", "db:app", "Find, check, back up and restore the database."),
    Later("config", "config:app", "See and change the settings."),
)
