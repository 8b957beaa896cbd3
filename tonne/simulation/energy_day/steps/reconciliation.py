"""Step 8: what the run's own books say, and what the events say, against what the contracts hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tonne.audit.reconcile import audit
from tonne.crypto.merkle_sum import Sums
from tonne.errors import TonneError
from tonne.power.encoding import unpack
from tonne.simulation.energy_day.model.grid import NODES
from tonne.simulation.energy_day.model.state import World

#: Differences shown before the rest is only counted.
SHOWN = 5

#: First number of a pseudonym's account.
FIRST_NAME = 1 << 24


class Comparison:
    """Counts values that were compared; keeps those that differ."""

    def __init__(self) -> None:
        self.count = 0
        self.differences: list[str] = []

    def equal(self, what: str, expected: Any, found: Any) -> None:
        self.count += 1
        if expected != found:
            self.differences.append(f"{what}: expected {expected}, found {found}")

    def each(self, what: str, pairs: Iterable[tuple[Any, Any]]) -> None:
        for place, (expected, found) in enumerate(pairs):
            self.equal(f"{what} [{place}]", expected, found)


def compare(world: World) -> Comparison:
    """Readings, prices, flows, losses, the balance of every node, and the credits of the market."""
    found = Comparison()
    _roots(world, found)
    _rounds(world, found)
    _losses(world, found)
    _closure(world, found)
    _credits(world, found)
    return found


def _roots(world: World, found: Comparison) -> None:
    """The last run of every root sums up what flowed through the node's meters."""
    meters: dict[int, list[int]] = {area: [] for area in world.areas}
    for customer in world.customers:
        meters[world.areas[customer.node]].append(customer.meter)
    for number, row in enumerate(
        world.chain.call_many(("MeterOracle", "meter", (n,)) for n in world.meters), 1
    ):
        if number > len(world.customers):
            meters[row.node].append(number)
    last = {}
    for event in world.chain.logs("MeterOracle", "IntervalPosted"):
        last[event["node"], event["start"]] = Sums.of(event["sums"])
    for index, flows in enumerate(world.flows):
        for area, numbers in meters.items():
            sums = last[area, world.line.at(index)]
            each = [flows.by_meter.get(number, (0, 0)) for number in numbers]
            about = f"node {area}, interval {index}"
            found.equal(f"import at {about}", sum(i for i, _ in each), sums.import_wh)
            found.equal(f"export at {about}", sum(e for _, e in each), sums.export_wh)
            found.equal(f"meters at {about}", len(numbers), sums.settled)


def _rounds(world: World, found: Comparison) -> None:
    """Prices and flows are those that the outsider proposed."""
    cleared = [(index, c) for index, c in enumerate(world.rounds) if c is not None]
    stored = world.chain.call_many(
        ("PowerMarket", "pricesOf", (world.line.number(index),)) for index, _ in cleared
    )
    for (index, c), words in zip(cleared, stored, strict=True):
        found.each(
            f"prices of interval {index}",
            zip(c.clearing.prices, unpack(words, NODES), strict=True),
        )
    asked = [(index, arc) for index, c in cleared for arc in range(len(c.round.arcs))]
    scheduled = world.chain.call_many(
        ("PowerMarket", "scheduledOf", (world.line.number(index), arc)) for index, arc in asked
    )
    for (index, arc), answer in zip(asked, scheduled, strict=True):
        c = world.rounds[index]
        assert c is not None
        sent = c.clearing.flows[arc]
        about = f"arc {arc} in interval {index}"
        found.equal(f"sent over {about}", sent, answer.sentWh)
        found.equal(f"arriving over {about}", c.round.arcs[arc].arriving(sent), answer.arrivingWh)


def _losses(world: World, found: Comparison) -> None:
    """A day of every line is what flowed through the meters at its ends."""
    for line, day in zip(world.lines, world.found.lines, strict=True):
        flows = [f.by_meter for f in world.flows]
        into = [f.get(line.meter_in, (0, 0))[0] for f in flows]
        out = sum(f.get(line.meter_out, (0, 0))[1] for f in flows)
        found.equal(f"into {line.name}", sum(into), day.in_wh)
        found.equal(f"out of {line.name}", out, day.out_wh)
        modelled = sum(line.curve.modelled_wh(i) for i in into)
        found.equal(f"modelled loss of {line.name}", modelled, day.modelled_wh)


