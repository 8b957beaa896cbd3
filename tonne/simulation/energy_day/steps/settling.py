"""Step 6: what deliveries are worth: a run of every interval, and one payment for each account and day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from tonne.chain.client import Call
from tonne.constants import DAY_S
from tonne.meters.leaves import IntervalLeaves
from tonne.power.deliveries import metered_positions
from tonne.power.settlement import IntervalSettlement, Position, Tariff, give_back_by, settle
from tonne.power.settlement_runs import (
    CHUNK,
    DaySums,
    chunks,
    day_list,
    hash_of,
    lines_of,
    sums_of,
    totals,
)
from tonne.sandbox.steps import parts
from tonne.simulation.energy_day.model.day_book import DayBook
from tonne.simulation.energy_day.model.grid import (
    REFERENCES,
    REGIONS,
    carrier_of,
    region_of,
)
from tonne.simulation.energy_day.model.plan import (
    NODES_A_CALL,
    SETTLEMENT_BOND,
    SETTLEMENT_OPERATOR,
    SETTLEMENT_WINDOW_S,
)
from tonne.simulation.energy_day.model.results import Bill, DayNet, Settled
from tonne.simulation.energy_day.model.state import DayState, aggregator_of
from tonne.simulation.energy_day.steps.bids import accounts_at
from tonne.simulation.energy_day.steps.daemon import MeterDaemon
from tonne.types.ids import PowerAccountId

#: Who is out of balance pays or gets a hundredth worse than the price; what the operator takes.
TARIFF = Tariff(spread_ppm=10_000, fee_import=2_000, fee_export=500)

#: [micro-credit] That the operator's bond covers for each meter beside its penalty.
DEBITS = 15_000_000

#: [micro-credit/kWh] What networks get of what a customer imports, by a bill that divides itself.
NETWORKS = 30_000


#: Words of a list that are posted in one call; members that join, and meters that are entered, in one.
LIST_WORDS, MEMBERS = 10 * CHUNK, 200


def begin(state: DayState) -> None:
    """How each node is settled, and by whom; who belongs to it; the operator's bond."""
    first, number = state.line.number(0), state.number_of(SETTLEMENT_OPERATOR)
    first -= first % (DAY_S // state.line.interval_s)  # terms are of whole days
    terms = (first, number, TARIFF.fee_import, TARIFF.fee_export, TARIFF.spread_ppm)
    state.driver.send_all(
        state.driver.call(state.bureau, "PowerSettlement", "setArea", node, terms)
        for node in range(state.grid.nodes)
    )
    state.driver.send_all(_joins(state))
    state.driver.send_all(_enters(state))
    # Besides what it loses by something false it covers all that accounts pay.
    bond = SETTLEMENT_BOND + state.options.meters * DEBITS
    state.driver.send(state.account_of(SETTLEMENT_OPERATOR), "PowerSettlement", "bond", bond)


def _joins(state: DayState) -> Iterator[Call]:
    """Every account belongs to the node of its meter."""
    nodes = {area: node for node, area in enumerate(state.areas)}
    members: dict[tuple[str, int], list[int]] = defaultdict(list)
    for account, name in state.holders.items():
        members[aggregator_of(name.region), name.node].append(account)
    meters = state.chain.call_many(("MeterOracle", "meter", (m,)) for m in state.accounts)
    for (meter, account), known in zip(state.accounts.items(), meters, strict=True):
        if known.node in nodes:  # or it is on the way between nodes
            members[state.owners[meter], nodes[known.node]].append(account)
    for (owner, node), accounts in members.items():
        for first in range(0, len(accounts), MEMBERS):
            part = accounts[first : first + MEMBERS]
            who = state.account_of(owner)
            yield state.driver.call(who, "PowerSettlement", "join", node, part)


def _enters(state: DayState) -> Iterator[Call]:
    """Every owner enters its meters where its accounts are, so that no reading of theirs is on another's."""
    nodes = {area: node for node, area in enumerate(state.areas)}
    entered: dict[tuple[str, int], list[int]] = defaultdict(list)
    meters = state.chain.call_many(("MeterOracle", "meter", (m,)) for m in state.owners)
    for (meter, owner), known in zip(state.owners.items(), meters, strict=True):
        if known.node in nodes:
            entered[owner, nodes[known.node]].append(meter)
    for (owner, node), own in entered.items():
        for first in range(0, len(own), MEMBERS):
            part = own[first : first + MEMBERS]
            yield state.driver.call(state.account_of(owner), "PowerSettlement", "enter", node, part)


def post(state: DayState, daemon: MeterDaemon) -> None:
    """After the chain's day: a run of every node and interval, all nodes of an interval in one call."""
    state.settled, state.runs = [], []
    state.books = [DayBook() for _ in range(state.grid.nodes)]
    last = state.line.at(state.line.count - 1)
    state.driver.at(last - last % DAY_S + DAY_S)
    state.driver.send_all(_runs(state, daemon))


def _runs(state: DayState, daemon: MeterDaemon) -> Iterator[Call]:
    """Calls of each interval, while its lines go into the books of the day and are let go."""
    operator = state.account_of(SETTLEMENT_OPERATOR)
    charged = _charged(state)
    earned: dict[int, dict[int, int]] = defaultdict(dict)
    for (index, account), amount in state.earned.items():
        earned[index][account] = amount
    before: list[dict[int, DaySums]] = [{} for _ in range(state.grid.nodes)]
    for index in range(state.line.count):
        accounts, start = accounts_at(state, index), state.line.at(index)
        interval, runs = state.line.number(index), []
        for node, area in enumerate(state.areas):
            tree = daemon.leaves(area, start)
            metered, positions, done = _settle(
                state, tree, accounts, node, index, charged[node][index]
            )
            state.settled.append(
                Settled.of(node, index, positions, done, metered, charged[node][index])
            )
            places = {accounts[c.meter]: c.place for c in state.members[node]}
            state.books[node].add(places, earned[index], positions, done)
            salts = [_salt(state, node, interval, p.account) for p in positions]
            lines = lines_of(positions, done, salts, before[node])
            before[node] |= sums_of(lines)
            said = totals(lines, done, tree.root, tree.tree.sums, charged[node][index])
            runs.append((node, hash_of(lines), said))
        state.runs.append((interval, runs))
        for part in parts(runs, NODES_A_CALL):
            yield state.driver.call(operator, "PowerSettlement", "post", interval, part)


def _salt(state: DayState, node: int, interval: int, account: int) -> bytes:
    rotation = state.turns[0]
    return rotation.salt(interval * state.grid.nodes + node, account)


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
) -> tuple[int, list[Position], IntervalSettlement]:
    """Net export [Wh], and one line for each reading, in their order; who traded has a meter at the node."""
    cleared, taken = state.rounds[index], state.taken[index]
    flows = [leaf.interval.counted for leaf in tree.leaves]
    metered = sum(export_wh - import_wh for import_wh, export_wh in flows)
    own = [accounts[leaf.meter] for leaf in tree.leaves]
    traded = {account: state.traded.get((index, account), 0) for account in own}
    positions = metered_positions(node, own, flows, charged_wh, taken, traded)
    reference = REFERENCES[carrier_of(node)]
    price = cleared.clearing.prices[node] if cleared else reference
    return metered, positions, settle(positions, price, TARIFF, charged_wh - metered, reference)


