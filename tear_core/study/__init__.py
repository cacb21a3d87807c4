"""Studies: the same learning in several arms, so that a gain can be told from its look-alikes.

    base       nothing is learned
    adapter    real consequences
    lambda-0   the same triples and steps, the consequence loss weighs nothing
    placebo    consequences that belong to other inputs

Knows the learner and what is measured; knows nothing of the conversation, of HTTP or of screens.
A study lives in `<home>/studies/<name>/`: its design, a file for each finished cell (arm and
seed), and its findings. `design` and `findings` need no torch; `running` is the way in.
"""
