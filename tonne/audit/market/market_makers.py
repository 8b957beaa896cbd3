"""Replay of MarketMakers: duties, orders presented, and the seconds counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated

PPM: Final = 1_000_000


@dataclass(slots=True)
class _Quotes:
    """The two orders that are measured."""

    bid: int
    ask: int
    presented: int  # [s]
    looked_at: int  # [s]
    counted: int = 0  # [s]


class MakersReplay:
    """Duties of market makers, the orders they presented, and the seconds counted."""

    contract: Final = "MarketMakers"

    def __init__(self) -> None:
        #: By market and participant: duties by first day; None where they end.
        self.duties: dict[tuple[int, int], dict[int, dict[str, int] | None]] = defaultdict(dict)
        self.quotes: dict[tuple[int, int], _Quotes] = {}
        self.days: dict[tuple[int, int, int], tuple[int, int]] = {}
        self.faults: list[str] = []

    def apply(self, dated: Dated) -> None:
        handler = getattr(self, f"_on_{dated.event.name}", None)
        if handler:
            args = dated.event.args
            handler((args["market"], args["participant"]), args, dated.time)

    def _on_MarketMakerAppointed(self, key: tuple[int, int], a: dict[str, Any], _t: int) -> None:
        given = a["duties"]
        names = ("maximumSpread", "minimumLots", "presencePpm", "fromDay", "untilDay")
        self.duties[key][given.fromDay] = {name: getattr(given, name) for name in names}

    def _on_MarketMakerDismissed(self, key: tuple[int, int], a: dict[str, Any], _t: int) -> None:
        self.duties[key][a["fromDay"]] = None

    def _on_QuotesPresented(self, key: tuple[int, int], a: dict[str, Any], time: int) -> None:
        self.quotes[key] = _Quotes(a["bid"], a["ask"], time, time)

    def _on_QuotesEnded(self, key: tuple[int, int], _a: dict[str, Any], _t: int) -> None:
        if self.quotes.pop(key, None) is None:
            self.faults.append(f"orders of {key[1]} in market {key[0]} ended that were not there")

    def _on_PresenceCounted(self, key: tuple[int, int], a: dict[str, Any], time: int) -> None:
        """Nobody was there for longer than since the orders were presented, nor beyond the sessions."""
        day = (*key, a["day"])
        added = a["presentSeconds"] - self.days.get(day, (0, 0))[0]
        self.days[day] = (a["presentSeconds"], a["sessionSeconds"])
        quotes = self.quotes.get(key)
        if quotes is not None:
            quotes.counted += added
            quotes.looked_at = time
        if (
            quotes is None
            or added < 0
            or quotes.counted > time - quotes.presented
            or a["presentSeconds"] > a["sessionSeconds"]
        ):
            self.faults.append(f"presence of {key[1]} in market {key[0]} on day {a['day']}")

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "acts that no rule allows", [], self.faults)

    def duty_on(self, key: tuple[int, int], day: int) -> dict[str, int] | None:
        """What was due on a day."""
        begun = [first for first in self.duties.get(key, {}) if first <= day]
        found = self.duties[key][max(begun)] if begun else None
        return None if found is None or 0 < found["untilDay"] < day else found

    def checks(self) -> Iterator[Check]:
        for (market, who, day), (present, session) in sorted(self.days.items()):
            duty = self.duty_on((market, who), day)
            met = duty is not None and present * PPM >= duty["presencePpm"] * session > 0
            expected = {"presentSeconds": present, "sessionSeconds": session, "met": met}
            about = f"presence of {who} in market {market} on day {day}"
            yield Check(self.contract, "dutyOf", (market, who, day), expected, about)
        for (market, who), quotes in sorted(self.quotes.items()):
            about = f"orders presented by {who} in market {market}"
            found = [quotes.bid, quotes.ask, quotes.looked_at]
            yield Check(self.contract, "quotesOf", (market, who), found, about)
