"""Given names that are words as well, in the name lists of some place or other.

`ALSO_WORDS` count as names beside another capitalised word or after a title ("Grace Okafor",
"Aunt May"), and not by themselves ("In May"). `ONLY_WORDS` never do.
"""

from __future__ import annotations

ALSO_WORDS = frozenset(
    """
    ace add almond amber angel ants april art august author autumn baby banks beat beau bee bell
    bent bill bird bitten black bliss blossom blue bob boss brain branch brook brooks brown buck
    bucks bud burns bush candy cannon cap captain carol carry case cash chance charity chase
    cherry chin chip christ christian clay cliff colonel colt comfort con constant coral council
    crystal daisy dale dawn dean destiny diamond dick dock doctor doll don dove drew duke dusty
    earnest era essence eve fairy faith fancy fate fed floor ford forest frank friend gal gale
    gang gay gene general ginger glen golden governor grace grant gray green greet gun guy hall
    ham handy hank harm harmony harry harsh haven hazel heather heaven hill holly honey hope
    hung hunt hunter icy innocent iris ivory ivy jack jade jail jasmine jay jean jet jewel job
    joke journey joy judge june junior justice kick king kit lady lance laurel lawyer lean lemon
    liberty lies lily line link little loan long lot love loyal lucky luster mad made major male
    man marine mark marry mars mason mat math max may meadow media melody mercedes mercy merry
    mike mile miles minor miracle mist moody myrtle nail nick noble norm north odd old olive
    oral orange owe page park pat patience peace pearl penny pepper pier pierce pink pleasant
    porter precious press price prince princess queen ray reason red reed rice rich river rob
    robin rock rocky rod roll rose royal ruby rush rusty sad sage saint sandy santa savannah
    secret serenity server shade silver sincere sing sister skip sky sole son sonata spring star
    sterling stone storm stormy sue summer sunny sunshine tan taylor tea teddy ties tiffany till
    tiny tone tore toy trace treasure trinity troy true unique unknown urban valid van venus
    verde victor victory violet wade wage walker ward warren wash west will willow windy wing
    winter wolf wood worth young
    """.split()  # noqa: SIM905 - a list of hundreds of words is read as words
)

ONLY_WORDS = frozenset(
    """
    among an at by can christmas danish dear december diwali early easter eid else english ever
    february french friday german her hi his in irish january july lent less march monday my na
    november october oh on per pongal ramadan said saturday september she so spanish sunday that
    the then they thursday tuesday us wednesday welsh when whitsun
    """.split()  # noqa: SIM905
)
