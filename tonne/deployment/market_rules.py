"""A market's rules as a rule pack has them for a day, and what of them stands otherwise on chain.

Rules that are sent are adopted by the next day that is opened. So a pack's rule for a later day is
sent on the eve of that day: `adopting_day` says which it is. A value that the pack lacks on a day stays as
it stands, and so do fees and the smallest order, which no pack has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, Final

from tonne.chain.client import Call, Chain
from tonne.crypto.accounts import Account
from tonne.errors import refused
from tonne.rules import engine
from tonne.rules.pack import RulePack, TradingSession, day_number
from tonne.types import unit_id
from tonne.types.ids import UnitId

CLOSE_RULES: Final = {"volume_weighted": 0, "last_price": 1}

#: Largest listed order where a scheme sets no other [lots].
NO_MAXIMUM: Final = 0xFFFFFFFF

#: Fields of `MarketRules`, what people call them, and the keys of a pack each is made of.
FIELDS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "bandPpm": ("band", ("market.band",)),
    "maximumLots": ("largest order", ("market.listed_max",)),
    "holdingLimit": ("holding limit", ("market.holding_limit", "market.holding_limit_base")),
    "sessions": ("sessions", ("market.sessions",)),
    "closeRule": ("close", ("market.close_rule",)),
    "takerLevels": ("prices an order may reach", ("market.taker_levels",)),
    "blockMinimumLots": ("smallest block", ("market.block_min",)),
    "blockBandPpm": ("band of blocks", ("market.block_band",)),
    "blockSession": ("session of blocks", ("market.block_sessions",)),
}  # fmt: skip

#: Defaults of a new market where the pack is silent.
AT_FIRST: Final[Mapping[str, Any]] = {
    "bandPpm": 0,
    "takerFeePpm": 0,
    "makerFeePpm": 0,
    "minimumLots": 1,
    "maximumLots": NO_MAXIMUM,
    "holdingLimit": 0,
    "sessions": [0, 0, 0, 0],
    "closeRule": CLOSE_RULES["volume_weighted"],
    "takerLevels": 0,
    "blockMinimumLots": 0,
    "blockBandPpm": 0,
    "blockSession": [0, 0],
}

#: 0.0001 of the currency, the ledger's unit, in 0.01 of it.
LEDGER_PER_CENT: Final = 100

#: Where a unit's id has its class and its vintage, see `contracts/types/UnitIdLib.sol`.

#: Days looked ahead for the next one that trades.
AHEAD: Final = 400


@dataclass(frozen=True, slots=True)
class Change:
    """One rule that the pack has otherwise than the chain."""

    field: str
    old: Any
    new: Any
    where: str  # file, line and source of the pack

    @property
    def name(self) -> str:
        return FIELDS[self.field][0]


@dataclass(frozen=True, slots=True)
class Update:
    """What one market has to take over for a day."""

    market: int
    day: date  # whose rules these are
    adopted: date  # the day that adopts a change sent now
    stands: Mapping[str, Any]
    changes: tuple[Change, ...]
    silent: tuple[str, ...]  # fields of which the pack knows nothing on that day

    @property
    def rules(self) -> dict[str, Any]:
        """All of the market's rules as they are to be."""
        return {**self.stands, **{change.field: change.new for change in self.changes}}


