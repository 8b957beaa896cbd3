"""The intended effects of jobs, as views of the chain; one body asks for those of many jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tonne.chain.client import Chain
from tonne.chain.contract import Contract
from tonne.errors import TonneError


class JobEffect(NamedTuple):
    """`shown_by` decides from the views' answers, in their order, whether the effect is there."""

    views: Sequence[tuple[Contract | str, str, Sequence[Any]]]
    shown_by: Callable[[Sequence[Any]], bool]


def shown(chain: Chain, effects: Sequence[JobEffect], block: int | str) -> list[bool | TonneError]:
    """Whether a block has each effect, by any sender; an error where the answer does not show it."""
    views = [view for effect in effects for view in effect.views]
    answers = iter(chain.call_many(views, block, check=False))
    return [_judged(effect, [next(answers) for _ in effect.views]) for effect in effects]


def _judged(effect: JobEffect, answers: Sequence[Any]) -> bool | TonneError:
    for answer in answers:
        if isinstance(answer, TonneError):
            return answer
    return effect.shown_by(answers)
