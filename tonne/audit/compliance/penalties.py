"""Replay of Penalties, a part of Compliance: shortfalls, fines, appeals, payment, publication, closing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Final

from tonne.audit.compliance.allocation import Key
from tonne.audit.market.exchange import month_of
from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import AccessManagedReplay, Args
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.audit.rules.schemes import SchemesReplay
from tonne.constants import DAY_S, PPM, ZERO_ADDRESS
from tonne.types import references, unit_id
from tonne.types.ids import InstallationId, PeriodId, SchemeId, UnitId

#: `PenaltyState` and `AppealOutcome` of PenaltyTypes.
NOTICED, DECIDED, PAID, APPEALED, ANNULLED = 1, 2, 3, 4, 5
UPHELD, OUTCOME_REDUCED, OUTCOME_ANNULLED = 1, 2, 3

#: Most months of a price; vintages whose trades count; the pack's value for the month before the deadline.
MONTHS: Final = 24
VINTAGES: Final = 16
MONTH_BEFORE: Final = 2

#: Of a unit and month: the market's currency, units and turnover [0.0001 currency].
Traded = Callable[[UnitId, int], tuple[str, int, int]]


@dataclass(slots=True)
class Obligation:
    """One installation's obligation for a period, and its penalty."""

    scheme: SchemeId
    period: PeriodId
    installation: InstallationId
    due: int
    capped: bool
    running: bool = False  # judged by running totals: nothing is due for the period alone
    late: int = 0
    deducted: int = 0
    added: int = 0  # ordered in place of missing units
    closed: bool = False
    shortfall: int = 0
    noticed_at: int = 0
    decided_at: int = 0
    fine_cents: int = 0
    paid_cents: int = 0
    penalty: int = 0
    measures: int = 0
    decided_by: str = ZERO_ADDRESS
    appealed_at: int = 0
    published_at: int = 0
    outcome: int = 0

    @property
    def key(self) -> Key:
        return self.scheme, self.period, self.installation


