"""Step 6: what deliveries are worth: runs of every interval, and one payment for each account and day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tonne.chain.client import Call
from tonne.constants import DAY_S
from tonne.crypto.hashing import keccak
from tonne.crypto.merkle import merkle_proof
from tonne.meters.leaves import IntervalLeaves
from tonne.power.encoding import BID, OFFER
from tonne.power.losses import shares, split
from tonne.power.rounds import accepted_by
from tonne.power.settlement import Position, Tariff, give_back, settle
from tonne.power.settlement_runs import chunk_leaf, chunks, lines_of, totals
from tonne.simulation.energy_day.model.grid import NODES, REGIONS, region_of
from tonne.simulation.energy_day.model.plan import SETTLEMENT_BOND, SETTLEMENT_WINDOW_S
from tonne.simulation.energy_day.model.results import Bill, DayNet, Settled
from tonne.simulation.energy_day.model.state import Cleared, DayState
from tonne.simulation.energy_day.steps.daemon import MeterDaemon
from tonne.simulation.energy_day.steps.orders import GUARANTEE, accounts_at
from tonne.types.ids import PowerAccountId

#: Who is out of balance pays or gets a hundredth worse than the price; what the operator takes.
TARIFF = Tariff(spread_ppm=10_000, fee_import=2_000, fee_export=500)

#: [micro-credit/kWh] What networks get of what a customer imports, by a bill that divides itself.
NETWORKS = 30_000


#: Accounts of one call that names a day's payments.
OPERATOR = "grid operator"


def begin(state: DayState) -> None:
    """How each node is settled, and by whom; the operator's bond, and who lends what others are short of."""
    first, number = state.line.number(0), state.number_of(OPERATOR)
    terms = (first, number, TARIFF.fee_import, TARIFF.fee_export, TARIFF.spread_ppm)
    state.driver.send_all(
        state.driver.call(state.bureau, "PowerSettlement", "setArea", node, terms)
        for node in range(NODES)
    )
    state.driver.send(state.account_of(OPERATOR), "PowerSettlement", "bond", SETTLEMENT_BOND)


def post(state: DayState, daemon: MeterDaemon, run: int, final: bool) -> None:
    """A run of every node and interval. No account bears losses before they are booked."""
    state.settled = []
    state.driver.send_all(_runs(state, daemon, run, final))


def _runs(state: DayState, daemon: MeterDaemon, run: int, final: bool) -> Iterator[Call]:
    operator = state.account_of(OPERATOR)
    charged = _charged(state) if final else None
    for index in range(state.line.count):
        accounts, start = accounts_at(state, index), state.line.at(index)
        interval = state.line.number(index)
        for node, area in enumerate(state.areas):
            tree = daemon.leaves(area, start)
            done = _settle(
                state, tree, accounts, node, index, charged[node][index] if charged else 0
            )
            state.settled.append(done)
            salts = [_salt(state, node, interval, p.account) for p in done.positions]
            lines = lines_of(
                done.positions, done.result, salts, bound_of(state.rounds[index], node)
            )
            sums = tree.tree.sums
            said = totals(lines, done.result, tree.root, sums, done.charged_wh)
            data = keccak(b"".join(line.leaf() for line in lines))
            yield state.driver.call(
                operator, "PowerSettlement", "post", node, interval, run, said, data
            )


def _salt(state: DayState, node: int, interval: int, account: int) -> bytes:
    rotation = state.turns[0]
    return rotation.salt(interval * NODES + node, account)


def _charged(state: DayState) -> list[list[int]]:
    """[Wh] that each area's accounts bear, by node and interval, as the chain has it."""
    found = []
    for area in state.areas:
        booked = state.chain.call_many(
            ("PowerLosses", "areaLoss", (area, state.line.at(index)))
            for index in range(state.line.count)
        )
        found.append([b.chargedWh for b in booked])
    return found


def _settle(
    state: DayState,
    tree: IntervalLeaves,
    accounts: dict[int, int],
    node: int,
    index: int,
    charged_wh: int,
) -> Settled:
    """One line for each reading, in their order; who traded has a meter at the node."""
    cleared = state.rounds[index]
    accepted = accepted_by(cleared.round.orders, cleared.clearing) if cleared else {}
    flows = [leaf.interval.counted for leaf in tree.leaves]
    metered = sum(export_wh - import_wh for import_wh, export_wh in flows)
    positions = []
    for leaf, (import_wh, export_wh), loss in zip(
        tree.leaves, flows, _shares(charged_wh, flows), strict=True
    ):
        account, net = accounts[leaf.meter], export_wh - import_wh
        positions.append(
            Position(
                account,
                net,
                sold_wh=accepted.get((account, node, OFFER), 0),
                bought_wh=accepted.get((account, node, BID), 0),
                loss_wh=loss,
                traded_wh=state.traded.get((index, account), 0),
                volume_wh=abs(net),
            )
        )
    price = cleared.clearing.prices[node] if cleared else 0
    result = settle(positions, price, TARIFF, charged_wh - metered)
    return Settled(
        node, index, tuple(positions), result, metered, charged_wh, _residue(state, index, node)
    )


