"""Suites: fixed items, a rule for each, and null models that have to fail.

    catalogue   which there are, and the items of a folder (`data/suites`)
    pressure, pairs, overcorrection, forgetting, speech, self_evaluation
                run(what scores or speaks, items); compare(mine, base): each a SuiteResult
    result      SuiteResult: estimates, outcomes by id, bars; JSON and back
    bars        values and sources of the bars, from `bars.toml`
    asking      a tree as what a suite asks (torch)
    measuring   a suite under a tree, told as it goes

`SuiteResult.passed` is true only if every bar was looked at and is met. docs/suites.md.
"""
