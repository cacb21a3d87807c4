"""New candidate triples, proposed by a larger model or by the live one, for a person to review.

`asking` says what is asked for, `endpoint` asks a server, `sampled` asks the live model,
`rules` and `near` throw out, `run` keeps going. Nothing here is ever learned unreviewed.
"""
