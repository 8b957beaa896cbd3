"""What `tonne position` adds by the rule pack: expected gap, what can be banked, what waiting costs."""

from __future__ import annotations

from typing import Any

from tonne import engine, setup
from tonne.cli.common import Desk, cents
from tonne.engine import Output
from tonne.errors import TonneError
from tonne.rulepack import RulePack
from tonne.signing import keccak

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
    return sum(h["wallets"] + h["exchange"] for h in held if h["unit"] >> 96 == setup.ALLOWANCE)


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


def expect(
    desk: Desk, pack: RulePack | None, scheme: int, plant: dict[str, Any], held: int, price: int
) -> dict[str, Any] | None:
    """A plant's expected gap and the cost of waiting [0.01 currency]; None where the pack does not say.

    `price` [0.01 currency]: the last one.
    """
    found = _gap(desk, pack, scheme, plant, held)
    if pack is None or found is None:
        return None
    now, cost = desk.chain.now(), None
    if now <= plant["deadline"]:
        today, deadline = pack.local_day(now), pack.local_day(plant["deadline"])
        cost = engine.waiting(pack, found.gap, price, today, deadline)
    return {
        "allocation": found.allocation,
        "gap": found.gap,
        "low": found.low,
        "high": found.high,
        "waiting": None
        if cost is None
        else {
            "now": cents(cost.now),
            "nextDayAtMost": cents(cost.next_day),
            "short": [cents(cost.short_min), cents(cost.short_max)],
        },
    }


def _gap(
    desk: Desk, pack: RulePack | None, scheme: int, plant: dict[str, Any], held: int
) -> engine.Outlook | None:
    if plant["assessed"]:
        gap = plant["open"] - held
        return engine.Outlook(plant["allocated"], gap, gap, gap)
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
            pack, names.get(number), outputs, emissions, held, plant["allocated"], plant["debt"],
            plant["surrendered"],
        )  # fmt: skip
    except TonneError:
        return None  # the pack has no benchmark of that year


def lines(plant: dict[str, Any]) -> list[str]:
    """The same in words."""
    found = plant["expected"]
    if found is None:
        return []
    told = []
    if not plant["assessed"]:
        told.append(
            f"Expected, once its allocation of {found['allocation']:,} t is final:"
            f" {_amount(found['gap'])}, between {_amount(found['low'])} and {_amount(found['high'])}"
            " as verification may move its emissions."
        )
    if cost := found["waiting"]:
        low, high = cost["short"]
        told.append(
            f"Closing the gap costs {cost['now']} at the last price, at most {cost['nextDayAtMost']}"
            f" on the next day; not closing it {low} to {high}, with what comes off later."
        )
    return told


def _amount(gap: int) -> str:
    return f"{gap:,} t missing" if gap > 0 else f"{-gap:,} t to spare"