def _closure(world: World, found: Comparison) -> None:
    """Every node closes to the watt-hour in every interval, and its money to the micro-credit."""
    for done in world.settled:
        about = f"node {done.node}, interval {done.index}"
        result = done.result
        sold = sum(p.sold_wh - p.bought_wh for p in done.positions)
        lost = sum(p.loss_wh for p in done.positions)
        found.equal(f"agreed trades of {about}", 0, sum(p.traded_wh for p in done.positions))
        found.equal(f"losses of {about}", done.charged_wh, lost)
        found.equal(f"energy of {about}", done.metered_wh - sold - lost, result.imbalance_wh)
        paid = result.net + result.fees + result.operator + result.surplus + result.rounding
        found.equal(f"money of {about}", 0, paid)
    states = world.chain.call_many(
        ("PowerSettlement", "intervalOf", (d.node, world.line.number(d.index)))
        for d in world.settled
    )
    for done, state in zip(world.settled, states, strict=True):
        about = f"node {done.node}, interval {done.index}"
        due = done.result.operator + done.result.fees
        found.equal(f"net of {about}", done.result.net, state.net)
        found.equal(f"operator's part of {about}", due, state.due)
        found.equal(f"surplus of {about}", done.result.surplus, state.surplus)
        found.equal(f"final run of {about}", (2, True), (state.run, state.isFinal))
    _days(world, found)
    _traded(world, found)


def _traded(world: World, found: Comparison) -> None:
    """What accounts sold and bought at agreed prices is what the run says they did."""
    zero = world.line.number(0)
    positions = {
        (d.index, p.account): d.node for d in world.settled for p in d.positions if p.traded_wh
    }
    found.equal(
        "accounts with agreed trades", len([v for v in world.traded.values() if v]), len(positions)
    )
    answers = world.chain.call_many(
        ("PowerTrades", "positionOf", (account, node, zero + index))
        for (index, account), node in positions.items()
    )
    for (index, account), (sold, bought) in zip(positions, answers, strict=True):
        about = f"agreed trades of account {account} in interval {index}"
        found.equal(about, world.traded[index, account], sold - bought)
    for agreed in world.found.agreed:
        due = agreed.each_wh * (agreed.last - agreed.first + 1)
        found.equal(f"energy of contract {agreed.number}", due, agreed.energy_wh)
        found.equal(f"penalty of contract {agreed.number}", agreed.owed, agreed.penalty)


def _days(world: World, found: Comparison) -> None:
    """What was posted for payment is what the intervals came to, and all of it was paid."""
    day = world.line.start // 86_400
    for mine in world.found.days:
        on_chain = world.chain.call("PowerSettlement", "dayOf", mine.node, day)
        about = f"day of node {mine.node}"
        found.equal(f"net, {about}", mine.net, on_chain.net)
        found.equal(f"operator's part, {about}", mine.operator, on_chain.due)
        found.equal(f"surplus, {about}", mine.surplus, on_chain.surplus)
        if world.found.paid:
            found.equal(f"returned, {about}", mine.returned, on_chain.returned)
            found.equal(f"payments, {about}", sum(mine.amounts.values()), on_chain.posted)
            found.equal(f"paid to the operator, {about}", mine.operator, on_chain.duePaid)


def _credits(world: World, found: Comparison) -> None:
    """What the accounts of the market add up to is what the market holds."""
    names = world.chain.call("PowerMarket", "pseudonymCount")
    of_the_grid = len(world.accounts) - len(world.plants)
    found.equal("names", len(world.holders) + of_the_grid, names)
    own = world.chain.call("PowerMarket", "controllerOf", world.chain["PowerSettlement"]).account
    numbers = [own, *(p.number for p in world.people.values())]
    numbers += range(FIRST_NAME, FIRST_NAME + names)
    accounts = world.chain.call_many(("PowerMarket", "accountOf", (n,)) for n in numbers)
    held = world.chain.call("EnergyCredits", "balanceOf", world.chain["PowerMarket"], world.series)
    found.equal("credits in the market", sum(a.free + a.escrow for a in accounts), held)


def reconcile(world: World) -> None:
    """Compares twice, says how much was compared, and stops the run when anything differs."""
    own = compare(world)
    outside = audit(world.chain)
    world.found.own_values = own.count
    world.found.audit = outside
    world.note(f"{own.count:,} values of the run's own books compared")
    world.note(
        f"{outside.values:,} values rebuilt from {outside.events:,} events compared,"
        f" at block {outside.head.number:,}"
    )
    differences = own.differences + [str(d) for d in (*outside.differences, *outside.lags)]
    if differences:
        path = world.folder / "differences.txt"
        path.write_text("\n".join(differences) + "\n", encoding="utf-8")
        shown = "\n".join(differences[:SHOWN])
        raise TonneError(
            "ENERGY_DAY_DIFFERENCES",
            f"{len(differences)} of {own.count + outside.values} values differ:\n{shown}",
            field="reconcile",
            value=len(differences),
            remedy="Run again with --keep: all of them are in differences.txt.",
        )
    world.note("no difference")
