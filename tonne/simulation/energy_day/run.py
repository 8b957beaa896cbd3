"""A day of the energy market, from an empty chain to a report."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from tonne.chain.client import Chain
from tonne.meters.publisher import Publisher
from tonne.paths import HOME
from tonne.sandbox import node
from tonne.sandbox.derived_keys import Keys
from tonne.sandbox.processes import process_seconds, processor_seconds
from tonne.sandbox.steps import ChainDriver, StepDisplay, compile_contracts
from tonne.simulation.energy_day.model.plan import (
    AHEAD,
    GATE_LEAD_S,
    GRACE,
    DayOptions,
    DayTimeline,
    timeline,
)
from tonne.simulation.energy_day.model.state import DayState
from tonne.simulation.energy_day.report import privacy, report
from tonne.simulation.energy_day.steps import (
    asking,
    bids,
    certifying,
    clearing,
    corrections,
    credit_recovery,
    losses,
    metering,
    opening,
    power_flow,
    reconciliation,
    settling,
    trading,
)
from tonne.simulation.energy_day.steps.daemon import MeterDaemon
from tonne.simulation.energy_day.steps.setup import begin, daemon_of, found, scratch_folder

#: Customers whose meters are silent for some intervals: longer than the oracle waits.
SILENT, SILENT_FOR = 2, GRACE + 2


def run(options: DayOptions, console: Console) -> Path:
    """Runs the day and writes its report; returns the folder of the report."""
    line, grid = timeline(options), options.grid
    console.print(
        f"[bold]A day of {options.regions} regions and four carriers[/bold], {options.day:%d %B %Y}, seed"
        f" {options.seed}\n   {options.meters} customers' meters, {line.count} intervals of"
        f" {line.interval_s // 60} min, {grid.nodes} nodes, {len(grid.links)} lines and converters,"
        f" {len(grid.plants)} plants"
    )
    if told := bids.who_bids(options):
        console.print(f"   {told}", highlight=False, style="yellow")
    compile_contracts(console)
    began, used = time.monotonic(), processor_seconds()
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder(options))
        server = stack.enter_context(node.start(kind=options.chain, timestamp=line.chain))
        chain = stack.enter_context(Chain(server.url))
        keys = Keys(options.seed, "energy day")
        display = StepDisplay(console)
        display.expect(_expected(options, line))
        state = DayState(options, line, keys, ChainDriver(chain, display), folder)
        steps(state, stack)
        with state.driver.step("Report", by_hand=True):
            out = folder_of(options, "energy")
            report.write(state, out)
        state.results.seconds = time.monotonic() - began
        # A child's time counts when it has ended; the chain's is read while it runs.
        state.results.processor = processor_seconds() - used + process_seconds(server.process.pid)
        report.summary(state, out)
        if options.hold:
            _hold(state)
        return out


def _expected(options: DayOptions, line: DayTimeline) -> list[tuple[str, float]]:
    """Steps of the day with their expected times [ms], as measured on two cores."""
    meters, readings = options.meters, options.meters * line.count
    return [
        ("Deploy; people, credits, the oracle's bond", 1200.0),
        ("Grid, meters, lines", 500.0 + 2 * meters),
        ("Bids, clearings, readings", 400.0 * line.count + 0.8 * readings),
        ("Corrections; windows close", 800.0),
        ("Losses are booked", 35.0 * line.count),
        ("Contracts, settlement, payments", 50.0 * line.count),
        ("Certificates, bills, recovery of credits", 2000.0 + 2 * meters),
        ("Replay and compare", 2000.0 + 0.15 * readings),
        ("Report", 1000.0 + 0.05 * readings),
    ]


def steps(state: DayState, stack: ExitStack) -> None:
    with state.driver.step("Deploy; people, credits, the oracle's bond"):
        deployment = begin(state)
    with state.driver.step("Grid, meters, lines"):
        metering.open_nodes(state)
        metering.register(state)
        metering.add_arcs(state)
        asking.name(state)
        metering.register_lines(state)
        opening.issue(state)
        found(state)
        bids.open_names(state)
        bids.register(state)
        settling.begin(state)
        trading.agree(state)
    daemon = daemon_of(state, deployment)
    stack.callback(daemon.stop)
    daemon.start()
    with state.driver.step("Bids, clearings, readings", state.line.count, by_hand=True):
        _day(state, daemon)
    with state.driver.step("Corrections; windows close", by_hand=True):
        asking.ask(state, daemon)
        corrections.wait(state, daemon, state.line.end + state.line.grace_s + 1)
        daemon.posted((a, state.line.at(i)) for a in state.areas for i in range(state.line.count))
        _close(state, daemon)
    with state.driver.step("Losses are booked"):
        losses.book(state, daemon)
        losses.read(state)
        bids.count_metered(state, daemon)
    with state.driver.step("Contracts, settlement, payments"):
        trading.execute(state, daemon)
        settling.post(state, daemon)
        settling.pay(state)
        settling.bills(state)
    with state.driver.step("Certificates, bills, recovery of credits"):
        certifying.certify(state, daemon)
        credit_recovery.sweep(state)
        credit_recovery.pay_bills(state)
        credit_recovery.invoice(state)
        credit_recovery.pledge(state)
        credit_recovery.recover(state)
    daemon.stop()  # or it would go on posting intervals after the day while these are compared
    with state.driver.step("Replay and compare", by_hand=True):
        reconciliation.reconcile(state)
        state.results.privacy = privacy.measure(state)


def _day(state: DayState, daemon: MeterDaemon) -> None:
    """Interval after interval: commitments, gate, curves, clearing, delivery, readings."""
    line = state.line
    daemon.ready()
    publisher = Publisher(list(state.meters.values()), daemon.broker("street"))
    publisher.start()
    silent = {customer.meter for customer in state.customers[:SILENT]}
    # Long enough before the end for what is missing to be asked for and sent again.
    quiet = range(line.count // 3, line.count // 3 + SILENT_FOR) if line.count >= 12 else range(0)
    held_up = range(quiet.start, quiet.stop + 1)
    for index in range(line.count):
        start = line.at(index)
        state.driver.at(start - GATE_LEAD_S - line.committed_s)
        block = state.chain.block_number()
        bids.commit(state, index)
        state.driver.at(start - GATE_LEAD_S)
        bids.open_curves(state, index)
        clearing.clear(state, index, block)
        if index == line.count // 2:
            clearing.try_worse(state, index)
        state.driver.at(start)
        publisher.publish(index, silent if index in quiet else ())
        faulty = losses.FAULTY_NODE if index == line.count // 2 else None
        flows = power_flow.flow(state, index, faulty)
        state.flows.append(flows)
        for meter, made in state.meters.items():
            made.run(*flows.of(meter))
        state.driver.advance()
        if index >= AHEAD:
            known = index - AHEAD
            waited = {c.node for c in state.customers[:SILENT]} if known + 1 in held_up else ()
            daemon.posted(
                (area, line.at(known))
                for node, area in enumerate(state.areas)
                if node not in waited
            )
            daemon.corrected(start)
    state.driver.at(line.end)
    publisher.publish(line.count)
    # No time passes before every meter has told: else a slow machine would post without them.
    daemon.posted((area, line.at(line.count - 1)) for area in state.areas)
    left = publisher.stop()
    assert not left, f"{left} records were not taken"


def _close(state: DayState, daemon: MeterDaemon) -> None:
    """Late readings are booked by a further run; then nothing can change any more."""
    corrections.wait(state, daemon, state.line.end + state.line.correction_s)
    state.driver.at(state.line.final)
    state.results.corrected = sum(run - 1 for run in daemon.runs.values())


def folder_of(options: DayOptions, what: str) -> Path:
    """Where a report goes."""
    if options.out is not None:
        return options.out
    return HOME / "reports" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{what}"


def _hold(state: DayState) -> None:
    """The chain stays for others to look at, until it is stopped."""
    state.console.print(
        f"the chain stays at {state.chain.url} until Ctrl-C; its contracts:"
        f" --deployments {state.folder / 'deployments'}",
        soft_wrap=True,
        highlight=False,
    )
    while True:
        time.sleep(1)