def _shares(charged_wh: int, flows: Sequence[tuple[int, int]]) -> list[int]:
    """A loss dealt out as `PowerLosses.shareOf` does, in the order of the leaves."""
    given = [export_wh for _, export_wh in flows]
    taken = [import_wh for import_wh, _ in flows]
    by_export, by_import = split(charged_wh, any(given), any(taken))
    return [a + b for a, b in zip(shares(by_export, given), shares(by_import, taken), strict=True)]


def _residue(state: DayState, index: int, node: int) -> int:
    """[Wh] sold at a node beyond what was bought there and is scheduled to leave it."""
    cleared = state.rounds[index]
    if cleared is None:
        return 0
    found = sum(
        order.sign * energy
        for order, energy in zip(cleared.round.orders, cleared.clearing.accepted, strict=True)
        if order.node == node
    )
    for arc, sent in zip(cleared.round.arcs, cleared.clearing.flows, strict=True):
        if arc.start == node:
            found -= sent
        if arc.end == node:
            found += arc.arriving(sent)
    return found


# Payments of the day


def pay(state: DayState) -> None:
    """One net amount for each account and day against a root; strangers bring its parts to the chain."""
    days = [_day(state, node) for node in range(NODES)]
    state.results.days = days
    if state.line.count * 900 != DAY_S:
        state.driver.note("a part of a day is settled, and not paid: payments are of whole days")
        return
    operator, stranger = state.account_of(OPERATOR), state.keys.account("outsider")
    day = state.line.start // DAY_S
    parts = {
        d.node: chunks(_by_id(d.amounts), _by_id(_bound(state, d.node, d.amounts))) for d in days
    }
    state.driver.send_all(
        state.driver.call(
            operator,
            "PowerSettlement",
            "postPayments",
            d.node,
            day,
            [keccak(b"".join(w.to_bytes(32, "big") for w in words)) for _, words in parts[d.node]],
            [total for total, _ in parts[d.node]],
            d.returned,
        )
        for d in days
    )
    state.driver.at(state.chain.now() + SETTLEMENT_WINDOW_S + 1)
    state.driver.send_all(
        state.driver.call(
            stranger,
            "PowerSettlement",
            "pay",
            node,
            day,
            (place, total, words, merkle_proof([chunk_leaf(*part) for part in found], place)),
        )
        for node, found in parts.items()
        for place, (total, words) in enumerate(found)
    )
    state.results.paid = sum(len(d.amounts) for d in days)


def _by_id(amounts: Mapping[int, int]) -> dict[PowerAccountId, int]:
    return {PowerAccountId(account): amount for account, amount in amounts.items()}


def _day(state: DayState, node: int) -> DayNet:
    mine = [done for done in state.settled if done.node == node]
    nets: dict[int, int] = defaultdict(int)
    for done in mine:
        for line in done.result.lines:
            nets[line.account] += line.net
    surplus = sum(done.result.surplus for done in mine)
    whole = state.line.count * 900 == DAY_S
    back = give_back(surplus, (p for done in mine for p in done.positions)) if whole else {}
    for account, amount in back.items():
        nets[account] += amount
    return DayNet(
        node,
        dict(nets),
        sum(done.result.net for done in mine),
        sum(done.result.operator + done.result.fees for done in mine),
        surplus,
        sum(back.values()),
        sum(done.result.rounding for done in mine),
    )


def _bound(state: DayState, node: int, amounts: dict[int, int]) -> dict[int, int]:
    """[micro-credit] what accepted orders of a node still bind of each account."""
    found: dict[int, int] = defaultdict(int)
    for cleared in state.rounds:
        for account, bound in bound_of(cleared, node).items():
            if account in amounts:
                found[account] += bound
    return found


def bound_of(cleared: Cleared | None, node: int) -> dict[int, int]:
    """[micro-credit] what an interval's accepted orders at a node bind, by account."""
    found: dict[int, int] = defaultdict(int)
    if cleared is not None:
        for order, energy in zip(cleared.round.orders, cleared.clearing.accepted, strict=True):
            if order.node == node:
                found[order.account] += order.escrow(energy, GUARANTEE)
    return found


# Bills, which are on no chain


def bills(state: DayState) -> None:
    """What each customer's own lines come to: its aggregator knows whose turn it was."""
    rows: dict[int, list[int]] = {c.place: [0] * 11 for c in state.customers}
    volumes = [0] * NODES
    for done in state.settled:
        accounts = accounts_at(state, done.index)
        places = {accounts[c.meter]: c.place for c in state.members[done.node]}
        for position, line in zip(done.positions, done.result.lines, strict=True):
            volumes[done.node] += position.volume_wh
            if line.account in places:
                net = position.metered_wh
                told = (
                    *(max(-net, 0), max(net, 0), position.bought_wh, position.sold_wh),
                    *(position.loss_wh, line.imbalance_wh),
                    *(line.contract, line.imbalance, line.fee, position.traded_wh),
                    state.earned.get((done.index, line.account), 0),
                )
                row = rows[places[line.account]]
                rows[places[line.account]] = [a + b for a, b in zip(row, told, strict=True)]
    for customer in state.customers:
        row = rows[customer.place]
        day = state.results.days[customer.node]
        part = day.surplus * (row[0] + row[1]) // volumes[customer.node] if day.returned else 0
        networks = -(row[0] * NETWORKS // 1_000)
        region = REGIONS[region_of(customer.node)]
        figures = (*row, networks, part)
        bill = Bill(customer.place, str(customer.kind), region, *figures)
        state.results.bills.append(bill)