def known(pack: RulePack, day: date, budget: int = 0) -> dict[str, Any]:
    """The rules that the pack has for a local day, in the integers of the contracts.

    `budget` [t]: allowances issued in the year. A holding limit that is a share of it is not known
    without one.
    """
    market = pack.market_on(day)
    rules: dict[str, Any] = {"bandPpm": market.band_ppm, "sessions": quarters(market.sessions, 4)}
    if market.listed_max is not None:
        rules["maximumLots"] = market.listed_max // market.lot or NO_MAXIMUM
    if market.close_rule is not None:
        rules["closeRule"] = CLOSE_RULES[market.close_rule]
    if market.taker_levels is not None:
        rules["takerLevels"] = market.taker_levels
    if market.block_min is not None:
        rules["blockMinimumLots"] = -(-market.block_min // market.lot)
    if market.block_band_ppm is not None:
        rules["blockBandPpm"] = market.block_band_ppm
    if market.block_session is not None:
        rules["blockSession"] = quarters([market.block_session], 2)
    limit = engine.holding_rule(pack, day)
    if limit is not None and (budget or not limit.base):
        rules["holdingLimit"] = limit.limit(budget=budget) // market.lot
    return rules


def budget_of(chain: Chain, scheme: int, unit: UnitId) -> int:
    """Allowances issued in the year of a vintage, as disclosed [t]; 0 for any other unit."""
    if unit_id.class_of(unit) != unit_id.ALLOWANCE:
        return 0
    found: int = chain.call("Schemes", "disclosure", scheme, unit_id.vintage_of(unit)).capT
    return found


def quarters(sessions: Iterable[TradingSession], length: int) -> list[int]:
    """Opening and closing of sessions [quarter hours of the local day], zeros after the last."""
    found = [_quarter(edge) for s in sessions for edge in (s.opens, s.closes)]
    return [*found, *[0] * (length - len(found))]


def _quarter(clock: time) -> int:
    return clock.hour * 4 + clock.minute // 15


def standing(chain: Chain, market: int) -> dict[str, Any]:
    """The rules that the market's next day adopts, if nothing else is sent."""
    _, rules = chain.call("ExchangeLens", "marketConfig", market)
    return {field: _plain(getattr(rules, field)) for field in AT_FIRST}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else value


def update_of(
    chain: Chain, pack: RulePack, market: int, day: date | None = None, budget: int = 0
) -> Update:
    """Differences between a market and its pack on a local day; by default the day that adopts them.

    `budget` [t]: allowances issued in the year; by default the vintage's disclosure.
    """
    adopted = adopting_day(chain, pack, market)
    day = day or adopted
    stands = standing(chain, market)
    _check_fixed(chain, pack, market, day, stands)
    unit = chain.call("Exchange", "marketAssets", market).unit
    wanted = known(pack, day, budget or budget_of(chain, pack.scheme.number, unit))
    differing = [
        Change(field, stands[field], new, _where(pack, field, day))
        for field, new in wanted.items()
        if stands[field] != new
    ]
    silent = tuple(field for field in FIELDS if field not in wanted)
    return Update(market, day, adopted, stands, tuple(differing), silent)


def _where(pack: RulePack, field: str, day: date) -> str:
    return next((at for key in FIELDS[field][1] if (at := pack.where(key, day))), "")


def adopting_day(chain: Chain, pack: RulePack, market: int) -> date:
    """The local day that will adopt a change sent now: the first trading day that is not open yet."""
    state = chain.call("ExchangeLens", "market", market)
    day = pack.local_day(chain.now())
    if day_number(day) <= state.day:
        day += timedelta(days=1)
    for ahead in range(AHEAD):
        if pack.is_trading_day(day + timedelta(days=ahead)):
            return day + timedelta(days=ahead)
    raise refused("MARKET_NO_DAY", day=str(day), scheme_name=pack.scheme.name)


def markets_of(chain: Chain, scheme: int) -> list[int]:
    """The markets of a scheme."""
    every = range(1, chain.call("Exchange", "marketCount") + 1)
    assets = chain.call_many(("Exchange", "marketAssets", (market,)) for market in every)
    return [market for market, found in zip(every, assets, strict=True) if found.scheme == scheme]


def _check_fixed(
    chain: Chain, pack: RulePack, market: int, day: date, stands: Mapping[str, Any]
) -> None:
    """Refuses changes of rules that are fixed at a market's creation."""
    config, _ = chain.call("ExchangeLens", "marketConfig", market)
    rules = pack.market_on(day)
    fixed = (
        ("market.tick", config.tickSize, rules.tick_cents * LEDGER_PER_CENT),
        ("market.lot", config.lotSize, rules.lot),
        ("market.band", bool(stands["bandPpm"]), bool(rules.band_ppm)),
    )
    for key, made, wanted in fixed:
        if made != wanted:
            raise refused(
                "MARKET_FIXED",
                param=str(pack.param(key, day)),
                market=market,
                key=key,
                day=day,
                where=pack.where(key, day),
            )


def send(chain: Chain, officer: Account, updates: Iterable[Update]) -> list[str]:
    """Sends the rules of every market that has some to take over; returns the transactions.

    Refuses rules of a day that is not the one which adopts them: they would hold too early.
    """
    differing = [update for update in updates if update.changes]
    for update in differing:
        if update.day != update.adopted:
            raise refused(
                "MARKET_RULES_DAY",
                update_day=str(update.day),
                market=update.market,
                adopted=update.adopted,
            )
    calls = [
        Call(officer, chain["Exchange"], "setMarketRules", (update.market, update.rules))
        for update in differing
    ]
    return [receipt.hash for receipt in chain.send_many(calls)]
