"""A street of real shape: its registers through meters, broker, oracle and chain, and what was lost.

Every interval has to close to the watt-hour, and its loss has to be the power flow's, but for what registers
cut off.
"""

from __future__ import annotations

import csv
from contextlib import ExitStack
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from tonne.audit.reconcile import audit
from tonne.chain.client import Chain
from tonne.constants import DAY_S, HOUR_S
from tonne.errors import TonneError, refused
from tonne.meters.publisher import Publisher
from tonne.power.settlement import Position, Tariff, settle
from tonne.sandbox import node
from tonne.sandbox.derived_keys import Keys
from tonne.sandbox.steps import ChainDriver, StepDisplay
from tonne.simulation.energy_day.model import street_file
from tonne.simulation.energy_day.model.plan import (
    AHEAD,
    DayOptions,
    DayTimeline,
)
from tonne.simulation.energy_day.model.state import DayState, aggregator_of
from tonne.simulation.energy_day.model.street_file import GRID_METER, Street
from tonne.simulation.energy_day.steps import corrections
from tonne.simulation.energy_day.steps.daemon import MeterDaemon
from tonne.simulation.energy_day.steps.metering import Register
from tonne.simulation.energy_day.steps.setup import begin, daemon_of, scratch_folder

#: What the street's energy is worth [micro-credit/kWh], and what its network takes.
PRICE = 250_000
TARIFF = Tariff(fee_import=30_000, fee_export=5_000)
#: Nameplate of all its meters [W].
NAMEPLATE_W = 250_000
#: [ppm] Largest share of an injection that is lost: a transformer at night loses a tenth.
MOST_PPM = 500_000


@dataclass(frozen=True, slots=True)
class Closed:
    """An interval of the street [Wh]."""

    start: int
    injected_wh: int
    withdrawn_wh: int
    charged_wh: int
    shares_wh: int
    imbalance_wh: int
    expected_milliwh: int

    @property
    def apart_wh(self) -> float:
        """How far the meters' loss is from the power flow's."""
        return self.charged_wh - self.expected_milliwh / 1000


def run(options: DayOptions, folder: Path, console: Console, out: Path) -> list[Closed]:
    """Plays the street's intervals; writes one row for each into `out`."""
    street = street_file.read(folder)
    count = min(options.intervals or 96, len(street.starts) - options.first)
    if count <= 0:
        raise refused(
            "STREET_INTERVALS", first_interval=options.first, starts_count=len(street.starts)
        )
    start = street.starts[options.first]
    midnight = start - start % DAY_S  # settlement is agreed for whole days to come
    line = DayTimeline(chain=midnight - 4 * HOUR_S, start=start, count=count)
    console.print(
        f"[bold]A street of {len(street.meters)} meters[/bold], {count} quarter-hours from"
        f" {datetime.fromtimestamp(start, UTC):%d %B %Y %H:%M} UTC"
    )
    with ExitStack() as stack:
        scratch = stack.enter_context(scratch_folder(options))
        server = stack.enter_context(node.start(kind=options.chain, timestamp=line.chain))
        chain = stack.enter_context(Chain(server.url))
        keys = Keys(options.seed, "energy street")
        state = DayState(options, line, keys, ChainDriver(chain, StepDisplay(console)), scratch)
        daemon = _begin(state, stack, street)
        with state.driver.step("Readings over MQTT, roots", count, by_hand=True):
            _readings(state, daemon, street)
        with state.driver.step("Losses, shares, settlement"):
            closed = [_close(state, daemon, street, index) for index in range(count)]
        with state.driver.step("Replay and compare", by_hand=True):
            _check(state, closed)
    _write(closed, out / "street.csv")
    _tell(console, closed, out)
    return closed


def _begin(state: DayState, stack: ExitStack, street: Street) -> MeterDaemon:
    with state.driver.step("Deploy; people, a node, its meters"):
        deployment = begin(state)
        state.driver.send(
            state.bureau,
            "MeterOracle",
            "openNode",
            (
                1,
                1,
                1,
                state.number_of("notary"),
                1,
                street_file.STEP_S,
                state.line.correction_s,
                HOUR_S,
                1_800,
            ),
        )
        state.areas = [1]
        book = Register(state)
        for name in street.meters:
            owner = "grid operator" if name == GRID_METER else aggregator_of(0)
            book.add(owner, 0, NAMEPLATE_W)
        book.send()
        state.driver.send(state.bureau, "PowerLosses", "setAreaBound", 1, MOST_PPM)
    daemon = daemon_of(state, deployment)
    stack.callback(daemon.stop)
    daemon.start()
    return daemon


