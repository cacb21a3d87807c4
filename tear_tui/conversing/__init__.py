"""A conversation as the app holds it: turns, candidates, words on their way, what can be done."""
