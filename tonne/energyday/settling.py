"""Step 6: what deliveries are worth to each account, interval by interval, and each customer's bill."""

from __future__ import annotations

from tonne.energyday.daemon import MeterDaemon
from tonne.energyday.findings import Bill, Settled
from tonne.energyday.grid import LINKS, NODES, REGIONS, region_of
from tonne.energyday.world import Cleared, World
from tonne.power.losses import shares, split
from tonne.power.rounds import accepted_by
from tonne.power.settlement import (
    Position,
    Tariff,
    give_back,
)
from tonne.power.settlement import (
    settle as settle_interval,
)
from tonne.power.words import BID, OFFER

#: Imbalance at the node's price; what the networks of the grid take for each kWh.
TARIFF = Tariff(spread_ppm=0, fee_import=30_000, fee_export=5_000)


def settle(world: World, daemon: MeterDaemon) -> None:
    """All nodes and intervals; bills of all customers."""
    charged = _charged(world)
    holders = {customer.place: [0] * 10 for customer in world.customers}
    for index in range(world.line.count):
        for node in range(NODES):
            done = _node(world, daemon, index, node, charged[node][index])
            _book(world, done, holders)
    world.found.bills = [
        Bill(c.place, str(c.kind), REGIONS[region_of(c.node)], *holders[c.place])
        for c in world.customers
    ]


def _charged(world: World) -> list[list[int]]:
    """[Wh] that each area's members bear, by node and interval, as the chain has it."""
    found = []
    for area in world.areas:
        booked = world.chain.call_many(
            ("PowerLosses", "areaLoss", (area, world.line.at(index)))
            for index in range(world.line.count)
        )
        found.append([b.chargedWh for b in booked])
    return found


def _node(world: World, daemon: MeterDaemon, index: int, node: int, charged_wh: int) -> Settled:
    cleared = world.rounds[index]
    accepted = accepted_by(cleared.round.orders, cleared.clearing) if cleared else {}
    members = _members(world, daemon, index, node)
    losses = _shares(charged_wh, members)
    positions = []
    for (account, metered, volume), loss in zip(members, losses, strict=True):
        positions.append(
            Position(
                account,
                metered,
                sold_wh=accepted.pop((account, node, OFFER), 0),
                bought_wh=accepted.pop((account, node, BID), 0),
                loss_wh=loss,
                volume_wh=volume,
            )
        )
    # Who traded and has no meter here delivers nothing and takes nothing.
    for (account, at, side), energy in accepted.items():
        if at == node and energy:
            sold, bought = (energy, 0) if side == OFFER else (0, energy)
            positions.append(Position(account, 0, sold, bought))
    grid, residue = _grid(world, cleared, index, node, positions, charged_wh - sum(losses))
    positions.append(grid)
    price = cleared.clearing.prices[node] if cleared else 0
    result = settle_interval(positions, price, TARIFF)
    back = give_back(result.surplus, positions)
    # What is left of it, a deficit too, is the grid's.
    rest = result.surplus - sum(back.values())
    back[grid.account] = back.get(grid.account, 0) + rest
    return Settled(node, index, tuple(positions), result, back, residue)


def _members(
    world: World, daemon: MeterDaemon, index: int, node: int
) -> list[tuple[int, int, int]]:
    """(account, net export, volume) of customers and plants of a node, in the order of the leaves."""
    tree = daemon.leaves(world.areas[node], world.line.at(index))
    owners = {m: world.accounts[m] for m in (*world.plants, *(c.meter for c in world.customers))}
    found = []
    for leaf in tree.leaves:
        if leaf.meter in owners:
            import_wh, export_wh = leaf.interval.counted
            found.append((owners[leaf.meter], export_wh - import_wh, export_wh + import_wh))
    return found


def _shares(charged_wh: int, members: list[tuple[int, int, int]]) -> list[int]:
    delivered = [max(net, 0) for _, net, _ in members]
    taken = [max(-net, 0) for _, net, _ in members]
    by_export, by_import = split(charged_wh, any(delivered), any(taken))
    return [
        a + b for a, b in zip(shares(by_export, delivered), shares(by_import, taken), strict=True)
    ]


def _grid(
    world: World,
    cleared: Cleared | None,
    index: int,
    node: int,
    others: list[Position],
    loss_wh: int,
) -> tuple[Position, int]:
    """The grid operator at a node: ends of lines against what was scheduled for them, and the energy
    that evens it out. Beside it what is nobody else's: what the clearing's rounding left unsold, and a
    loss where no member took or gave anything."""
    flows = world.flows[index]
    metered = flows.net(world.balancing[node])
    sold = bought = 0
    if cleared is not None:
        for arc, sent in zip(cleared.round.arcs, cleared.clearing.flows, strict=True):
            if arc.start == node:
                bought += sent
            if arc.end == node:
                sold += arc.arriving(sent)
    for number, link in enumerate(LINKS):
        for end, meter in zip((link.start, link.end), world.ends[number], strict=True):
            if end == node:
                metered += flows.net(meter)
    residue = sold - bought + sum(p.sold_wh - p.bought_wh for p in others)
    return (
        Position(world.number_of("grid operator"), metered, sold, bought + residue, loss_wh),
        residue,
    )


def _book(world: World, done: Settled, holders: dict[int, list[int]]) -> None:
    sums = world.sums
    sums.fees += done.result.fees
    sums.surplus += done.result.surplus
    sums.rounding += done.result.rounding
    for line, position in zip(done.result.lines, done.positions, strict=True):
        back = done.returned.get(line.account, 0)
        sums.nets[line.account] += line.net + back
        place = world.names.get(line.account)
        if place is None:
            continue
        row = holders[place]
        net = position.metered_wh
        for field_, amount in enumerate(
            (
                *(max(-net, 0), max(net, 0), position.bought_wh, position.sold_wh),
                *(position.loss_wh, line.imbalance_wh, line.contract, line.imbalance, line.fee),
                back,
            )
        ):
            row[field_] += amount
    world.settled.append(done)
