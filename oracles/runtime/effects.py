"""What a job was to bring about, as views of the chain; those of many jobs are asked for in one body."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tonne.chain.client import Chain
from tonne.chain.contract import Contract
from tonne.errors import TonneError


class JobEffect(NamedTuple):
    """`shown_by` tells from the views' answers, in their order, whether the effect is there."""

    views: Sequence[tuple[Contract | str, str, Sequence[Any]]]
    shown_by: Callable[[Sequence[Any]], bool]


def shown(chain: Chain, effects: Sequence[JobEffect], block: int | str) -> list[bool | TonneError]:
    """Whether a block shows each effect, whoever brought it; an error where the answer does not tell."""
    views = [view for effect in effects for view in effect.views]
    answers = iter(chain.call_many(views, block, check=False))
    return [_judged(effect, [next(answers) for _ in effect.views]) for effect in effects]


def _judged(effect: JobEffect, answers: Sequence[Any]) -> bool | TonneError:
    for answer in answers:
        if isinstance(answer, TonneError):
            return answer
    return effect.shown_by(answers)
