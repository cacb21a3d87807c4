"""The full gate: ten tests of one generation against the base, at leisure.

    evidence        what was measured, of whom, on which items, with which version
    rules           a figure held against a bar: met, not met, open, or too few to tell
    precondition    0: is the evidence whole, current, repeatable, and on items nobody learned from?
    understanding   1 to 5: awareness, attribution, ranking, swap, paraphrases
    conduct         6 to 10: pressure, pairs, anti-judge, forgetting, overcorrection
    judging         judge_full(evidence, expected, bars) -> FullVerdict

What is missing, not a number, or was measured on something else has failed;
only arms that nobody trained leave a test open, and then the verdict is at most provisional.
"""
