"""A day of the energy market, from an empty chain to a report."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from tonne.chain.client import Chain
from tonne.deployment import compiler
from tonne.deployment.plan import PLAN
from tonne.meters.publisher import Publisher
from tonne.paths import HOME
from tonne.sandbox import node
from tonne.sandbox.derived_keys import Keys
from tonne.sandbox.processes import process_seconds, processor_seconds
from tonne.simulation.energy_day.model.grid import LINKS, NODES, PLANTS
from tonne.simulation.energy_day.model.plan import (
    CORRECTION_S,
    FINAL_LEAD_S,
    GATE_LEAD_S,
    GRACE_S,
    INTERVAL_S,
    PLACED_FOR,
    PLACING_S,
    Options,
    timeline,
)
from tonne.simulation.energy_day.model.state import World
from tonne.simulation.energy_day.report import report
from tonne.simulation.energy_day.steps import (
    certifying,
    clearing,
    credit_recovery,
    losses,
    metering,
    opening,
    orders,
    power_flow,
    reconciliation,
    settling,
    trading,
)
from tonne.simulation.energy_day.steps.daemon import MeterDaemon, final_at
from tonne.simulation.energy_day.steps.setup import AHEAD, begin, daemon_of, scratch_folder

#: Customers whose meters are silent for some intervals: longer than the oracle waits.
SILENT, SILENT_FOR = 2, GRACE_S // INTERVAL_S + 2


def run(options: Options, console: Console) -> Path:
    """Runs the day and writes its report; returns the folder of the report."""
    line = timeline(options)
    console.print(
        f"[bold]A day of three regions and four carriers[/bold], {options.day:%d %B %Y}, seed"
        f" {options.seed}\n   {options.meters} customers' meters, {line.count} quarter-hours,"
        f" {NODES} nodes, {len(LINKS)} lines and converters, {len(PLANTS)} plants"
    )
    # Not part of the day; a second run finds all of it.
    compiler.contracts(
        PLAN,
        progress=lambda done, total, name: console.print(
            f"   compiling once, {done} of {total} {name}", highlight=False
        ),
    )
    began, used = time.monotonic(), processor_seconds()
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder(options))
        server = stack.enter_context(node.start(kind=options.chain, timestamp=line.chain))
        chain = stack.enter_context(Chain(server.url))
        keys = Keys(options.seed, "energy day")
        world = World(options, line, keys, chain, folder, console)
        steps(world, stack)
        with world.step(9, "Report", by_hand=True):
            out = folder_of(options, "energy")
            report.write(world, out)
        world.found.seconds = time.monotonic() - began
        # A child's time counts when it has ended; the chain's is read while it runs.
        world.found.processor = processor_seconds() - used + process_seconds(server.process.pid)
        report.summary(world, out)
        if options.hold:
            _hold(world)
        return out


def steps(world: World, stack: ExitStack) -> None:
    with world.step(1, "Deploy; people, credits, the oracle's bond"):
        deployment = begin(world)
    with world.step(2, "Grid, meters, lines"):
        metering.open_nodes(world)
        metering.register(world)
        metering.add_arcs(world)
        metering.register_lines(world)
        opening.issue(world)
        orders.open_names(world)
        settling.begin(world)
        trading.agree(world)
    daemon = daemon_of(world, deployment)
    stack.callback(daemon.stop)
    daemon.start()
    with world.step(3, "Orders, clearings, readings", world.line.count, by_hand=True):
        _day(world, daemon)
    with world.step(4, "Provisional settlement"):
        _wait(world, daemon, world.line.end + GRACE_S + 1)
        daemon.posted((a, world.line.at(i)) for a in world.areas for i in range(world.line.count))
        settling.post(world, daemon, run=1, final=False)
    with world.step(4, "Corrections; windows close", by_hand=True):
        _close(world, daemon)
    with world.step(5, "Losses are booked"):
        losses.book(world, daemon)
        losses.read(world)
    with world.step(6, "Contracts, final settlement, payments"):
        trading.execute(world, daemon)
        settling.post(world, daemon, run=2, final=True)
        settling.pay(world)
        settling.bills(world)
    with world.step(7, "Certificates, bills, recovery of credits"):
        certifying.certify(world, daemon)
        credit_recovery.sweep(world)
        credit_recovery.pay_bills(world)
        credit_recovery.invoice(world)
        credit_recovery.pledge(world)
        credit_recovery.recover(world)
    daemon.stop()  # or it would go on posting intervals after the day while these are compared
    with world.step(8, "Replay and compare", by_hand=True):
        reconciliation.reconcile(world)


def _day(world: World, daemon: MeterDaemon) -> None:
    """Interval after interval: orders of the hour, gate, clearing, delivery, readings."""
    line = world.line
    daemon.ready()
    publisher = Publisher(list(world.meters.values()), daemon.broker("street"))
    publisher.start()
    silent = {customer.meter for customer in world.customers[:SILENT]}
    # Long enough before the end for what is missing to be asked for and sent again.
    quiet = range(line.count // 3, line.count // 3 + SILENT_FOR) if line.count >= 12 else range(0)
    held_up = range(quiet.start, quiet.stop + 1)
    block = 0
    for index in range(line.count):
        start = line.at(index)
        if index % PLACED_FOR == 0:
            hour = range(index, min(index + PLACED_FOR, line.count))
            world.at(start - GATE_LEAD_S - PLACING_S)
            clearing.release(world, range(max(index - PLACED_FOR, 0), index))
            block = world.chain.block_number()
            orders.place(world, hour)
        world.at(start - GATE_LEAD_S)
        clearing.clear(world, index, block)
        if index == line.count // 2:
            clearing.try_worse(world, index)
        world.at(start)
        publisher.publish(index, silent if index in quiet else ())
        faulty = losses.FAULTY_NODE if index == line.count // 2 else None
        flows = power_flow.flow(world, index, faulty)
        world.flows.append(flows)
        for meter, made in world.meters.items():
            made.run(*flows.by_meter.get(meter, (0, 0)))
        world.advance()
        if index >= AHEAD:
            known = index - AHEAD
            waited = {c.node for c in world.customers[:SILENT]} if known + 1 in held_up else ()
            daemon.posted(
                (area, line.at(known))
                for node, area in enumerate(world.areas)
                if node not in waited
            )
            daemon.corrected(start)
    world.at(line.end)
    publisher.publish(line.count)
    left = publisher.stop()
    assert not left, f"{left} records were not taken"
    clearing.release(world, hour)


def _wait(world: World, daemon: MeterDaemon, until: int) -> None:
    """Time passes in small steps: what is due shortly before a window closes must find it open.

    Intervals that begin after the day have no readings, and nobody waits for theirs.
    """
    moment, last = world.line.end, final_at(world.line.end) - 1
    while moment < until:
        moment = min(moment + FINAL_LEAD_S // 2, until)
        if moment > world.chain.now():
            world.at(moment)
            daemon.corrected(min(moment, last))


def _close(world: World, daemon: MeterDaemon) -> None:
    """Late readings are booked by a further run; then nothing can change any more."""
    _wait(world, daemon, world.line.end + CORRECTION_S)
    world.at(world.line.final)
    world.found.corrected = sum(run - 1 for run in daemon.runs.values())


def folder_of(options: Options, what: str) -> Path:
    """Where a report goes."""
    if options.out is not None:
        return options.out
    return HOME / "reports" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{what}"


def _hold(world: World) -> None:
    """The chain stays for others to look at, until somebody says so."""
    world.console.print(
        f"the chain stays at {world.chain.url} until Ctrl-C; its contracts:"
        f" --deployments {world.folder / 'deployments'}",
        soft_wrap=True,
        highlight=False,
    )
    while True:
        time.sleep(1)
