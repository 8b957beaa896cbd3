"""What accounts of a node delivered in an interval: a position for each reading, then for those without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tonne.power.encoding import BID, OFFER
from tonne.power.losses import dealt
from tonne.power.settlement import Position

#: [Wh] accepted of bids, by (account, node, side).
Accepted = Mapping[tuple[int, int, int], int]


def metered_positions(
    node: int,
    accounts: Sequence[int],
    flows: Sequence[tuple[int, int]],
    charged_wh: int,
    taken: Accepted,
    traded: Mapping[int, int],
) -> list[Position]:
    """Positions in the order of the readings (import, export) [Wh], whose accounts are given in it.

    `traded` is sold less bought by contracts [Wh]. An account beyond the readings has metered nothing.
    """
    nets = [export_wh - import_wh for import_wh, export_wh in flows]
    idle = [0] * (len(accounts) - len(flows))
    return [
        Position(
            account,
            net,
            sold_wh=taken.get((account, node, OFFER), 0),
            bought_wh=taken.get((account, node, BID), 0),
            loss_wh=loss,
            traded_wh=traded.get(account, 0),
            volume_wh=abs(net),
        )
        for account, net, loss in zip(
            accounts, [*nets, *idle], [*dealt(charged_wh, flows), *idle], strict=True
        )
    ]


def unread_positions(
    node: int, accounts: Sequence[int], taken: Accepted, traded: Mapping[int, int]
) -> list[Position]:
    """Positions where readings were not final in time: all are taken to have delivered what they sold."""
    found = []
    for account in accounts:
        sold, bought = taken.get((account, node, OFFER), 0), taken.get((account, node, BID), 0)
        own = traded.get(account, 0)
        net = sold - bought + own
        found.append(Position(account, net, sold, bought, traded_wh=own, volume_wh=abs(net)))
    return found
