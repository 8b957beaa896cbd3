"""Options, timeline and cast of a period."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Final

from tonne.constants import DAY_S, HOUR_S
from tonne.errors import TonneError, refused
from tonne.rules.pack import Period, RulePack
from tonne.simulation.fleet.plants import Fleet

#: A market needs both sides and the planted cases their actors.
LEAST_EMITTERS: Final = 24
SESSIONS: Final = 24
#: Plants that put monthly evidence on record.
MONTHLY: Final = 6
#: The least of each scheme, where several are run at once.
LEAST_OF_EACH: Final = 6
#: Plays a part without a player.
UNCAST: Final = -1
#: Days from the first determination to the first session, as in the first cycle.
AFTER_DETERMINATION: Final = 15


@dataclass(frozen=True, slots=True)
class PeriodOptions:
    """A run as it was asked for."""

    emitters: int | None = None  #   None: all of the fleet
    seed: int = 2021
    chain: str = "anvil"
    fleet: Path | None = None  #     None: generated
    scenario: Path | None = None  # how a fleet's file is read, and which pack goes with it
    assumed: tuple[Path, ...] = ()  # scenarios that supply what the pack does not say
    schemes: tuple[str, ...] = ()  # several at once, on one chain
    scheme: str | None = None  #     None: the one of the scenario, or the national one
    first: int | None = None  #      reporting year of the first period; None: the pack's first
    years: int = 1  #                consecutive periods
    names: bool = False  #           show companies' names
    calibrate: bool = True
    shift_percent: int = 0  #        change of allocation, for experiments
    sessions: int = SESSIONS
    monthly: int = MONTHLY  #        so many of the largest plants file monthly evidence
    keep: bool = False  #            leave chain data and inbox behind
    serve: bool = False  #           keep the chain and serve its page until Ctrl-C
    brief: bool = False  #           end with sectors and some plants of the register alone
    out: Path | None = None  #       where the report goes


@dataclass(frozen=True, slots=True)
class PeriodTimeline:
    """Moments of the run [s unix]; all of them chain time."""

    start: int  #             the chain begins
    early: int  #             scheme and parties stand, replacement delay over: pre-allocation
    signed: int  #            operators sign their reports
    verified: int  #          verification bodies sign, the daemon submits
    determined: int  #        silence is answered
    offsets_from: int  #      first moment the projects' reports cover
    offsets_until: int
    offsets_issued: int
    sessions: tuple[date, ...]
    true_up: int  #           place in `sessions` of the day before which the true-up is made
    surrendered: int  #       most give up what they owe
    deadline: int
    after: int  #             notices
    late: int  #              late surrender, decisions, payments


def timeline(pack: RulePack, period: Period, sessions: int) -> PeriodTimeline:
    """Spreads the run over the pack's own dates."""
    year = period.vintage + 1
    deadline_day = pack.local_day(period.surrender_deadline)
    # Each year trades by itself, also where its deadline is later than that year's end.
    end = min(deadline_day, date(year, 12, 31))
    first = pack.market.first_day
    if first.year != end.year:
        first = pack.local_day(period.determination_from) + timedelta(days=AFTER_DETERMINATION)
    days = [d for d in pack.trading_days(end.year) if first <= d <= end - timedelta(days=4)]
    if len(days) < sessions:
        raise refused("PERIOD_TOO_FEW_DAYS", sessions=sessions, days_count=len(days))
    chosen = tuple(days[round(i * (len(days) - 1) / (sessions - 1))] for i in range(sessions))
    true_up_day = pack.local_day(period.true_up_by) - timedelta(days=7)
    before = sum(day < true_up_day for day in chosen)
    last = chosen[-1]
    return PeriodTimeline(
        start=pack.at(date(year, 1, 4), time(9)),
        early=pack.at(date(year, 2, 8), time(9)),
        signed=pack.at(pack.local_day(period.operator_deadline) - timedelta(days=2), time(10)),
        verified=pack.at(pack.local_day(period.report_deadline) - timedelta(days=21), time(10)),
        determined=period.determination_from + HOUR_S,
        offsets_from=pack.at(date(period.vintage, 1, 1), time()),
        offsets_until=pack.at(date(period.vintage + 1, 1, 1), time()),
        offsets_issued=period.determination_from + 2 * DAY_S,
        sessions=chosen,
        true_up=before,
        surrendered=pack.at(last + timedelta(days=1), time(10)),
        deadline=period.surrender_deadline,
        after=period.surrender_deadline + 3 * DAY_S,
        late=period.surrender_deadline + 20 * DAY_S,
    )


def reference(pack: RulePack) -> int:
    """What the first session's band is reckoned from [0.01 currency a t]."""
    price = pack.market.reference_price_cents
    if price is None:
        raise TonneError(
            "MARKET_NO_REFERENCE",
            f"{pack.scheme.name} names no reference price for the first day.",
            field="market.reference_price",
            remedy="Supply one in a scenario file.",
        )
    return price


