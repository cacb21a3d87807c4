"""Taking out what could name or reach a person: names, mail addresses, phone numbers, keys.

Phone numbers are found by `phonenumbers` (Google's own rules), names by the lists of given names
in `faker`; both work offline, without a model. Mail addresses and keys have shapes of their own,
listed here. Within a triple the same name becomes the same mark, so that a scene can still be
followed. None of this finds everything: it is help for the eyes of a person, who looks last.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import lru_cache

from tear_core.corpus.name_words import ALSO_WORDS, ONLY_WORDS
from tear_core.triples import Draft, Exchange, Triple

# Every repetition is bounded: a long line of letters must not take the time of its square.
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")

# Tokens that services give out, by how they begin; what stands after "password:"; private keys.
_KEYS = re.compile(
    r"""
    -----BEGIN[A-Z ]*PRIVATE\ KEY-----.*?(?:-----END[A-Z ]*PRIVATE\ KEY-----|\Z)
    | \b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}                # OpenAI, Anthropic, Stripe
    | \b(?:hf|npm|pypi|dckr_pat)[-_][A-Za-z0-9_-]{16,}
    | \b(?:ghp|gho|ghu|ghs|ghr|github_pat|glpat)[-_][A-Za-z0-9_-]{16,}
    | \bxox[abprs]-[A-Za-z0-9-]{10,}                          # Slack
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b                           # Amazon
    | \bAIza[A-Za-z0-9_-]{30,}                                # Google
    | \beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}  # a signed web token
    | \b[a-f0-9]{40,}\b
    | (?<=://)[^\s/:@]{1,64}:[^\s/@]{1,128}(?=@)                # user and password of an address
    """,
    re.VERBOSE | re.DOTALL,
)
_PASSWORD = re.compile(
    r"(?i)(\b(?:password|passwd|passphrase|api[ _-]?key|secret|token)\s*(?:is|[:=])\s*)"
    r"(?!\[)(\"[^\"\n]+\"|'[^'\n]+'|[^\s,.;]{6,})"
)

_TITLES = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Aunt|Auntie|Uncle|Grandma|Grandpa|Nana|Nurse|Sister)"
_WORD = r"[^\W\d_a-z](?:[^\W\d_]+|[’'][^\W\d_]+)(?:[-’'][^\W\d_]+)*"  # capitalised
_PARTICLE = r"(?:(?:de|da|del|van|von|der|bin|al|la|le)[ ]+)*"
_RUN = re.compile(rf"(?P<title>\b{_TITLES}\b\.?[ ]+)?\b(?P<run>{_WORD}(?:[ ]+{_PARTICLE}{_WORD})*)")
_OWNED = re.compile(r"[’'][sS]$")


def redacted(triple: Triple, found: Counter[str], names: dict[str, str] | None = None) -> Triple:
    """The triple with marks instead of what could name or reach somebody; counts them."""
    redact = Redactor(found, names)
    said, response, consequence = map(redact, (triple.input, triple.response, triple.consequence))
    context = tuple(Exchange(redact(past.input), redact(past.response)) for past in triple.context)
    draft = triple.draft and Draft(redact(triple.draft.response), redact(triple.draft.scene))
    words = replace(triple, input=said, response=response, consequence=consequence)
    return replace(words, context=context, draft=draft)


class Redactor:
    """Marks for one triple: whoever is `[NAME_1]` in one of its texts is so in all."""

    def __init__(self, found: Counter[str], names: dict[str, str] | None = None) -> None:
        self._found = found
        self._names = {} if names is None else names

    def __call__(self, text: str) -> str:
        text = self._replaced(_KEYS, "[KEY]", "keys", text)
        text = _PASSWORD.sub(self._password, text)
        text = self._replaced(_MAIL, "[EMAIL]", "mails", text)
        text = self._phones(text)
        return _RUN.sub(self._name, text)

    def _replaced(self, shape: re.Pattern[str], mark: str, kind: str, text: str) -> str:
        text, count = shape.subn(mark, text)
        self._found[kind] += count
        return text

    def _password(self, match: re.Match[str]) -> str:
        self._found["keys"] += 1
        return f"{match[1]}[KEY]"

    def _phones(self, text: str) -> str:
        if sum(letter.isdigit() for letter in text) < 7:
            return text
        from phonenumbers import PhoneNumberMatcher

        for match in reversed(list(PhoneNumberMatcher(text, "US"))):
            text = f"{text[: match.start]}[PHONE]{text[match.end :]}"
            self._found["phones"] += 1
        return text

    def _name(self, match: re.Match[str]) -> str:
        """A run of capitalised words: from the first that is a given name on, they are one."""
        title, words = match["title"] or "", match["run"].split(" ")
        start = 0 if title else _name_begins(words)
        if start is None:
            return match[0]
        owned = _OWNED.search(words[-1])
        key = _OWNED.sub("", words[start]).lower()
        self._found["names"] += 1
        mark = self._names.setdefault(key, f"[NAME_{len(self._names) + 1}]")
        return title + " ".join([*words[:start], mark]) + (owned[0] if owned else "")


def _name_begins(words: list[str]) -> int | None:
    """Which of these capitalised words is a given name, if one is."""
    names = given_names()
    for number, word in enumerate(words):
        given = re.split(r"[-’']", word)[0].lower()
        if given in names and (given not in ALSO_WORDS or number + 1 < len(words)):
            return number
    return None


@lru_cache(maxsize=1)
def given_names() -> frozenset[str]:
    """Given names of many places, in lower case."""
    import pkgutil
    from importlib import import_module

    from faker.providers import person

    found: set[str] = set()
    for locale in pkgutil.iter_modules(person.__path__):
        provider = import_module(f"{person.__name__}.{locale.name}").Provider
        for kind in _LISTS:
            names = getattr(provider, kind, ())
            if isinstance(names, (tuple, dict)):  # in one place it is computed: a property
                found |= {str(name).lower() for name in names}
    return frozenset(name for name in found - ONLY_WORDS if name.isalpha() and len(name) > 1)


_LISTS = ("first_names", "first_names_male", "first_names_female", "first_romanized_names")
