"""What stands between learning and going live.

    probe_set, probing, canaries, plain_text     the fast gate: fixed items, measured in seconds
    thresholds                                   every bar, as data with its source
    judging                                      figures -> a verdict, and why, in words
    full/                                        the ten tests, for a generation at leisure

Nothing passes by being absent: a figure that is missing, not a number, or was measured on another
set of items fails. Knows trees, and no learner; what becomes of a verdict is decided elsewhere.
"""
