"""The intended effect of each settlement call, by any sender; by the keys of its jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from oracles.power.settlement.journal import SettlementJournal
from oracles.runtime.effects import JobEffect

CONTRACT: Final = "PowerSettlement"
REFERENCES: Final = "ReferencePrices"


def effect(_: SettlementJournal, key: str) -> JobEffect:
    """What a job is to bring about."""
    kind, *words = key.split("/")
    return _EFFECTS[kind](words)


def _run(words: list[str]) -> JobEffect:
    interval, nodes = int(words[0]), [int(name.split(".")[0]) for name in words[1].split(",")]
    views = [(CONTRACT, "intervalOf", (node, interval)) for node in nodes]
    return JobEffect(views, lambda answers: all(state.postedAt for state in answers))


def _list(words: list[str]) -> JobEffect:
    node, day, _, begun, upto = map(int, words)
    view = (CONTRACT, "listOf", (node, day))
    return JobEffect(
        [view], lambda answers: answers[0].complete or begun < upto <= answers[0].chunks
    )


def _pay(words: list[str]) -> JobEffect:
    node, day, _, index = map(int, words)
    view = (CONTRACT, "chunkOf", (node, day, index))
    return JobEffect([view], lambda answers: not answers[0])


def _loss(words: list[str]) -> JobEffect:
    start, areas = int(words[0]), map(int, words[1].split(","))
    views = [("PowerLosses", "areaLoss", (area, start)) for area in areas]
    return JobEffect(views, lambda answers: all(loss.status for loss in answers))


def _answer(words: list[str]) -> JobEffect:
    view, *asked = words
    subject: list[int | bool] = [*map(int, asked[:-2])]  # ahead of deadline and one-time key
    if view == "askOf":
        subject[-1] = bool(subject[-1])  # whether by the account's key
    return JobEffect(
        [(CONTRACT, view, tuple(subject))],
        lambda answers: bool(int.from_bytes(answers[0].answer, "big")),
    )


def _enrol(words: list[str]) -> JobEffect:
    node, day, interval, account = map(int, words)
    view = (CONTRACT, "firstLineOf", (node, day, account))
    return JobEffect([view], lambda answers: 0 < answers[0] <= interval)


def _count(words: list[str]) -> JobEffect:
    interval, nodes = int(words[0]), map(int, words[1].split(","))
    return JobEffect([(REFERENCES, "isCounted", (node, interval)) for node in nodes], all)


def _fix(words: list[str]) -> JobEffect:
    node, day = map(int, words)
    return JobEffect([(REFERENCES, "fixedDay", (node,))], lambda answers: answers[0] >= day)


_EFFECTS: Final[dict[str, Callable[[list[str]], JobEffect]]] = {
    "run": _run,
    "enrol": _enrol,
    "list": _list,
    "pay": _pay,
    "loss": _loss,
    "answer": _answer,
    "count": _count,
    "fix": _fix,
}
