"""References of 32 bytes that exits, issues and settlements carry: to an obligation, a link, a bid …

Those of the compliance contracts are `kind | scheme 16 | period or vintage 16 | party 32`; each kind has a
mark of its own above, so that no reference of one is one of another.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tonne.types.ids import AuctionId, InstallationId, ParticipantId, PeriodId, SchemeId
from tonne.types.packing import Layout

OBLIGATION, BANKING, LINK, AUCTION_SHARE, RUNNING = range(5)

_REF: Final = Layout(party=32, period=16, scheme=16, kind=192)
_BID: Final = Layout(bid=32, auction=32)


class Reference(NamedTuple):
    """A reference of a compliance contract."""

    kind: int
    scheme: SchemeId
    period: int  # compliance period; the later vintage of a banking
    party: int  # installation; participant of a banking, seller of an auction

    def pack(self) -> bytes:
        return _REF.pack(**self._asdict()).to_bytes(32, "big")

    @classmethod
    def unpack(cls, ref: bytes) -> Reference:
        party, period, scheme, kind = _REF.unpack(int.from_bytes(ref, "big")).values()
        return cls(kind, SchemeId(scheme), period, party)


def obligation(scheme: SchemeId, period: PeriodId, installation: InstallationId) -> bytes:
    """Of a surrender against an obligation."""
    return Reference(OBLIGATION, scheme, period, installation).pack()


def banking(scheme: SchemeId, into: int, participant: ParticipantId) -> bytes:
    """Of allowances that became those of a later vintage."""
    return Reference(BANKING, scheme, into, participant).pack()


def link(scheme: SchemeId, period: PeriodId, installation: InstallationId) -> bytes:
    """Of another scheme's units, recognised against an obligation."""
    return Reference(LINK, scheme, period, installation).pack()


def auction_share(scheme: SchemeId, seller: ParticipantId) -> bytes:
    """Of allowances that were issued to be auctioned."""
    return Reference(AUCTION_SHARE, scheme, 0, seller).pack()


def running(scheme: SchemeId, period: PeriodId, installation: InstallationId) -> bytes:
    """Of a surrender to an account of running totals."""
    return Reference(RUNNING, scheme, period, installation).pack()


def bid(auction: AuctionId, number: int) -> bytes:
    """Of what moves for a bid of an auction; number 0 for the auction itself."""
    return _BID.pack(auction=auction, bid=number).to_bytes(32, "big")
