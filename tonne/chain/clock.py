"""Chain time, the only clock: read, shown in the scheme's zone, and moved on test chains."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.constants import DAY_S, HOUR_S
from tonne.crypto.accounts import Account
from tonne.errors import refused

#: Opens days that no account has opened yet.
CLERK: Final = ("tonne", "clerk")

_SPAN = re.compile(r"^\+(\d+)([smhdw])$")
_HOUR: Final = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")
_SECONDS: Final = {"s": 1, "m": 60, "h": HOUR_S, "d": DAY_S, "w": 604_800}
_FORMS: Final = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M")


def zone_of(chain: Chain, scheme: int) -> timezone:
    """The scheme's zone."""
    (info,) = chain.call_many([("Schemes", "schemeInfo", (scheme,))])
    return timezone(timedelta(seconds=info.utcOffset))


def shown(moment: int, zone: timezone) -> str:
    """A moment as people of the scheme write it."""
    local = datetime.fromtimestamp(moment, UTC).astimezone(zone)
    return f"{local:%a %Y-%m-%d %H:%M:%S} ({zone})"


def parse(text: str, now: int, zone: timezone) -> int:
    """A moment from a local date, with or without a time, unix seconds, a span such as `+3d`, or a time of
    day, whose next occurrence it is."""
    span = _SPAN.match(text)
    if span:
        return now + int(span[1]) * _SECONDS[span[2]]
    if text.isdigit() and len(text) >= 9:
        return int(text)
    if hour := _HOUR.match(text):
        today = datetime.fromtimestamp(now, zone)
        moment = today.replace(hour=int(hour[1]), minute=int(hour[2]), second=0, microsecond=0)
        return int(moment.timestamp()) + (DAY_S if moment <= today else 0)
    for form in (*_FORMS, "%Y-%m-%d"):
        try:
            local = datetime.strptime(text, form)
        except ValueError:
            continue
        return int(local.replace(tzinfo=zone).timestamp())
    raise refused("CLOCK_UNREADABLE", time=text)


def next_session(chain: Chain, market: int) -> int:
    """Moves a test chain into the next trading session of a market and opens its day.

    Does nothing while the market is open. Returns the moment the chain is at.
    """
    day = chain.call("ExchangeLens", "market", market)
    if day.open:
        return chain.now()
    opens = chain.call("ExchangeLens", "nextSession", market)
    if opens == 0:
        raise refused("CLOCK_NO_SESSION", market=market)
    if opens > chain.now():
        chain.set_time(opens)
    open_day(chain, market)
    return chain.now()


def open_day(chain: Chain, market: int, sender: Account | None = None) -> bool:
    """Opens the market's local day if it is not open; returns whether it did."""
    sender = sender or Account.from_seed(*CLERK)
    receipt = chain.send(sender, "Exchange", "openDay", market, check=False)
    if receipt.ok:
        return True
    if receipt.error is not None and "AlreadyOpen" in receipt.error.revert.name:
        return False
    raise receipt.error or refused("CLOCK_NOT_OPENED")


def speak(chain: Chain, zone: timezone) -> None:
    """Teaches the chain's errors to give times in the scheme's zone."""

    def closed(args: dict[str, Any]) -> str:
        opens = args.get("opensAt", 0)
        if opens == 0:
            return "The market is closed, and the calendar lists no further trading day."
        return f"The market is closed; it opens {shown(opens, zone)}."

    chain.errors.sentences["ExchangeMarketClosed"] = closed
    chain.errors.moment = lambda moment: shown(moment, zone)
