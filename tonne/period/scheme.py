"""Step 1: a rule pack becomes the rules on chain; offices, registrar, treasury and oracle follow."""

from __future__ import annotations

from collections.abc import Callable

from tonne.period.world import ITEMS, World
from tonne.signing import keccak

#: Every power of {Powers}.
ALL_POWERS = 2047
DISPUTE = 512
MARKET = 16


def set_up(world: World, packed: Callable[[], bytes]) -> None:
    """Creates the scheme, gives it its numbers, and ends set-up: from then on notice binds."""
    pack, number = world.pack, world.scheme
    bureau = world.officers.bureau
    scheme = pack.scheme
    world.send(
        bureau,
        "Schemes",
        "createScheme",
        number,
        scheme.title,
        scheme.utc_offset_s,
        scheme.notice_days.value,
        keccak(packed()),
    )
    rows = [
        (keccak(p.key.encode()), p.key, p.from_day, p.value, p.source_hash)
        for p in pack.onchain_params()
    ]
    world.in_batches(bureau, "Schemes", "setParams", rows, lambda part: (number, list(part)), ITEMS)
    for name in pack.periods:
        period = pack.period(name)
        world.send(bureau, "Schemes", "setPeriod", number, period.number, period.onchain)
    for year in pack.calendars:
        first, words = pack.trading_day_words(year)
        world.send(bureau, "Schemes", "setTradingDays", number, first, words)
    grants = (
        (bureau, ALL_POWERS),
        (world.officers.second, DISPUTE),
        (world.officers.operator, MARKET),
    )
    for officer, powers in grants:
        world.send(bureau, "Schemes", "grantOffice", officer, number, 0, powers)
    world.send(bureau, "Schemes", "activate", number)
    world.send(bureau, "Participants", "setRegistrar", bureau, 0, True)
    world.send(
        bureau,
        "Compliance",
        "setTreasury",
        number,
        world.chain["SettlementCurrency"],
        world.officers.treasury,
    )
    world.facts["unapplied rules"] = [(u.rule, u.reason) for u in pack.unapplied()]
