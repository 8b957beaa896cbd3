"""Values of a pack on a day, in the integers of the contracts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import NamedTuple

from tonne.constants import EPOCH


@dataclass(frozen=True, slots=True)
class TradingSession:
    """Trading hours of one session, local time; trades from `opens` until just before `closes`."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Market:
    """The listed market on one day. Shares are parts per million [ppm]."""

    first_day: date
    reference_price_cents: int | None  # "previous close" of the first day [0.01 currency a t]
    tick_cents: int  # price step [0.01 currency a t]
    lot: int  # quantity step [measure]
    band_ppm: int  # either side of the previous close [ppm]
    listed_max: int | None  # largest listed order [measure]
    block_min: int | None  # smallest block trade [measure]
    block_band_ppm: int | None
    block_session: TradingSession | None
    sessions: tuple[TradingSession, ...]
    taker_levels: int | None  # price levels a listed order may reach; None: all
    close_rule: str | None  # None: not known on that day


@dataclass(frozen=True, slots=True)
class MrvBounds:
    """What is plausible for one class, in the integers of the emissions oracle."""

    number: int  # class
    min_power: int  # [t/MWh x 1e4]
    max_power: int  # [t/MWh x 1e4]
    min_heat: int  # [t/GJ x 1e4]
    max_heat: int  # [t/GJ x 1e4]
    max_load_ppm: int  # MWh <= capacity x hours x this [ppm]
    max_heat_load: int  # [GJ/MWh x 1e4]
    base_t: int  # [t] beside output; of a sector the most that a plant of it emits


@dataclass(frozen=True, slots=True)
class Mrv:
    """How reports are taken, in the integers of the emissions oracle."""

    report_days: int  # [days] after the end of the year
    dispute_window_s: int
    min_bodies: int
    min_assurance: int  # 1 limited, 2 reasonable
    max_materiality_ppm: int
    max_age_s: int
    max_skew_s: int
    bounds: tuple[MrvBounds, ...]  # by class number


@dataclass(frozen=True, slots=True)
class Period:
    """A compliance period; times are unix seconds, the last (or first) second that counts."""

    name: str
    number: int
    first_year: int
    last_year: int
    vintage: int
    operator_deadline: int  # [s] reports reach the verification bodies
    report_deadline: int  # [s] last second for verified reports on chain
    determination_from: int  # [s] from when silence is answered by a determination
    true_up_by: int  # [s]
    surrender_deadline: int  # [s]

    @property
    def onchain(self) -> tuple[int, int, int, int, int, int]:
        """The fields of the contracts' `Period`, in order."""
        return (
            self.first_year,
            self.last_year,
            self.vintage,
            self.report_deadline,
            self.determination_from,
            self.surrender_deadline,
        )


class OnchainParam(NamedTuple):
    """One call of `Schemes.setParam`."""

    key: str
    from_day: int  # local days since 1970-01-01
    value: int
    source_hash: bytes


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def parse_session(text: str) -> TradingSession:
    opens, closes = text.split("-")
    return TradingSession(time.fromisoformat(opens), time.fromisoformat(closes))
