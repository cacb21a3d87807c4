"""The words the screen looks for. `screen.py` says what is done where one is found.

Words of contempt are kept as digests: nobody should meet them by reading this file, and
whoever wants to know whether a word is on the list asks
`python -m tear_core.nano.screen --word WORD`. The others are words that a kind book may use;
many of them in one book or one passage mean a book of empire, of plantations or of sermons.
"""

from __future__ import annotations

CONTEMPT: frozenset[str] = frozenset(
    (
        *(
            "0470d31a",
            "05a3231a",
            "05a68caa",
            "074404b0",
            "09a7f3bd",
            "0aba10e7",
            "0aed8921",
            "0d605450",
            "0d67ef00",
        ),
        *(
            "0f3d4699",
            "125d3816",
            "140afe01",
            "1724511a",
            "1baa7433",
            "1f01b0eb",
            "222379e2",
            "23d13542",
            "25c12c19",
        ),
        *(
            "27827f62",
            "2b813759",
            "2e219c24",
            "32c7e58a",
            "37084fc5",
            "3894a0eb",
            "3957dc7f",
            "3f09cf50",
            "410a9581",
        ),
        *(
            "453ee9a4",
            "4a760772",
            "4bc55475",
            "4ca3f602",
            "50d1395e",
            "56457bdf",
            "5847e79f",
            "58bec8d5",
            "5b249822",
        ),
        *(
            "5b5fefed",
            "6101f477",
            "62611bc1",
            "660f78b6",
            "66d35fd7",
            "6921ecf8",
            "6a47030b",
            "6a610838",
            "6a75963e",
        ),
        *(
            "6d6b1e79",
            "6dfec160",
            "6f75f6ef",
            "6f77dfa4",
            "7155d165",
            "727526d8",
            "7399ebe5",
            "7640140a",
            "777008af",
        ),
        *(
            "7913ba81",
            "7b656439",
            "7d58ffe7",
            "7ebfe2ce",
            "8304dcfe",
            "88ec9de3",
            "89781a2c",
            "8b32b4de",
            "8c3c7377",
        ),
        *(
            "8e9f8356",
            "8f7fce00",
            "94aaff2b",
            "95c09e9b",
            "98b53b67",
            "9ad4c48d",
            "9d2b4719",
            "a10c266d",
            "a1cf106b",
        ),
        *(
            "a239537f",
            "a29a8656",
            "a3c3a65d",
            "a5f76459",
            "a82a2042",
            "a82a297e",
            "a88afcdf",
            "b1ff8e75",
            "b5d9e368",
        ),
        *(
            "b7d25635",
            "ba77b322",
            "bbeec240",
            "bd28676d",
            "c0ba7d6b",
            "c54b9f88",
            "c738174c",
            "cd6021d9",
            "ce997e08",
        ),
        *(
            "cf419a5f",
            "cf9d2f5a",
            "d4975010",
            "d4d71a19",
            "d544d66f",
            "d72668c4",
            "dabd4083",
            "df2d3362",
            "dfa23195",
        ),
        *(
            "e207f9c9",
            "e7addace",
            "e9ff1efa",
            "edf9b04d",
            "f03005e7",
            "f1d58857",
            "f2f044fa",
            "f3cde82b",
            "f3d591bb",
        ),
        *("f7aafd0c", "f908ddc7", "fb1966c0", "fba33e1b", "fe529855"),
    )
)
"""Slurs and names for peoples that are slurs today, lower case: BLAKE2b of 4 bytes, in hex.

A word of 4 bytes' digest meets another by chance once in forty million: a kind word is
screened by accident in no book we have."""

EMPIRE: frozenset[str] = frozenset(
    (
        *("aboriginal", "aborigines", "africans", "arab", "arabs", "barbarian", "barbarians"),
        *("barbarous", "blacks", "chinese", "chief", "colored", "coloured", "eskimo", "eskimos"),
        *("esquimaux", "gwine", "heathen", "heathenish", "heathens", "indian", "indians", "jew"),
        *("jewish", "jews", "kraal", "mahometan", "marse", "massa", "mistah", "mohammedan"),
        *("moor", "moors", "native", "natives", "oriental", "orientals", "overseer"),
        *("plantation", "plantations", "race", "races", "racial", "sahib", "savage", "savagery"),
        *("savages", "scalp", "scalps", "slave", "slavery", "slaves", "swarthy", "tomahawk"),
        *("tribe", "tribes", "tribesmen", "turk", "turks", "uncivilised", "uncivilized"),
        *("whites", "wigwam", "zulu", "zulus"),
    )
)
"""Words of race, slavery and conquest, counted: few in a passage are a story about the world."""

OLD: frozenset[str] = frozenset(
    (
        *("art", "betwixt", "cometh", "didst", "dost", "doth", "ere", "forsooth", "goeth"),
        *("hadst", "hast", "hath", "hither", "hitherto", "methinks", "nay", "o'er", "peradventure"),
        *("quoth", "saith", "shalt", "thee", "thence", "thine", "thither", "thou", "thy"),
        *("thyself", "tis", "twas", "twere", "verily", "wast", "whence", "whereupon"),
        *("whilst", "whither", "wilt", "ye", "yea", "yon", "yonder"),
    )
)
"""Words of another century."""
