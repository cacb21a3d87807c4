"""How a tree speaks: a draft, its scene and the response, over one key-value cache.

Knows nothing of learning, of the database or of HTTP: tokens in, text events out.

wish.py what is asked for · speaker.py one at a time, streamed · together.py many at once
section.py sampling.py pieces.py: from logits to an id to text
cache.py what was read · own_reading.py llama.py projections.py key_values.py step_graph.py the
fast way to read a Llama-shaped decoder · plain_reading.py transformers' way, for all others
"""
