"""Replay of MarketMakers: duties, orders presented, and the seconds counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.constants import PPM


@dataclass(slots=True)
class _Quotes:
    """The two orders that are measured."""

    bid: int
    ask: int
    presented: int  # [s]
    looked_at: int  # [s]
    counted: int = 0  # [s]


#: Market and participant.
Maker = tuple[int, int]


class MarketMakersReplay(ContractReplay):
    """Duties of market makers, the orders they presented, and the seconds counted."""

    contract = "MarketMakers"

    def __init__(self) -> None:
        super().__init__()
        #: Duties by first day; None where they end.
        self.duties: dict[Maker, dict[int, dict[str, int] | None]] = defaultdict(dict)
        self.quotes: dict[Maker, _Quotes] = {}
        #: Seconds present and seconds of sessions, by maker and day.
        self.days: dict[tuple[int, int, int], tuple[int, int]] = {}

    def _on_MarketMakerAppointed(self, a: Args, _: Dated) -> None:
        given = a["duties"]
        names = ("maximumSpread", "minimumLots", "presencePpm", "fromDay", "untilDay")
        self._order(a, given.fromDay, {name: getattr(given, name) for name in names})

    def _on_MarketMakerDismissed(self, a: Args, _: Dated) -> None:
        self._order(a, a["fromDay"], None)

    def _order(self, a: Args, day: int, duties: dict[str, int] | None) -> None:
        """Replaces what was ordered for that day or later."""
        ordered = self.duties[_maker(a)]
        for later in [first for first in ordered if first >= day]:
            del ordered[later]
        ordered[day] = duties

    def _on_QuotesPresented(self, a: Args, at: Dated) -> None:
        self.quotes[_maker(a)] = _Quotes(a["bid"], a["ask"], at.time, at.time)

    def _on_QuotesEnded(self, a: Args, _: Dated) -> None:
        market, who = _maker(a)
        presented = self.quotes.pop((market, who), None) is not None
        self._require(
            presented, f"orders of {who} in market {market} ended that were not presented"
        )

    def _on_PresenceCounted(self, a: Args, at: Dated) -> None:
        """No longer than since the orders were presented, nor beyond the sessions."""
        key = _maker(a)
        day = (*key, a["day"])
        added = a["presentSeconds"] - self.days.get(day, (0, 0))[0]
        self.days[day] = (a["presentSeconds"], a["sessionSeconds"])
        quotes = self.quotes.get(key)
        if quotes is not None:
            quotes.counted += added
            quotes.looked_at = at.time
        possible = quotes is not None and quotes.counted <= at.time - quotes.presented
        right = possible and added >= 0 and a["presentSeconds"] <= a["sessionSeconds"]
        self._require(right, f"presence of {key[1]} in market {key[0]} on day {a['day']}")

    def duty_on(self, key: Maker, day: int) -> dict[str, int] | None:
        """Duties on a day; None without any."""
        begun = [first for first in self.duties.get(key, {}) if first <= day]
        found = self.duties[key][max(begun)] if begun else None
        return None if found is None or 0 < found["untilDay"] < day else found

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
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


def _maker(a: Args) -> Maker:
    return a["market"], a["participant"]
