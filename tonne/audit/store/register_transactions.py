"""Transfers of units between accounts, public once the delay that their scheme publishes is over.

The chain shows every transfer at once. A register of a scheme keeps to the scheme's delay: a younger one
is counted and not listed. The delay is the pack's for the day of the transfer; without one nothing is listed.
The same questions are asked of the store and of the service's file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from tonne.constants import DAY_S, EPOCH
from tonne.rules import unpublished

#: Asks in SQL with `?` for parameters; rows by column.
Ask = Callable[[str, Sequence[Any]], list[dict[str, Any]]]
Line = dict[str, Any]

#: The pack says how long the delay is.
OF_PACK: Final = "by the pack"
#: No day is later [days since 1970].
_NEVER: Final = 2**31


@dataclass(frozen=True, slots=True)
class DelaySpan:
    """A delay that holds for transfers from one day until before another [days since 1970]."""

    first: int
    until: int
    days: int

    def times(self) -> tuple[int, int]:
        """Its first moment, and the first that it does not hold for [s]."""
        return self.first * DAY_S, self.until * DAY_S


@dataclass(frozen=True, slots=True)
class SchemeTransfers:
    """How many transfers of a scheme's units are public, and how many are within the delay."""

    scheme: int
    delayDays: int | None  # of a transfer at the last block
    stated: str  # OF_PACK, or why there is no delay
    public: int
    withinDelay: int


def answer(
    ask: Ask,
    now: int,
    scheme: int | None = None,
    participant: int | None = None,
    limit: int = 100,
    before: str | None = None,
) -> Line:
    """Counts of each scheme, and its public transfers, the latest first; `next` where there are more.

    `now`: time of the block [s]. `participant`: of one side or the other, by any wallet it ever had.
    """
    known = ask("SELECT DISTINCT scheme FROM unit_transfers ORDER BY scheme", ())
    schemes = [int(row["scheme"]) for row in known if scheme in (None, int(row["scheme"]))]
    spans = {one: spans_of(one) for one in schemes}
    counts = [asdict(_counted(ask, one, spans[one], now)) for one in schemes]
    rows = _listed(ask, spans, now, participant, limit + 1, before)
    following = _cursor(rows[limit - 1]) if len(rows) > limit else None
    return {"schemes": counts, "rows": rows[:limit], "next": following}


def spans_of(scheme: int) -> list[DelaySpan]:
    """Delays of a scheme in order of the days that they hold for."""
    return [
        DelaySpan(_day(rule.first), _day(rule.last) + 1 if rule.last else _NEVER, rule.days)
        for rule in unpublished.delays_of(scheme)
    ]


def _day(day: date) -> int:
    return (day - EPOCH).days


def _counted(ask: Ask, scheme: int, spans: Sequence[DelaySpan], now: int) -> SchemeTransfers:
    (whole,) = ask("SELECT count(*) AS n FROM unit_transfers WHERE scheme = ?", (scheme,))
    public = 0
    for span in spans:
        first, until = span.times()
        asked = (
            "SELECT count(*) AS n FROM unit_transfers WHERE scheme = ? AND time >= ? AND time < ?"
        )
        (row,) = ask(asked, (scheme, first, min(until, _newest(span, now))))
        public += int(row["n"])
    held = next((s for s in spans if s.times()[0] <= now < s.times()[1]), None)
    year = datetime.fromtimestamp(now, UTC).year
    stated = OF_PACK if held else unpublished.word_of(scheme, unpublished.DELAY, year)
    days = held.days if held else None
    return SchemeTransfers(scheme, days, stated, public, int(whole["n"]) - public)


def _newest(span: DelaySpan, now: int) -> int:
    """The first moment of a transfer that is within the delay [s]."""
    return now - span.days * DAY_S + 1


def _listed(
    ask: Ask,
    spans: dict[int, list[DelaySpan]],
    now: int,
    participant: int | None,
    limit: int,
    before: str | None,
) -> list[Line]:
    terms, values = [], []
    for scheme, held in spans.items():
        for span in held:
            first, until = span.times()
            terms.append("(t.scheme = ? AND t.time >= ? AND t.time < ?)")
            values += [scheme, first, min(until, _newest(span, now))]
    if not terms:
        return []
    where = f"({' OR '.join(terms)})"
    if before is not None:
        where += " AND (t.block, t.place, t.number) < (?, ?, ?)"
        values += [int(part) for part in before.split(":")]
    if participant is not None:
        where += " AND ? IN (t.seller, t.buyer, f.participant, o.participant)"
        values.append(participant)
    found = ask(f"{_ROWS} WHERE {where} {_LATEST} LIMIT ?", (*values, limit))
    return [_with_delay(row, spans[int(row["scheme"])]) for row in found]


#: Wallets name the participant that had them first.
_ROWS: Final = """
SELECT t.block, t.place, t.number, t.time, t.kind, t.scheme, t.id, t."from", t."to",
    coalesce(t.seller, f.participant) AS seller, coalesce(t.buyer, o.participant) AS buyer, t.amount,
    (SELECT e.tx FROM events e WHERE e.block = t.block AND e.place = t.place) AS tx
FROM unit_transfers t
LEFT JOIN (SELECT lower(wallet) AS wallet, min(participant) AS participant FROM wallets GROUP BY 1) f
    ON f.wallet = lower(t."from")
LEFT JOIN (SELECT lower(wallet) AS wallet, min(participant) AS participant FROM wallets GROUP BY 1) o
    ON o.wallet = lower(t."to")
"""
_LATEST: Final = "ORDER BY t.block DESC, t.place DESC, t.number DESC"


def _with_delay(row: Line, spans: Sequence[DelaySpan]) -> Line:
    held = next(s for s in spans if s.times()[0] <= row["time"] < s.times()[1])
    return {**row, "id": str(row["id"]), "publicFrom": row["time"] + held.days * DAY_S}


def _cursor(row: Line) -> str:
    return f"{row['block']}:{row['place']}:{row['number']}"