@dataclass(frozen=True, slots=True)
class Cast:
    """Which emitters (places in the fleet) play a planted part; one part each."""

    silent: tuple[int, ...]  #      never report: the authority determines
    claw_wallet: int  #             allocated far too much early, and kept it
    claw_ledger: int  #             ... and offered all of it on the exchange
    claw_debt: int  #               ... and sold it
    late: int  #                    surrenders after the deadline, pays its fine
    defaulter: int  #               never surrenders all; fine debited, rest deducted
    suspended: int  #               for a few sessions
    lost_key: int
    wallets: int  #                 separate wallets to trade, withdraw, surrender, report
    seller: int  #                  sells its plant with the obligation ...
    buyer: int  #                   ... to this one
    group: tuple[int, ...]
    conflicted: int  #              a verification body has an interest in it
    shared: tuple[int, ...] = ()  # have plants under other schemes, too

    def named(self) -> dict[str, tuple[int, ...]]:
        """The parts that have a player."""
        found = {
            name: value if isinstance(value, tuple) else (value,)
            for name, value in ((n, getattr(self, n)) for n in self.__slots__)
        }
        return {name: places for name, places in found.items() if UNCAST not in places}

    def playing(self, *names: str) -> list[int]:
        """Places of those who play these parts."""
        named = self.named()
        return [place for name in names for place in named.get(name, ())]


def cast(fleet: Fleet, seed: int) -> Cast:
    """Draws the parts from the smaller plants with an obligation."""
    eligible = _eligible(fleet)
    if len(fleet) < LEAST_EMITTERS or len(eligible) < LEAST_EMITTERS:
        raise TonneError(
            "PERIOD_TOO_SMALL",
            f"A period needs {LEAST_EMITTERS} emitters with an obligation.",
            field="emitters",
            value=len(eligible),
            remedy="Ask for more emitters.",
        )
    by_size = sorted(eligible, key=lambda i: fleet.plants[i].emissions_t)
    pool = by_size[: max(LEAST_EMITTERS, len(by_size) // 3)]
    coal = [i for i in pool if fleet.plants[i].class_number != 4]
    rng = random.Random(f"cast/{seed}")
    smallest = iter([*coal[:2], *(i for i in pool if i not in coal[:2])])
    debt, seller = next(smallest), next(smallest)
    rest = [i for i in pool if i not in (debt, seller)]
    rng.shuffle(rest)
    # Who comes late or not at all must owe something it could fail to pay: no gas plant.
    rest.sort(key=lambda i: fleet.plants[i].class_number == 4)
    draw: Iterator[int] = iter(rest)
    return Cast(
        late=next(draw),
        defaulter=next(draw),
        claw_wallet=next(draw),
        claw_ledger=next(draw),
        claw_debt=debt,
        seller=seller,
        buyer=next(draw),
        silent=(next(draw), next(draw)),
        suspended=next(draw),
        lost_key=next(draw),
        wallets=next(draw),
        group=(next(draw), next(draw), next(draw)),
        conflicted=next(draw),
    )


def _eligible(fleet: Fleet) -> list[int]:
    """Places of plants with an obligation that an act of theirs can show; none of a drawn sector."""
    return [
        place
        for place, plant in enumerate(fleet.plants)
        if plant.class_number
        and (plant.power_mwh > 1000 or (plant.tabled_t is not None and plant.emissions_t > 1000))
    ]


def few(fleet: Fleet, seed: int, shared: int) -> Cast:
    """The parts where several schemes are run at once: who comes late, who defaults, and as many as
    have plants under other schemes, too."""
    eligible = _eligible(fleet)
    if len(eligible) < max(LEAST_OF_EACH, shared + 3):
        raise TonneError(
            "PERIOD_TOO_SMALL",
            f"A scheme needs {max(LEAST_OF_EACH, shared + 3)} emitters with an obligation.",
            field="emitters",
            value=len(eligible),
            remedy="Ask for more emitters.",
        )
    by_size = sorted(eligible, key=lambda i: fleet.plants[i].emissions_t)
    by_size.sort(key=lambda i: fleet.plants[i].class_number == 4)  # a gas plant may owe nothing
    defaulter, late, *rest = by_size
    chosen = sorted(random.Random(f"shared/{seed}").sample(rest, shared))
    vacant = dict.fromkeys(
        (
            "claw_wallet",
            "claw_ledger",
            "claw_debt",
            "suspended",
            "lost_key",
            "wallets",
            "seller",
            "buyer",
        ),
        UNCAST,
    )
    return Cast(
        late=late,
        defaulter=defaulter,
        silent=(),
        group=(),
        conflicted=UNCAST,
        shared=tuple(chosen),
        **vacant,
    )


def batches(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
