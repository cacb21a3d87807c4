"""Reports: what a session, a study or a generation comes to, as one page for a person.

    session.py  generation.py  study.py     -> Page       what is said; reads the store and JSON
    plots.py                                -> SVG        how a figure is drawn
    writing.py                              Page -> one HTML file, or Markdown with its pictures

A page fetches nothing, runs no script, and says of every claim whether it was measured. Knows no
torch and measures nothing itself: every number here was written down before.
"""
