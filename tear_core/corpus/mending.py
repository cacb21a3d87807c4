"""Mojibake, mended: text that was read in the wrong encoding once, and kept that way.

Only the encoding. Quotes, spaces and letters that somebody chose stay as they are.
"""

from __future__ import annotations

from dataclasses import replace

from tear_core.triples import Draft, Exchange, Triple


def mended(triple: Triple) -> tuple[Triple, int]:
    """The triple with its texts mended, and how many of them were."""
    count = 0

    def fixed(text: str) -> str:
        nonlocal count
        if text.isascii():
            return text
        from ftfy import fix_encoding

        better = fix_encoding(text)
        if better == text or not better.strip():
            return text
        count += 1
        return better

    said, response, consequence = map(fixed, (triple.input, triple.response, triple.consequence))
    context = tuple(Exchange(fixed(past.input), fixed(past.response)) for past in triple.context)
    draft = triple.draft and Draft(fixed(triple.draft.response), fixed(triple.draft.scene))
    if not count:
        return triple, 0
    words = replace(triple, input=said, response=response, consequence=consequence)
    return replace(words, context=context, draft=draft), count