def _readings(state: DayState, daemon: MeterDaemon, street: Street) -> None:
    line, first = state.line, state.options.first
    daemon.ready()
    publisher = Publisher(list(state.meters.values()), daemon.broker("street"))
    publisher.start()
    for index in range(line.count + 1):
        state.driver.at(line.at(index))
        publisher.publish(index)
        if index < line.count:
            for meter, flows in zip(state.meters.values(), street.meters.values(), strict=True):
                meter.run(*flows[first + index])
            state.driver.advance()
        if index > AHEAD:
            daemon.posted([(1, line.at(index - AHEAD - 1))])
            daemon.corrected(line.at(index))
    left = publisher.stop()
    assert not left, f"{left} records were not taken"
    daemon.posted((1, line.at(index)) for index in range(line.count))
    corrections.wait(state, daemon, line.end + line.correction_s - line.final_lead_s)
    state.driver.at(line.final)


def _close(state: DayState, daemon: MeterDaemon, street: Street, index: int) -> Closed:
    """Books the area's loss, deals it out as the chain does, and settles."""
    start = state.line.at(index)
    tree = daemon.leaves(1, start)
    sums = tree.tree.sums
    stranger = state.keys.account("outsider")
    state.driver.send(stranger, "PowerLosses", "bookArea", 1, start, tree.root, sums)
    charged = state.chain.call("PowerLosses", "areaLoss", 1, start).chargedWh
    shares = state.chain.call_many(
        ("PowerLosses", "shareOf", (1, start, tree.proof(place), tree.root, sums))
        for place in range(len(tree.leaves))
    )
    positions = []
    for leaf, share in zip(tree.leaves, shares, strict=True):
        import_wh, export_wh = leaf.interval.counted
        net = export_wh - import_wh
        positions.append(Position(leaf.meter, net, loss_wh=share, volume_wh=abs(net)))
    settled = settle(positions, PRICE, TARIFF)
    money = sum(line.net for line in settled.lines)
    rest = settled.fees + settled.operator + settled.surplus + settled.rounding
    assert money + rest == 0, "money does not close"
    whole = tree.sums
    return Closed(
        start,
        whole.export_wh,
        whole.import_wh,
        charged,
        sum(shares),
        settled.imbalance_wh,
        street.losses[state.options.first + index],
    )


def _check(state: DayState, closed: list[Closed]) -> None:
    """Every interval closes; nothing differs from what the events say."""
    wrong = [c for c in closed if c.imbalance_wh or c.shares_wh != c.charged_wh or _far(state, c)]
    found = audit(state.chain)
    state.driver.note(
        f"{found.values:,} values rebuilt from {found.events:,} events compared,"
        f" {len(found.differences)} differ"
    )
    if wrong or not found.sound:
        raise TonneError(
            "STREET_OPEN",
            f"{len(wrong)} of {len(closed)} intervals do not close, the first at"
            f" {wrong[0].start if wrong else '–'}; {len(found.differences)} values differ.",
            field="street",
            value=len(wrong) + len(found.differences),
            remedy="Look at the rows of street.csv, or run again with --keep.",
        )


def _far(state: DayState, interval: Closed) -> bool:
    """Each register cuts off less than a watt-hour, in either direction."""
    return abs(interval.apart_wh) >= len(state.meters)


def _write(closed: list[Closed], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([f.name for f in fields(Closed)])
        writer.writerows(astuple(c) for c in closed)


def _tell(console: Console, closed: list[Closed], out: Path) -> None:
    lost = sum(c.charged_wh for c in closed)
    flow = sum(c.expected_milliwh for c in closed) / 1000
    most = max(abs(c.apart_wh) for c in closed)
    console.print(
        f"every one of {len(closed)} intervals closes to 0 Wh; lost by the meters {lost:,} Wh, by the"
        f" power flow {flow:,.1f} Wh, at most {most:.1f} Wh apart in an interval",
        highlight=False,
    )
    console.print(f"rows: {out / 'street.csv'}", soft_wrap=True, highlight=False)
