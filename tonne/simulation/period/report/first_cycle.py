"""The national system's first cycle as it was published, and a season of the run beside it.

Agents are set so that a season comes near it; that is no forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from tonne.rules.pack import Period, RulePack
from tonne.simulation.period.model.results import TradeSummary

SCHEME: Final = "china-national"
PERIOD: Final = "2019-20"
#: The last seven weeks before the deadline begin after this day.
LATE_AFTER: Final = date(2021, 11, 10)


@dataclass(frozen=True, slots=True)
class SeasonFigures:
    """Figures by which seasons are compared."""

    late: float  #   share of the volume after {LATE_AFTER}, block trades included
    opening: int  #  [0.01 yuan a t]
    close: int  #    of the last day [0.01 yuan a t]
    short: float  #  share of the emitters with an obligation that met it in part only


#: Opening price and last close as the exchange published them, the rest as counted from its days and from
#: the provinces' lists of compliance.
PUBLISHED: Final = SeasonFigures(late=0.87, opening=4_800, close=5_422, short=0.089)


def applies(pack: RulePack, period: Period) -> bool:
    """Whether a run is of the cycle that was published."""
    return pack.scheme.name == SCHEME and period.name == PERIOD


def of(trading: TradeSummary, opening: int, short: float) -> SeasonFigures:
    """The figures of a run's season."""
    late = sum(lots for day, lots in trading.by_day if day > LATE_AFTER)
    volume = sum(lots for _, lots in trading.by_day)
    return SeasonFigures(late / max(volume, 1), opening, trading.last_close_cents, short)


def rows(found: SeasonFigures) -> Sequence[tuple[str, str, str]]:
    """What, in this run, as published."""
    ours, theirs = _written(found), _written(PUBLISHED)
    return [(what, ours[what], theirs[what]) for what in ours]


def _written(of: SeasonFigures) -> dict[str, str]:
    return {
        "volume after 10 November": f"{of.late:.0%}",
        "opening price, yuan/t": f"{of.opening / 100:.2f}",
        "last close, yuan/t": f"{of.close / 100:.2f}",
        "emitters that were partly short": f"{of.short:.1%}",
    }