class PenaltiesReplay(PausableReplay, AccessManagedReplay):
    """The acts that follow a shortfall."""

    contract = "Compliance"

    def __init__(self, schemes: SchemesReplay, traded: Traded) -> None:
        super().__init__()
        self.schemes, self.traded = schemes, traded
        self.owed: dict[Key, Obligation] = {}
        #: Shortfalls that verdicts on running totals told [t].
        self.judged: dict[Key, int] = {}
        #: Allowances and offsets by reference, as this contract states them.
        self.stated_surrendered: dict[bytes, list[int]] = defaultdict(lambda: [0, 0])
        self.treasuries: dict[int, tuple[str, str]] = {}  # currency and payee, by scheme
        #: By scheme and period: price [0.01 currency a unit], time [s], whether an officer stated it.
        self.fine_prices: dict[tuple[int, int], tuple[int, int, bool]] = {}

    def _expect(self, about: str, worked_out: object, stated: object) -> None:
        self._require(worked_out == stated, f"{about}: worked out {worked_out}, stated {stated}")

    def _on_ShortfallNoticed(self, a: Args, at: Dated) -> None:
        key = (a["scheme"], a["periodId"], a["installation"])
        if key in self.judged:
            self.owed.setdefault(key, Obligation(*key, due=0, capped=False, running=True))
            shortfall = self.judged[key]
        else:
            allowances, offsets = self.stated_surrendered[references.obligation(*key)]
            shortfall = self.owed[key].due - allowances - offsets + self.owed[key].late
        owed = self.owed[key]
        self._expect(f"shortfall of {owed.installation}", shortfall, a["shortfall"])
        owed.shortfall, owed.noticed_at, owed.penalty = shortfall, at.time, NOTICED

    def _on_PenaltyDecided(self, a: Args, at: Dated) -> None:
        owed = self.owed[a["scheme"], a["periodId"], a["installation"]]
        self._fine_fits(owed, a["fineCents"])
        if at.time < self.moved(owed.noticed_at + self._days(owed, "penalty.hearing_days")):
            self.faults.append(f"fine of {owed.installation} was decided before the hearing")
        if a["measures"] & ~(self._rule(owed, "penalty.measures") or 0):
            self.faults.append(f"measures against {owed.installation} are none of the pack's")
        owed.fine_cents, owed.measures, owed.decided_at = a["fineCents"], a["measures"], at.time
        owed.decided_by = a["officer"]
        self._expect(f"units ordered of {owed.installation}", self._units(owed), owed.added)
        owed.penalty = DECIDED if a["fineCents"] or a["measures"] or owed.added else PAID

    def _units(self, owed: Obligation) -> int:
        """Units that a decision orders beside the missing ones [t]."""
        factor = Fraction(self._rule(owed, "penalty.units_for_each_ppm") or 0, PPM)
        return ceil(owed.shortfall * max(factor - 1, Fraction(0)))

    def _on_UnitsOrdered(self, a: Args, _: Dated) -> None:
        """Precedes the decision or the annulment that it is part of."""
        owed = self.owed[a["scheme"], a["periodId"], a["installation"]]
        units = self._units(owed)
        if owed.penalty == APPEALED:
            units = max(
                0, sum(self.stated_surrendered[references.obligation(*owed.key)]) - owed.due
            )
        stated = (a["shortfall"], a["oldUnits"], a["units"])
        self._expect(f"units of {owed.installation}", (owed.shortfall, owed.added, units), stated)
        owed.added = units

    def _fine_fits(self, owed: Obligation, fine: int) -> None:
        low, high = self._fine_bounds(owed)
        if not low <= fine <= high:
            self.faults.append(f"fine of {owed.installation} is outside {low}..{high}")

    def _on_PenaltyAppealed(self, a: Args, at: Dated) -> None:
        owed = self.owed[a["scheme"], a["periodId"], a["installation"]]
        window = self._days(owed, "penalty.appeal_days")
        in_time = at.time <= self.moved(owed.decided_at + window)
        if not in_time or owed.penalty != DECIDED or owed.paid_cents or owed.outcome:
            self.faults.append(f"appeal of {owed.installation} was not open to it")
        owed.penalty, owed.appealed_at = APPEALED, at.time

    def _on_PenaltyAppealDecided(self, a: Args, at: Dated) -> None:
        owed = self.owed[a["scheme"], a["periodId"], a["installation"]]
        fine, outcome = a["fineCents"], a["outcome"]
        fits = {
            UPHELD: fine == owed.fine_cents,
            OUTCOME_REDUCED: fine < owed.fine_cents,
            OUTCOME_ANNULLED: fine == 0,
        }
        about = f"appeal of {owed.installation}"
        if owed.penalty != APPEALED or not fits.get(outcome) or a["officer"] == owed.decided_by:
            self.faults.append(f"{about} was decided as it cannot be")
        if outcome == OUTCOME_REDUCED:
            self._fine_fits(owed, fine)
        self._expect(about, owed.fine_cents, a["oldFineCents"])
        owed.fine_cents, owed.decided_at, owed.outcome = fine, at.time, outcome
        if outcome == OUTCOME_ANNULLED:
            owed.penalty, owed.measures = ANNULLED, 0
        else:
            owed.penalty = DECIDED if fine or owed.measures or owed.added else PAID

    def _on_PenaltyPublished(self, a: Args, at: Dated) -> None:
        owed = self.owed[a["scheme"], a["periodId"], a["installation"]]
        stated = (a["fineCents"], a["measures"], a["state"])
        about = f"publication about {owed.installation}"
        self._expect(about, (owed.fine_cents, owed.measures, owed.penalty), stated)
        window = self._days(owed, "penalty.appeal_days")
        open_ = owed.penalty == DECIDED and not owed.outcome and window
        if owed.published_at or (open_ and at.time <= self.moved(owed.decided_at + window)):
            self.faults.append(f"{about} came twice, or before it stood")
        owed.published_at = at.time

    def _rule(self, owed: Obligation, key: str) -> int | None:
        """A value of the pack at the surrender deadline."""
        deadline = self.schemes.schemes[owed.scheme].periods[owed.period].surrenderDeadline
        return self.schemes.value(owed.scheme, key, self.schemes.local_day(owed.scheme, deadline))

    def _days(self, owed: Obligation, key: str) -> int:
        """[s] of a value in days; none when absent."""
        return (self._rule(owed, key) or 0) * DAY_S

    def _fine_bounds(self, owed: Obligation) -> tuple[int, int]:
        low, high = self._money(owed)
        cap = self._rule(owed, "penalty.cap_cents")
        return (low, high) if cap is None else (min(low, cap), min(high, cap))

    def _money(self, owed: Obligation) -> tuple[int, int]:
        """By the pack's form: a sum, a sum for each unit, a multiple of the price; else nothing."""
        price, _, _ = self.fine_prices.get((owed.scheme, owed.period), (0, 0, False))
        forms = (
            ("penalty.{}_cents", Fraction(1)),
            ("penalty.{}_cents_per_t", Fraction(owed.shortfall)),
            ("penalty.multiple_{}_ppm", Fraction(price * owed.shortfall, PPM)),
        )
        for key, times in forms:
            low, high = (self._rule(owed, key.format(end)) for end in ("min", "max"))
            if low is not None and high is not None:
                return floor(low * times), floor(high * times)
        return 0, 0

    # Price of a fine

    def _on_TreasurySet(self, a: Args, _: Dated) -> None:
        before = self.treasuries.get(a["scheme"], (ZERO_ADDRESS, ZERO_ADDRESS))
        self._expect("treasury before", before, (a["oldCurrency"], a["oldTreasury"]))
        self.treasuries[a["scheme"]] = (a["currency"], a["treasury"])

    def _on_FinePriceFixed(self, a: Args, at: Dated) -> None:
        scheme, period_id = a["scheme"], a["periodId"]
        about = f"price of fines for period {period_id} of scheme {scheme}"
        window = self._window(scheme, period_id)
        if window is None or (scheme, period_id) in self.fine_prices:
            self.faults.append(f"{about} was fixed by no rule, or twice")
            return
        first, last = window
        volume, turnover = self._traded_in(scheme, period_id, first, last)
        price = floor(Fraction(turnover, 100 * volume) + Fraction(1, 2)) if volume else 0
        stated = tuple(
            a[k] for k in ("priceCents", "volume", "turnover", "firstMonth", "lastMonth")
        )
        self._expect(about, (price, volume, turnover, first, last), stated)
        if month_of(self.schemes.local_day(scheme, at.time)) <= last:
            self.faults.append(f"{about} was fixed before its months were over")
        self.fine_prices[scheme, period_id] = (a["priceCents"], at.time, False)

    def _on_FinePriceStated(self, a: Args, at: Dated) -> None:
        scheme, period_id = a["scheme"], a["periodId"]
        window = self._window(scheme, period_id)
        traded = window is not None and self._traded_in(scheme, period_id, *window)[0]
        over = window is None or month_of(self.schemes.local_day(scheme, at.time)) > window[1]
        if traded or not over or (scheme, period_id) in self.fine_prices:
            about = f"price of fines for period {period_id} of scheme {scheme}"
            self.faults.append(f"{about} was stated where the market gives one")
        self.fine_prices[scheme, period_id] = (a["priceCents"], at.time, True)

    def _window(self, scheme: int, period_id: int) -> tuple[int, int] | None:
        """First and last month of the price; None where the pack has no such rule."""
        deadline = self.schemes.schemes[scheme].periods[period_id].surrenderDeadline
        day = self.schemes.local_day(scheme, deadline)
        keys = ("multiple_max_ppm", "price_months", "price_rule", "price_until")
        multiple, months, rule, until = (
            self.schemes.value(scheme, f"penalty.{k}", day) for k in keys
        )
        if not multiple or not months or months > MONTHS or rule != 1 or until is None:
            return None
        last = month_of(day) - (until == MONTH_BEFORE)
        return last + 1 - months, last

    def _traded_in(
        self, scheme: SchemeId, period_id: PeriodId, first: int, last: int
    ) -> tuple[int, int]:
        """Units and turnover [0.0001 currency] of the markets that count."""
        own = self.schemes.schemes[scheme].periods[period_id].vintage
        newest = max(own, last // 12)
        volume = turnover = 0
        for vintage in range(newest, max(0, newest - VINTAGES), -1):
            for month in range(first, last + 1):
                currency, units, worth = self.traded(unit_id.allowance(scheme, vintage), month)
                if currency == self.treasuries.get(scheme, ("", ""))[0]:
                    volume, turnover = volume + units, turnover + worth
        return volume, turnover

    # Payment and closing

    def _paid(self, a: Args) -> None:
        owed = self.owed[a["scheme"], a["periodId"], a["installation"]]
        owed.paid_cents += a["cents"]
        self._expect(f"paid for {owed.installation}", owed.paid_cents, a["paidCents"])
        if owed.paid_cents == owed.fine_cents:
            owed.penalty = PAID

    def _on_PenaltyPaid(self, a: Args, _: Dated) -> None:
        self._paid(a)

    def _on_PenaltyDebited(self, a: Args, _: Dated) -> None:
        self._paid(a)

    def _on_ShortfallDeducted(self, a: Args, _: Dated) -> None:
        owed = self.owed[a["scheme"], a["periodId"], a["installation"]]
        deadline = self.schemes.schemes[owed.scheme].periods[owed.period].surrenderDeadline
        day = self.schemes.local_day(owed.scheme, deadline)
        stated = self.stated_surrendered[references.obligation(*owed.key)]
        missing = owed.due + owed.added - sum(stated)
        factor = self.schemes.share(owed.scheme, "penalty.deduction_ppm", day) or Fraction(0)
        owed.deducted, owed.closed = ceil(missing * factor), True
        about = f"deduction of {owed.installation}"
        self._expect(about, (missing, owed.deducted), (a["open"], a["deducted"]))

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for scheme in sorted(self.schemes.schemes):
            treasury = self.treasuries.get(scheme, (ZERO_ADDRESS, ZERO_ADDRESS))
            about = f"treasury of scheme {scheme}"
            yield Check(self.contract, "treasuryOf", (scheme,), treasury, about)
        for (scheme, period), (cents, time, stated) in sorted(self.fine_prices.items()):
            price = {"cents": cents, "fixedAt": time, "stated": stated}
            about = f"price of fines for period {period}"
            yield Check(self.contract, "finePriceOf", (scheme, period), price, about)
