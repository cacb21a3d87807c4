"""Talk: how often words speak of consequences, whether or not they are the right ones.

Shown beside CAS because it is so easily mistaken for it. A model that always talks of what will
come has a rate of 1 and a CAS of 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tear_core.evaluate import statistics
from tear_core.evaluate.figures import Estimate

_TALK = re.compile(
    r"""\b(?:
        consequences? | (?:as\ a|the)\ results? | results?\ in | (?:im)pacts?
      | (?:led|leads?|leading)\ to | (?:end(?:s|ed)?|wound)\ up | turn(?:s|ed)\ out
      | because\ of\ (?:this|that|it|what) | so\ that\ (?:night|day|week) | that\ is\ why
      | after(?:wards?|\ that) | from\ then\ on | ever\ since | since\ then | in\ the\ end
      | eventually | later | the\ next\ (?:day|morning|evening|week|month|year|time)
      | that\ (?:night|evening|afternoon|weekend|summer|winter)
      | by\ (?:then|the\ time|morning|evening|spring|summer|autumn|winter)
      | (?:a|an|two|three|four|five|six|ten|many|some|several)\ (?:days?|weeks?|months?|years?)\ (?:on|after|later)
      | (?:will|would|could|might|may)\ (?:feel|lead|mean|cause|make|hurt|help|leave)
    )\b""",  # noqa: E501
    re.IGNORECASE | re.VERBOSE,
)


def talks(text: str) -> bool:
    """Whether a text says of anything that it came or will come of something."""
    return _TALK.search(text) is not None


def talk_rate(
    texts: Sequence[str],
    clusters: Sequence[str],
    says: Callable[[str], bool] = talks,
    *,
    seed: int = 0,
) -> Estimate:
    """Share of texts that talk of consequences."""
    return statistics.mean([float(says(text)) for text in texts], clusters, seed=seed)
