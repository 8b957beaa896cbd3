"""Ends the remaining units of an invalid batch: in ledger, open orders and wallets.

Any account may, once the batch is declared invalid; holders are read from the events.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tonne.chain.client import Call, Chain
from tonne.crypto.accounts import Account
from tonne.errors import refused
from tonne.types import unit_id
from tonne.types.ids import UnitId

#: Owners and holders that one call takes.
OWNERS: Final = 50
HOLDERS: Final = 50

INVALID: Final = 3  # `BatchStatus` of IOffsetCredits


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds some of a batch, and how much [t]."""

    ledger: dict[int, int]  # lots by participant
    wallets: dict[str, int]  # units by address


def held(chain: Chain, unit: int, first_block: int) -> Held:
    """Everybody who holds units of the batch now. Lots in custody accounts are still their owners', who have
    them back when a pledge or an auction ends: they are cleared then."""
    ledger: dict[int, int] = {}
    market = chain.call("Exchange", "marketOf", unit)
    if market:
        owners = [e["id"] for e in chain.logs("Participants", "ParticipantApproved", first_block)]
        accounts = chain.call_many(("Exchange", "account", (owner, market)) for owner in owners)
        ledger = {o: account.lots for o, account in zip(owners, accounts) if account.lots}
    venue = chain["Exchange"].address.lower()
    wallets = [w for w in _receivers(chain, unit, first_block) if w.lower() != venue]
    balances = chain.call_many(("OffsetCredits", "balanceOf", (w, unit)) for w in wallets)
    return Held(ledger, {w: amount for w, amount in zip(wallets, balances) if amount})


def clear(chain: Chain, unit: UnitId, found: Held, sender: Account) -> None:
    """Ends every unit of the batch that was found."""
    status = (
        chain.call("OffsetCredits", "batch", unit).status
        if unit_id.class_of(unit) == unit_id.OFFSET_CREDIT
        else None
    )
    if status != INVALID:
        raise refused("INVALID_NOT_DECLARED", unit=hex(unit))
    chain.send_many(
        [
            Call(sender, chain[contract], "clearInvalidated", (unit, part))
            for contract, items, size in (
                ("RetirementRegistry", list(found.ledger), OWNERS),
                ("OffsetCredits", list(found.wallets), HOLDERS),
            )
            for part in _parts(items, size)
        ]
    )


def _receivers(chain: Chain, unit: int, first_block: int) -> list[str]:
    """Every wallet that ever got units of the batch."""
    moved = [
        *chain.logs("OffsetCredits", "TransferSingle", first_block),
        *chain.logs("OffsetCredits", "TransferBatch", first_block),
    ]
    of_unit = [e for e in moved if unit in (e.args.get("id"), *e.args.get("ids", ()))]
    return list(dict.fromkeys(e["to"] for e in of_unit if int(e["to"], 16)))


def _parts(items: Sequence[object], size: int) -> Iterator[Sequence[object]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
