"""Outlook of a position by the rule pack: expected gap, bankable units, cost of waiting."""

from __future__ import annotations

from typing import Any

from tonne.cli.core.output import cents
from tonne.cli.core.session import Session, text_hash
from tonne.errors import TonneError, refused
from tonne.evidence.report_encoding import ReportRecord
from tonne.rules import engine
from tonne.rules.engine import Output
from tonne.rules.pack import RulePack
from tonne.types import unit_id
from tonne.types.installation_word import InstallationWord

UNLIMITED = 2**256 - 1


def banking_vintage(session: Session, scheme: int) -> int:
    """Vintage into which allowances can be banked today; 0 if none."""
    now = session.chain.now()
    keys = [text_hash(text) for text in ("banking.allowed", "banking.into_vintage")]
    allowed, into = (
        session.chain.call("Schemes", "paramOr", scheme, text, now, 0) for text in keys
    )
    return into if allowed == 1 else 0


def bankable(
    session: Session, scheme: int, participant: int, held: list[dict[str, Any]], owed: int
) -> dict[str, int]:
    """Surplus allowances that can be banked today [t], and the vintage they become."""
    into = banking_vintage(session, scheme)
    room = session.chain.call("Banking", "roomOf", scheme, participant) if into else 0
    own = [h for h in held if unit_id.scheme_of(h["unit"]) == scheme]
    older = [h for h in own if unit_id.vintage_of(h["unit"]) < into]
    spare = max(0, allowances(own) - owed)
    return {"into": into, "amount": min(spare, allowances(older), room)}


def allowances(held: list[dict[str, Any]]) -> int:
    """Allowances among the holdings [t]."""
    return sum(
        h["wallets"] + h["exchange"]
        for h in held
        if unit_id.class_of(h["unit"]) == unit_id.ALLOWANCE
    )


def chosen(plants: list[int], plant: int | None) -> list[int]:
    """All of a participant's plants, or the given one; raises POSITION_NOT_YOURS."""
    if plant is None:
        return plants
    if plant not in plants:
        raise refused(
            "POSITION_NOT_YOURS", plant=plant, plants=", ".join(map(str, plants)) or "none"
        )
    return [plant]


def expect(session: Session, pack: RulePack | None, plant: dict[str, Any]) -> dict[str, int] | None:
    """Allowances that a plant will still need [t]; None where nothing is known."""
    found = _needs(session, pack, plant)
    if found is None:
        return None
    allocation, needs, low, high = found.allocation, found.gap, found.low, found.high
    return {"allocation": allocation, "needs": needs, "low": low, "high": high}


def firm(
    session: Session, pack: RulePack | None, plants: list[dict[str, Any]], held: int, price: int
) -> dict[str, Any] | None:
    """Gap of all plants against the firm's allowances, counted once [t], and the cost of waiting.

    `price` is the last one [0.01 currency]. None where nothing is known of any plant.
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
        "waiting": _waiting(session, pack, plants, gap, price),
    }


def _waiting(
    session: Session, pack: RulePack | None, plants: list[dict[str, Any]], gap: int, price: int
) -> dict[str, Any] | None:
    """Cost of closing the gap and of staying short: with one plant short at least, with each at most."""
    now, deadline = session.chain.now(), plants[0]["deadline"]
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
    """The gap spread over as many plants as possible: a tonne each, the rest to the neediest."""
    needs = [p["expected"]["needs"] for p in plants if p["expected"] is not None]
    most = sorted((need for need in needs if need > 0), reverse=True)[:gap]
    parts, left = [], gap - len(most)
    for need in most:
        more = min(need - 1, left)
        parts.append(1 + more)
        left -= more
    return parts


def _needs(session: Session, pack: RulePack | None, plant: dict[str, Any]) -> engine.Outlook | None:
    if plant["assessed"]:
        needs = plant["open"]
        return engine.Outlook(plant["allocated"], needs, needs, needs)
    if pack is None:
        return None
    outputs, emissions = {}, 0
    for year in plant["years"]:
        word = session.chain.call("EmissionsOracle", "record", plant["plant"], year)
        if not word:
            return None  # nothing is reported yet
        record = ReportRecord.unpack(word)
        outputs[year] = Output(record.power_mwh, record.heat_gj)
        emissions += record.emissions_t
    word = session.chain.call("Participants", "installation", plant["plant"])
    number = InstallationWord.unpack(word).benchmark_class
    names = {info.number: name for name, info in pack.classes.items()}
    try:
        return engine.outlook(
            pack, names.get(number), outputs, emissions, 0, plant["allocated"], plant["debt"],
            plant["surrendered"],
        )  # fmt: skip
    except TonneError:
        return None  # the pack has no benchmark of that year


def lines(plant: dict[str, Any]) -> list[str]:
    """Expected need of a plant, as text."""
    found = plant["expected"]
    if found is None or plant["assessed"]:
        return []
    return [
        f"Expected, once its allocation of {found['allocation']:,} t is final: it needs"
        f" {found['needs']:,} t of yours, between {found['low']:,} and {found['high']:,} t as"
        " verification may move its emissions."
    ]


def firm_lines(told: dict[str, Any]) -> list[str]:
    """Outlook of all plants, as text."""
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
        words.append(f"Left out, their need being unknown: plants {which}.")
    if cost := found["waiting"]:
        low, high = cost["short"]
        currency = f" {told['currency']}".rstrip()
        words.append(
            f"Closing the gap costs {cost['now']}{currency} at the last price, at most"
            f" {cost['nextDayAtMost']} on the next day; not closing it {low} to {high}, units due"
            " later included."
        )
    return words


def _amount(gap: int) -> str:
    return f"{gap:,} t missing" if gap > 0 else f"{-gap:,} t to spare"