# Payments of the day


def pay(state: DayState) -> None:
    """One net amount for each account and day, in a list that is posted in full; a stranger has it paid."""
    days = [_day(state, node) for node in range(state.grid.nodes)]
    state.results.days = days
    if not state.line.is_whole_day:
        state.driver.note("a part of a day is settled, and not paid: payments are of whole days")
        return
    operator, stranger = state.account_of(SETTLEMENT_OPERATOR), state.keys.account("outsider")
    day = state.line.start // DAY_S
    lists = {d.node: day_list(_by_id(d.amounts)) for d in days}
    state.driver.send_all(
        state.driver.call(
            operator,
            "PowerSettlement",
            "postPayments",
            node,
            day,
            first // CHUNK,
            words[first : first + LIST_WORDS],
            first + LIST_WORDS >= len(words),
        )
        for node, words in lists.items()
        for first in range(0, len(words), LIST_WORDS)
    )
    state.driver.at(state.chain.now() + SETTLEMENT_WINDOW_S + 1)
    state.driver.send_all(
        state.driver.call(stranger, "PowerSettlement", "pay", node, day, place, part)
        for node, words in lists.items()
        for place, part in enumerate(chunks(words))
    )
    state.results.paid = sum(len(d.amounts) for d in days)
    # What was paid counts for the references of days to come.
    state.driver.send_all(
        state.driver.call(stranger, "PowerSettlement", "countPrices", interval, part)
        for interval, runs in state.runs
        for part in parts(runs, NODES_A_CALL)
    )


def _by_id(amounts: Mapping[int, int]) -> dict[PowerAccountId, int]:
    return {PowerAccountId(account): amount for account, amount in amounts.items()}


def _day(state: DayState, node: int) -> DayNet:
    book = state.books[node]
    nets = dict(book.nets)
    back = give_back_by(book.surplus, book.volumes) if state.line.is_whole_day else {}
    for account, amount in back.items():
        nets[account] += amount
    return DayNet(
        node,
        nets,
        book.net,
        book.operator,
        book.surplus,
        sum(back.values()),
        book.rounding,
    )


# Bills, which are on no chain


def bills(state: DayState) -> None:
    """What each customer's own lines come to: its aggregator knows whose turn it was."""
    volumes = [sum(book.volumes.values()) for book in state.books]
    for customer in state.customers:
        book = state.books[customer.node]
        row = book.rows[customer.place]
        day = state.results.days[customer.node]
        volume = volumes[customer.node]
        part = day.surplus * (row[0] + row[1]) // volume if day.returned else 0
        networks = -(row[0] * NETWORKS // 1_000)
        region = REGIONS[region_of(customer.node)]
        figures = (*row, networks, part)
        bill = Bill(customer.place, str(customer.kind), region, *figures)
        state.results.bills.append(bill)
