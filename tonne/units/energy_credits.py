"""Energy credits as people speak of them: series by number, amounts in credits, and the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.errors import TonneError, refused
from tonne.types import unit_id
from tonne.types.ids import BatchId, UnitId

#: Micro-credits of a credit, and its decimals.
MICRO, DECIMALS = 1_000_000, 6

#: `CollateralKind` and `CreditUses` of IEnergyCredits, `ParticipantKinds` of IParticipants.
COLLATERAL: Final = ("none", "deposit", "revenue", "energy", "service")
USES: Final = {"transfer": 1, "power": 2, "bills": 4}
KINDS: Final = {
    "emitter": 1,
    "trader": 2,
    "verification-body": 4,
    "developer": 8,
    "authority": 16,
    "exchange-operator": 32,
}

#: Pledges that are looked at one by one.
MOST_PLEDGES: Final = 10_000

#: Ways out, by the numbers of `Exit` of IUnit1155.
REDEEMED, RECLAIMED, EXPIRED = 9, 4, 5


@dataclass(frozen=True, slots=True)
class SeriesLine:
    """One series in the report; amounts [micro-credit]."""

    series: int
    id: int
    issuer: int
    expiry: int  # [s]
    issued: int
    outstanding: int
    pledged: int  # part of the outstanding amount
    redeemed: int
    reclaimed: int
    expired: int
    limit: int
    collateral: int

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "id": hex(self.id)}


def bits(names: Sequence[str], known: dict[str, int], field: str) -> int:
    """The mask of some names."""
    wrong = [name for name in names if name not in known]
    if wrong:
        raise refused(
            "CREDIT_UNKNOWN_NAME", unknown_name=wrong[0], field=field, choices=", ".join(known)
        )
    return sum({known[name] for name in names})


def series_ids(chain: Chain, first_block: int = 0) -> list[int]:
    """The ids of all series, in the order of their numbers."""
    return [e["id"] for e in chain.logs("EnergyCredits", "SeriesOpened", first=first_block)]


def series_id(chain: Chain, number: int, first_block: int = 0) -> int:
    """The id of a series, by its number from 1."""
    known = series_ids(chain, first_block)
    if not 0 < number <= len(known):
        raise TonneError(
            "CREDIT_UNKNOWN_SERIES",
            f"There is no series {number} of energy credits.",
            field="series",
            value=number,
            remedy=f"Known: 1 to {len(known)}, see `tonne credit report`."
            if known
            else "None was opened yet: `tonne credit open --help`.",
        )
    return known[number - 1]


def series_to_pay(
    chain: Chain, wallet: str, amount: int, command: str, first_block: int = 0
) -> int:
    """The number of the one series for bills of which a wallet has so much [micro-credit] free; `command` is
    what names another, with {} in its place.

    CREDIT_SERIES_SHORT, CREDIT_SERIES_CHOICE where there is none, or are several.
    """
    now, found, most = chain.now(), [], 0
    for number, id_ in enumerate(series_ids(chain, first_block), 1):
        series, held, frozen = chain.call_many(
            [
                ("EnergyCredits", "seriesOf", (id_,)),
                ("EnergyCredits", "balanceOf", (wallet, id_)),
                ("EnergyCredits", "getFrozenTokens", (wallet, id_)),
            ]
        )
        if series.uses & USES["bills"] and now <= series.expiry:
            most = max(most, held - frozen)
            if held - frozen >= amount:
                found.append(number)
    if len(found) == 1:
        return found[0]
    if found:
        raise refused(
            "CREDIT_SERIES_CHOICE",
            series=", ".join(map(str, found)),
            advised_command=command.format(found[0]),
        )
    raise refused(
        "CREDIT_SERIES_SHORT", series=most, amount=credits(amount), most_free=credits(most)
    )


def holders(chain: Chain, series: int, first_block: int = 0) -> list[str]:
    """Every account that ever received some of a series and is no house."""
    to: dict[str, None] = {}
    for event in chain.logs("EnergyCredits", first=first_block):
        if event.name == "TransferSingle" and event["id"] == series:
            to[event["to"]] = None
        elif event.name == "TransferBatch" and series in event["ids"]:
            to[event["to"]] = None
    rights = chain.call_many(("EnergyCredits", "rightsOf", (who,)) for who in to)
    return [who for who, may in zip(to, rights, strict=True) if int(who, 16) and not may & 8]


def number_of(series: UnitId) -> BatchId:
    """The number of a series, by its id."""
    return unit_id.batch_of(series)


def open_pledges(chain: Chain) -> list[tuple[int, Any]]:
    """Number and pledge of all that something is left of."""
    count = chain.call("CreditPledges", "count")
    if count > MOST_PLEDGES:
        raise refused("CREDIT_TOO_MANY_PLEDGES", count=count)
    numbers = range(1, count + 1)
    found = chain.call_many(("CreditPledges", "pledgeOf", (n,)) for n in numbers)
    return [(n, p) for n, p in zip(numbers, found, strict=True) if p.amount]


def report(chain: Chain, first_block: int = 0) -> list[SeriesLine]:
    """What became of each series."""
    lines = []
    for number, id_ in enumerate(series_ids(chain, first_block), 1):
        issued, pledged, redeemed, reclaimed, expired = chain.call_many(
            [
                ("EnergyCredits", "issuedOf", (id_,)),
                ("EnergyCredits", "balanceOf", (chain["CreditPledges"], id_)),
                *(
                    ("EnergyCredits", "exitedOf", (id_, kind))
                    for kind in (REDEEMED, RECLAIMED, EXPIRED)
                ),
            ]
        )
        s = chain.call("EnergyCredits", "seriesOf", id_)
        lines.append(
            SeriesLine(
                number,
                id_,
                s.issuer,
                s.expiry,
                issued,
                s.outstanding,
                pledged,
                redeemed,
                reclaimed,
                expired,
                s.limit,
                s.collateral,
            )
        )
    return lines


def credits(amount: int) -> str:
    """[micro-credit] as people write it: in credits, without zeros at the end."""
    whole, part = divmod(amount, MICRO)
    fine = f"{part:06}".rstrip("0")
    return f"{whole:,}.{fine}" if fine else f"{whole:,}"
