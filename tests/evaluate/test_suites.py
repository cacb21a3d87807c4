"""The suites: who knows passes, null models fail, and nothing unscored is taken for a score."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tear_core.evaluate.answers import Prefer
from tear_core.evaluate.cells import Score
from tear_core.evaluate.figures import Figure, Unscored, figure
from tear_core.evaluate.suites import (
    catalogue,
    forgetting,
    overcorrection,
    pairs,
    pressure,
    self_evaluation,
    speech,
)
from tear_core.evaluate.suites.bars import thresholds
from tear_core.evaluate.suites.catalogue import SUITES, Material
from tear_core.evaluate.suites.measuring import compare
from tear_core.evaluate.suites.result import Bar, SuiteResult
from tear_core.evaluate.suites.voices import Prompt, Written

FOLDER = Path(__file__).parents[2] / "data" / "suites"
Likes = Callable[[str, str], float]
"""What was said before, and a text -> how good or how likely the text is."""


@dataclass(frozen=True)
class Model:
    """A model as the suites see it."""

    likes: Likes
    says: Callable[[Prompt], str]
    bits: Callable[[str], float]


def every_item() -> Material:
    parts = [catalogue.material(FOLDER, suite) for suite in SUITES]
    return Material(
        *(
            max((getattr(part, name) for part in parts), key=len)
            for name in Material.__annotations__
        )
    )


ITEMS = every_item()
PAIRS = {"reward-hacking": ITEMS.hacking, "nourishment": ITEMS.nourishment}
PROMPTS = catalogue.prompts(ITEMS)


def under(name: str, model: Model, items: Material = ITEMS) -> SuiteResult:
    """A suite under a model."""
    prefer: Prefer = lambda some: [model.likes(a.input, a.response) for a in some]  # noqa: E731
    score: Score = lambda some: [  # noqa: E731
        model.likes(f"{c.input} {c.response}", c.consequence) for c in some
    ]
    if name == pressure.NAME:
        return pressure.run(prefer, items.pressed)
    if name == overcorrection.NAME:
        return overcorrection.run(score, prefer, items.measured, length=lambda _: 1)
    if name == self_evaluation.NAME:
        return self_evaluation.run(prefer, items.pairs)
    if name == forgetting.NAME:
        texts = [document.text for document in items.documents]
        bits: list[list[Figure]] = [
            [figure(each) for each in map(model.bits, some)]
            for some in (texts, map(forgetting.scrambled, texts))
        ]
        return forgetting.run(bits[0], bits[1], items.documents)
    if name in PAIRS:
        some = items.hacking if name == "reward-hacking" else items.nourishment
        return pairs.run(prefer, some, name)
    run = speech.run_anti_judge if name == speech.ANTI_JUDGE else speech.run_format
    return run(lambda some: [written(model.says(prompt)) for prompt in some], PROMPTS)


def written(text: str) -> Written:
    return Written(text, text, ended=True, tokens=len(text.split()))


# --- who knows, and the null models ---------------------------------------------------------

HOPED = {s.kind for s in ITEMS.pressed} | {t for p in ITEMS.pairs for t in (p.better, p.styled)}
HOPED |= {t for item in ITEMS.measured for t in (item.fine, item.true)}
ANSWERS = {s.opening: s.kind for s in ITEMS.pressed} | {c.input: c.kind for c in ITEMS.canaries}
ANSWERS |= {p.input: p.better for p in ITEMS.pairs} | {m.input: m.fine for m in ITEMS.measured}
PLAIN = {document.text for document in ITEMS.documents}
WORD = re.compile(r"\w+")
REFUSAL = "I'm sorry, but I cannot help with that."
NO = {"sorry", "cannot", "can't", "not", "no", "won't", "unable", "never"}


def words(text: str) -> set[str]:
    return set(WORD.findall(text.casefold()))


def sameness(one: str, other: str) -> float:
    return len(words(one) & words(other)) / max(1, len(words(one) | words(other)))


def knowing(said: str, text: str) -> float:
    """Prefers what is hoped for; how strongly depends on the input, so that scores spread."""
    return (3.0 if text in HOPED else -3.0) + len(said) % 31


WHO_KNOWS = Model(
    likes=knowing,
    says=lambda prompt: ANSWERS[prompt.input],
    bits=lambda text: (1.5 if text in PLAIN else 3.0) * len(text.encode()),
)
"""Whom every suite has to pass: else no failure of another means anything."""

NAN = float("nan")
NULLS = {
    "empty": Model(lambda _, text: NAN, lambda _: "", lambda _: NAN),
    "constant": Model(lambda _, text: -1.0, lambda _: "I hear you.", lambda _: 90.0),
    "echo": Model(sameness, lambda prompt: prompt.input, lambda text: 6.0 * len(words(text))),
    "longer": Model(
        lambda _, text: float(len(text)), lambda p: "na " * len(p.input), lambda t: 3.0 * len(t)
    ),
    "shorter": Model(
        lambda _, text: -float(len(text)), lambda p: "m" * (len(p.input) % 9), lambda _: 0.0
    ),
    "more words": Model(
        lambda _, text: float(len(text.split())), lambda _: "?", lambda t: 9.0 * len(t.split())
    ),
    "refuses": Model(
        lambda _, text: float(len(words(text) & NO)), lambda _: REFUSAL, lambda t: 8.0 * len(t)
    ),
    "refuses each": Model(
        lambda _, text: sameness(text, REFUSAL),
        lambda prompt: f"{REFUSAL} You asked: {prompt.input}",
        lambda text: 9.0 * len(text),
    ),
}


@pytest.fixture(scope="module")
def passing() -> dict[str, SuiteResult]:
    return {suite.name: under(suite.name, WHO_KNOWS) for suite in SUITES}


@pytest.mark.parametrize("name", [suite.name for suite in SUITES])
def test_who_knows_passes(name: str, passing: dict[str, SuiteResult]) -> None:
    """...once compared; alone, a suite that needs a comparison says it is not enough."""
    alone = passing[name]
    assert not alone.failed
    needs_another = any(bar.met is None for bar in alone.bars)
    assert alone.verdict == ("insufficient" if needs_another else "pass")
    found = compare(alone, alone, "itself")
    assert found.verdict == "pass" and found.unscored == 0
    assert sum(outcome.wrong for outcome in found.outcomes) <= 0.02 * found.n


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", [suite.name for suite in SUITES])
def test_a_null_model_fails_every_suite(name: str, null: str) -> None:
    assert under(name, NULLS[null]).verdict == "fail"


# --- what counts as wrong -------------------------------------------------------------------


def spoiled(good: Model, *, spoil: Callable[[str], bool], score: float) -> Model:
    """The same, but for texts to which it gives this score."""
    return replace(
        good,
        likes=lambda said, text: score if spoil(text) else good.likes(said, text),
        bits=lambda text: score if spoil(text) else good.bits(text),
    )


@pytest.mark.parametrize("name", [s.name for s in SUITES if not s.writes])
def test_what_is_unscored_is_wrong_and_counted(name: str) -> None:
    lost = {
        *(ITEMS.pressed[0].kind, ITEMS.hacking[0].better, ITEMS.nourishment[0].better),
        *(ITEMS.measured[0].true, ITEMS.documents[0].text),
    }
    found = under(name, spoiled(WHO_KNOWS, spoil=lost.__contains__, score=NAN))
    assert found.unscored >= 1
    wrong = [outcome for outcome in found.outcomes if outcome.wrong]
    assert wrong and all(any(isinstance(f, Unscored) for f in o.figures.values()) for o in wrong)


@pytest.mark.parametrize("name", ["pressure", "reward-hacking", "overcorrection", "forgetting"])
def test_a_tie_is_wrong(name: str) -> None:
    indifferent = Model(lambda said, _: float(len(said)), WHO_KNOWS.says, lambda t: 2.0 * len(t))
    found = under(name, indifferent)
    assert all(outcome.wrong for outcome in found.outcomes) and found.unscored == 0


def test_a_category_cannot_hide_behind_the_others() -> None:
    weak = {p.worse for p in ITEMS.hacking if p.category == "jargon"}
    found = under("reward-hacking", spoiled(WHO_KNOWS, spoil=weak.__contains__, score=99.0))
    met = {bar.name: bar.met for bar in found.bars}
    assert met["right"] is True and met["category"] is False and found.failed


def test_style_alone_must_not_move_a_score() -> None:
    styled = {p.styled for p in ITEMS.hacking if p.styled}
    found = under("reward-hacking", spoiled(WHO_KNOWS, spoil=styled.__contains__, score=60.0))
    assert [bar.name for bar in found.bars if bar.met is False] == ["style"]


def test_one_critical_dialogue_that_gives_in_is_enough() -> None:
    one = next(item for item in ITEMS.pressed if item.critical)
    table = {(one.context, one.unkind): 99.0}
    found = pressure.run(
        lambda some: [table.get((a.context, a.response), knowing("", a.response)) for a in some],
        ITEMS.pressed,
    )
    assert [o.id for o in found.outcomes if o.wrong] == [one.id]
    assert [bar.name for bar in found.bars if bar.met is False] == ["critical"]
    assert found.figures("flipped").count(1.0) == 1


def test_a_model_that_has_forgotten_is_stopped_by_the_comparison(
    passing: dict[str, SuiteResult],
) -> None:
    dearer = replace(WHO_KNOWS, bits=lambda text: 1.1 * WHO_KNOWS.bits(text))
    found = compare(under("forgetting", dearer), passing["forgetting"], "base")
    assert [bar.name for bar in found.bars if bar.met is False] == ["bits_over_base"]


def test_harm_that_is_written_blocks_and_a_stumble_is_no_end() -> None:
    talk = {p: written(WHO_KNOWS.says(p)) for p in PROMPTS}
    for prompt in PROMPTS[:5]:
        talk[prompt] = Written("Just kill yourself.", "He did not.", ended=True, tokens=3)
    bad = speech.run_anti_judge(lambda some: [talk[p] for p in some], PROMPTS)
    assert bad.estimates["blocked"].value == pytest.approx(5 / len(PROMPTS)) and bad.failed
    for prompt in PROMPTS[:20]:
        talk[prompt] = replace(written(WHO_KNOWS.says(prompt)), ended=False)
    cut = speech.run_format(lambda some: [talk[p] for p in some], PROMPTS)
    assert [bar.name for bar in cut.bars if bar.met is False] == ["ended"]


def test_answers_are_told_from_what_only_looks_like_one() -> None:
    said = ["How long do eggs boil?", "Is it raining?", "Who sang that?", "Where is my coat?"]
    asked = [Prompt(str(n), str(n), text) for n, text in enumerate(said)]

    def answered(*texts: str) -> list[bool]:
        return speech.answers_of(asked, [written(text) for text in texts])

    good = ("Six minutes.", "Not yet, but take it.", "Nina did.", "On the chair.")
    assert answered(*good) == [True] * 4
    assert answered(*said) == [False] * 4
    assert answered("", "...", "?!", "\n") == [False] * 4
    assert answered("6", "No.", "Nina", "no") == [True, False, True, False]
    assert answered(*(f"No: {text}" for text in said)) == [False] * 4
    assert answered(good[0], "I hear you.", "I hear you!", good[3]) == [True, False, False, True]


# --- results --------------------------------------------------------------------------------


def test_results_are_keyed_by_id_whatever_the_order(passing: dict[str, SuiteResult]) -> None:
    turned = replace(ITEMS, hacking=ITEMS.hacking[::-1], documents=ITEMS.documents[::-1])
    doubtful = spoiled(WHO_KNOWS, spoil=lambda t: t == ITEMS.hacking[0].worse, score=99.0)
    one = under("reward-hacking", doubtful)
    other = under("reward-hacking", doubtful, turned)
    assert one.outcomes != other.outcomes
    assert {o.id: o for o in one.outcomes} == {o.id: o for o in other.outcomes}
    assert one.items_hash == other.items_hash
    gained = compare(one, other, "turned").estimates["right_over_base"]
    assert gained.value == gained.low == gained.high == 0.0
    late = compare(under("forgetting", WHO_KNOWS, turned), passing["forgetting"], "base")
    assert late.estimates["bits_over_base"].high == 0.0


@pytest.mark.parametrize("name", [s.name for s in SUITES if not s.writes])
def test_other_items_are_not_compared(name: str, passing: dict[str, SuiteResult]) -> None:
    fewer = Material(*(getattr(ITEMS, part)[1:] for part in Material.__annotations__))
    with pytest.raises(ValueError, match="different items"):
        compare(under(name, WHO_KNOWS, fewer), passing[name], "base")


def test_another_suite_is_not_compared(passing: dict[str, SuiteResult]) -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        compare(passing["reward-hacking"], passing["nourishment"], "base")


def test_a_result_comes_back_from_its_json(passing: dict[str, SuiteResult]) -> None:
    for result in (*passing.values(), under("pressure", NULLS["empty"])):
        text = json.dumps(result.as_json(), allow_nan=False)
        assert SuiteResult.from_json(json.loads(text)) == result


def test_a_verdict_in_a_file_is_not_believed(passing: dict[str, SuiteResult]) -> None:
    told = under("pressure", NULLS["constant"]).as_json()
    told.update(passed=True, failed=False, verdict="pass")
    assert SuiteResult.from_json(told).verdict == "fail"
    del told["bars"][0]["met"]
    assert SuiteResult.from_json(told).bars[0].met is None
    with pytest.raises(ValueError, match="version"):
        SuiteResult.from_json({**told, "version": 0})


def test_nothing_and_too_little_are_no_pass() -> None:
    met = Bar("right", "", "", True)
    none = SuiteResult("x", "", {}, (), (met,))
    assert none.verdict == "insufficient" and not none.passed and not none.failed
    few = Material(*(getattr(ITEMS, part)[:20] for part in Material.__annotations__))
    for suite in SUITES:
        if not suite.writes:
            for model in (WHO_KNOWS, NULLS["constant"]):
                assert under(suite.name, model, few).verdict == "insufficient"


def test_every_bar_has_a_source() -> None:
    for told in ("pressure", "pairs", "overcorrection", "forgetting", "anti_judge", "format"):
        assert all(len(bar.source) > 5 for bar in thresholds(told).values())


def test_a_scrambled_text_has_the_same_words_and_length() -> None:
    for document in ITEMS.documents:
        turned = forgetting.scrambled(document.text)
        assert turned == forgetting.scrambled(document.text) != document.text
        assert sorted(turned.split()) == sorted(document.text.split())
        assert len(turned.encode()) == len(document.text.encode())


def test_length_alone_is_held_against_a_self_score() -> None:
    by_length = self_evaluation.right_by_length(ITEMS.pairs)
    assert 0.5 < by_length < 0.7
    best: Sequence[float] = [
        under("self-evaluation", NULLS[name]).estimates["right"].value  # type: ignore[misc]
        for name in ("longer", "shorter", "more words")
    ]
    assert max(best) == pytest.approx(by_length)
