"""What a decision about triples would do and has done, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tear_core.store.deciding import Decision, Prospect
from tear_core.store.lineage import Carried
from tear_core.store.undoing import Step, Undone

VERBS: Mapping[Decision, str] = {"accept": "Accept", "reject": "Reject", "retract": "Take back"}
DONE: Mapping[Decision, str] = {
    "accept": "accepted",
    "reject": "rejected",
    "retract": "taken back",
}
REASONS: Mapping[Decision, str] = {
    "accept": "accepted",
    "reject": "rejected",
    "retract": "retracted",
}
"""What is kept where no reason was given."""
THERE: Mapping[Decision, str] = {
    "accept": "accepted or learned already",
    "reject": "rejected already",
    "retract": "taken back already",
}


def question(prospect: Prospect, hidden: int, carried: Sequence[Carried] = ()) -> str:
    """What is asked before many are decided about, or before one is taken back.

    Args:
        hidden: how many of them are not in the list as it is filtered now.
    """
    sentences = [f"{VERBS[prospect.decision]} {count(prospect.changes)}?"]
    if hidden:
        sentences.append(f"{hidden:,} of the marked ones are not in this list.")
    sentences += left_out(prospect)
    if prospect.decision == "retract":
        sentences += consequences(carried, prospect.changes)
    return " ".join(sentences)


def left_out(prospect: Prospect) -> list[str]:
    """Which ones stay as they are, and why."""
    sentences = []
    if prospect.stays:
        sentences.append(f"{_are(prospect.stays)} {THERE[prospect.decision]}.")
    if prospect.learned:
        sentences.append(
            f"{_are(prospect.learned)} learned, and cannot be rejected any more: t takes them back."
        )
    if prospect.gone:
        sentences.append(f"{_are(prospect.gone)} deleted.")
    return sentences


def nothing_to_do(prospect: Prospect) -> str:
    """Why a decision would change nothing."""
    return f"Nothing to {prospect.decision}: {' '.join(left_out(prospect)) or 'no triple is here.'}"


def consequences(carried: Sequence[Carried], triples: int = 1) -> list[str]:
    """What taking back cannot undo: the generations that have seen one of the triples."""
    them = "it" if triples == 1 else "any of them"
    if not carried:
        return [f"No generation has seen {them}."]
    sentences = []
    for each in carried:
        told = f"{_generations(each.seen)} of {each.base} {_have(each.seen)} seen {them}"
        if each.grown:
            told += f", and {_generations(each.grown).lower()} {_have(each.grown)} grown from there"
        answers = f"generation {each.live}" if each.live else "the base"
        if each.clean == each.live:
            told += f". {answers.capitalize()} answers now, and has none of that"
        else:
            back = f"generation {each.clean}" if each.clean else "the base"
            told += f". {answers.capitalize()} answers now; {back} was before all that"
        sentences.append(f"{told}.")
    return [*sentences, "What they learned stays in them; it is replayed no more."]


def decided(decision: Decision, changed: int) -> str:
    """What has been done."""
    return f"{count(changed)} {DONE[decision]}. u undoes it."


def undo_question(step: Step) -> str:
    """What is asked before something is undone that was not decided just now."""
    what = f"“{step.why}” for {count(step.triples)}"
    when = step.at[:16].replace("T", " ")
    sentences = [f"Undo {what}, decided by {step.who} on {when} UTC?"]
    if step.holds < step.triples:
        sentences.append(f"{_have_gone_on(step.triples - step.holds)} and stay as they are.")
    return " ".join(sentences)


def cannot_undo(step: Step) -> str:
    """Why the last decision is gone over."""
    return (
        f"“{step.why}” cannot be undone: {_have_gone_on(step.triples)}, learned for example."
        " t takes back; u again undoes what was decided before."
    )


def undone(done: Undone) -> str:
    """What has been undone."""
    left = f" {_have_gone_on(done.left)} and stay as they are." if done.left else ""
    return f"{done.why[:1].upper()}{done.why[1:]} ({count(done.triples)}).{left}"


def being(number: int, done: str) -> str:
    """What is under way."""
    return f"{count(number)} {'is' if number == 1 else 'are'} being {done}…"


def count(number: int) -> str:
    """So many triples."""
    return f"{number:,} triple{'' if number == 1 else 's'}"


def _are(number: int) -> str:
    return f"{number:,} {'is' if number == 1 else 'are'}"


def _have_gone_on(number: int) -> str:
    return f"{count(number)} {'has' if number == 1 else 'have'} gone on since"


def _generations(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:12]))
    more = f" and {len(numbers) - 12} more" if len(numbers) > 12 else ""
    return f"Generation{'s' if len(numbers) > 1 else ''} {shown}{more}"


def _have(numbers: Sequence[int]) -> str:
    return "has" if len(numbers) == 1 else "have"
