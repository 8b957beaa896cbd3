"""Disclosure of a scheme on a chain, for the columns in which schemes are compared."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.constants import HOUR_S
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError
from tonne.rules.disclosure import TOPICS, text_of
from tonne.rules.pack import NO_VALUE, RulePack
from tonne.rules.pack.key_spec import OF_YEARS, Spec
from tonne.rules.pack.keys import spec_of
from tonne.types.packing import has_bit

#: Keys of the columns that no contract keeps under a name of its own, but tells otherwise.
CAP, FREE, AUCTIONED, PERIOD = (
    "cap.amount",
    "allocation.free_share",
    "allocation.auction_share",
    "period",
)
_SHARE: Final = Decimal("0.0001")


def read(chain: Chain, pack: RulePack, day: date, of_acts: date | None = None) -> dict[str, str]:
    """Texts by key of what the chain says of a pack's scheme; empty where it is not set up there.

    `day`: for what holds for reporting years, whose vintage is the day's year. `of_acts`: for what holds on
    the day of an act, where that is another one.
    """
    number = pack.scheme.number
    try:
        info = chain.call("Schemes", "schemeInfo", number)
    except TonneError:
        return {}
    if not info.createdAt:
        return {}
    keys = [key for columns in TOPICS.values() for _, key in columns]
    found = _params(chain, pack, keys, day, of_acts or day)
    found |= _disclosed(chain, pack, day.year)
    deadline = _deadline(chain, pack, day.year)
    return found | ({PERIOD: deadline} if deadline else {})


def _params(
    chain: Chain, pack: RulePack, keys: Iterable[str], day: date, of_acts: date
) -> dict[str, str]:
    """Values that Schemes keeps by name."""
    asked: list[tuple[str, Spec, int]] = []
    for key in keys:
        spec = spec_of(key) if "." in key else None
        if spec is not None and spec.chain_key is not None:
            held = day if key.partition(".")[0] in OF_YEARS else of_acts
            asked.append((key, spec, pack.start_of(held) + 12 * HOUR_S))
    answers = chain.call_many(
        ("Schemes", "paramOr", (pack.scheme.number, keccak(str(spec.chain_key).encode()), time, NO_VALUE))
        for _, spec, time in asked
    )  # fmt: skip
    return {
        key: _written(pack, spec, value)
        for (key, spec, _), value in zip(asked, answers, strict=True)
        if value != NO_VALUE
    }


def _disclosed(chain: Chain, pack: RulePack, vintage: int) -> dict[str, str]:
    """Cap and shares of a vintage; of one that is not disclosed, its planned cap."""
    told = chain.call("Schemes", "disclosure", pack.scheme.number, vintage)
    unit = pack.scheme.measure
    if not told.disclosedAt:
        planned = chain.call("Schemes", "plannedCap", pack.scheme.number, vintage)
        return {CAP: text_of(planned.capT, unit)} if planned.publishedAt else {}

    def share(amount: int) -> str:
        return text_of((Decimal(amount) / told.capT).quantize(_SHARE), "share")

    return {CAP: text_of(told.capT, unit), FREE: share(told.freeT), AUCTIONED: share(told.auctionT)}


def _deadline(chain: Chain, pack: RulePack, year: int) -> str:
    """Day of surrender of the chain's period that a year belongs to, whether or not the pack has one; of
    several the one that covers the fewest years."""
    number = pack.scheme.number
    set_there = chain.logs("Schemes", "PeriodSet", topics=[f"0x{number:064x}"])
    spans: dict[int, Any] = {event["periodId"]: event["period"] for event in set_there}
    covering = [one for one in spans.values() if one.firstYear <= year <= one.lastYear]
    if not covering:
        return ""
    told = min(covering, key=lambda one: one.lastYear - one.firstYear)
    return str(pack.local_day(told.surrenderDeadline))


def _written(pack: RulePack, spec: Spec, value: int) -> str:
    """The chain's integer as people write the pack's value."""
    if spec.unit == "flag":
        return "yes" if value else "no"
    if spec.unit == "rule":
        return spec.words[value - 1].replace("_", " ")
    if spec.unit == "set":
        names = [word for place, word in enumerate(spec.words, 1) if has_bit(value, place)]
        return ", ".join(name.replace("_", " ") for name in names)
    unit = spec.unit.format(measure=pack.scheme.measure, currency=pack.scheme.currency)
    return text_of(Decimal(value) / spec.scale, unit)
