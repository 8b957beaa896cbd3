"""What `tonne position` adds by the rule pack: expected gap, what can be banked, what waiting costs."""

from __future__ import annotations

from typing import Any

from tonne.cli.core.session import Desk, cents
from tonne.crypto.accounts import keccak
from tonne.deployment import scheme_setup
from tonne.errors import TonneError
from tonne.rules import engine
from tonne.rules.engine import Output
from tonne.rules.pack import RulePack

MASK = (1 << 40) - 1
UNLIMITED = 2**256 - 1


def banking_vintage(desk: Desk, scheme: int) -> int:
    """The vintage that allowances can be turned into today; 0 where there is none."""
    now = desk.chain.now()
    keys = [keccak(text.encode()) for text in ("banking.allowed", "banking.into_vintage")]
    allowed, into = (desk.chain.call("Schemes", "paramOr", scheme, text, now, 0) for text in keys)
    return into if allowed == 1 else 0


def bankable(
    desk: Desk, scheme: int, participant: int, held: list[dict[str, Any]], owed: int
) -> dict[str, int]:
    """How much of what is held beyond what is owed can be carried over today, and into which vintage [t]."""
    into = banking_vintage(desk, scheme)
    room = desk.chain.call("Banking", "roomOf", scheme, participant) if into else 0
    own = [h for h in held if h["unit"] >> 80 & 0xFFFF == scheme]
    older = [h for h in own if h["unit"] >> 64 & 0xFFFF < into]
    spare = max(0, allowances(own) - owed)
    return {"into": into, "amount": min(spare, allowances(older), room)}


def allowances(held: list[dict[str, Any]]) -> int:
    """All allowances among what is held [t]."""
    return sum(
        h["wallets"] + h["exchange"] for h in held if h["unit"] >> 96 == scheme_setup.ALLOWANCE
    )


def chosen(plants: list[int], plant: int | None) -> list[int]:
    """The plants asked for: all of a participant's, or one that must be among them."""
    if plant is None:
        return plants
    if plant not in plants:
        raise TonneError(
            "POSITION_NOT_YOURS",
            f"Plant {plant} is not one of yours.",
            "plant",
            plant,
            f"Yours: {', '.join(map(str, plants)) or 'none'}.",
        )
    return [plant]


def expect(desk: Desk, pack: RulePack | None, plant: dict[str, Any]) -> dict[str, int] | None:
    """What a plant will still need of its firm's allowances; None where nothing is known."""
    found = _needs(desk, pack, plant)
    if found is None:
        return None
    allocation, needs, low, high = found.allocation, found.gap, found.low, found.high
    return {"allocation": allocation, "needs": needs, "low": low, "high": high}


def firm(
    desk: Desk, pack: RulePack | None, plants: list[dict[str, Any]], held: int, price: int
) -> dict[str, Any] | None:
    """The gap of all plants together, against what the firm holds once [t]; what waiting costs.

    `price` [0.01 currency]: the last one. None where nothing is known of any plant.
    """
    known = [plant["expected"] for plant in plants if plant["expected"] is not None]
    if not known:
        return None
    gap, low, high = (sum(e[part] for e in known) - held for part in ("needs", "low", "high"))
    return {
        "gap": gap,
        "low": low,
        "high": high,
        "unknown": [plant["plant"] for plant in plants if plant["expected"] is None],
        "waiting": _waiting(desk, pack, plants, gap, price),
    }


def _waiting(
    desk: Desk, pack: RulePack | None, plants: list[dict[str, Any]], gap: int, price: int
) -> dict[str, Any] | None:
    """The least is to leave one plant short of all, the most each of what it needs."""
    now, deadline = desk.chain.now(), plants[0]["deadline"]
    if pack is None or now > deadline:
        return None
    days = (pack.local_day(now), pack.local_day(deadline))
    cost = engine.waiting(pack, gap, price, *days)
    if cost is None:
        return None
    spread = [engine.waiting(pack, part, price, *days) for part in _parts(plants, gap)]
    return {
        "now": cents(cost.now),
        "nextDayAtMost": cents(cost.next_day),
        "short": [cents(cost.short_min), cents(sum(c.short_max for c in spread if c))],
    }


def _parts(plants: list[dict[str, Any]], gap: int) -> list[int]:
    """The gap over as many plants as can be short of it: a tonne each, the rest to the first that need it."""
    needs = [p["expected"]["needs"] for p in plants if p["expected"] is not None]
    most = sorted((need for need in needs if need > 0), reverse=True)[:gap]
    parts, left = [], gap - len(most)
    for need in most:
        more = min(need - 1, left)
        parts.append(1 + more)
        left -= more
    return parts


def _needs(desk: Desk, pack: RulePack | None, plant: dict[str, Any]) -> engine.Outlook | None:
    if plant["assessed"]:
        needs = plant["open"]
        return engine.Outlook(plant["allocated"], needs, needs, needs)
    if pack is None:
        return None
    outputs, emissions = {}, 0
    for year in plant["years"]:
        record = desk.chain.call("EmissionsOracle", "record", plant["plant"], year)
        if not record:
            return None  # nothing is reported yet
        outputs[year] = Output(record >> 40 & MASK, record >> 80 & MASK)
        emissions += record & MASK
    number = desk.chain.call("Participants", "installation", plant["plant"]) >> 56 & 0xFF
    names = {info.number: name for name, info in pack.classes.items()}
    try:
        return engine.outlook(
            pack, names.get(number), outputs, emissions, 0, plant["allocated"], plant["debt"],
            plant["surrendered"],
        )  # fmt: skip
    except TonneError:
        return None  # the pack has no benchmark of that year


def lines(plant: dict[str, Any]) -> list[str]:
    """What a plant is expected to need, in words."""
    found = plant["expected"]
    if found is None or plant["assessed"]:
        return []
    return [
        f"Expected, once its allocation of {found['allocation']:,} t is final: it needs"
        f" {found['needs']:,} t of yours, between {found['low']:,} and {found['high']:,} t as"
        " verification may move its emissions."
    ]


def firm_lines(told: dict[str, Any]) -> list[str]:
    """What to expect of all plants together, in words."""
    found = told["expected"]
    if found is None:
        return []
    words = []
    if (found["low"], found["high"]) != (told["missing"], told["missing"]):
        words.append(
            f"Expected in all, with the {told['allowances']:,} t you hold: {_amount(found['gap'])},"
            f" between {_amount(found['low'])} and {_amount(found['high'])}."
        )
    if found["unknown"]:
        which = ", ".join(map(str, found["unknown"]))
        words.append(f"Left out, for nothing is known of what they will need: plants {which}.")
    if cost := found["waiting"]:
        low, high = cost["short"]
        currency = f" {told['currency']}".rstrip()
        words.append(
            f"Closing the gap costs {cost['now']}{currency} at the last price, at most"
            f" {cost['nextDayAtMost']} on the next day; not closing it {low} to {high}, with what is"
            " still to be given up, or comes off later."
        )
    return words


def _amount(gap: int) -> str:
    return f"{gap:,} t missing" if gap > 0 else f"{-gap:,} t to spare"
