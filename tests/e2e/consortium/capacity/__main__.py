"""`make bench-chain`: a period and an hour of order flow on four validators; writes `docs/capacity.md`.

About half an hour. Needs Go, once, for the engine.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from tests.e2e.consortium import today
from tests.e2e.consortium.capacity import firms, order_flow, page
from tests.e2e.consortium.capacity.blocks import executed, span
from tests.e2e.consortium.drill import Drill, oracle_key
from tests.e2e.consortium.wall_clock import WallClockPeriod
from tests.tonne.sandbox import flows
from tonne import files, paths
from tonne.audit import reconcile
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.deployment import scheme_setup
from tonne.market.order_flow import BUY, SELL, Command, read_commands
from tonne.rules.pack import Period, RulePack
from tonne.sandbox import order_replay, seed_market, trial_market
from tonne.sandbox.consortium import network
from tonne.sandbox.consortium.genesis import BLOCK_GAS
from tonne.sandbox.consortium.network import Consortium

WRITTEN = paths.TREE / "docs" / "capacity.md"
#: [s] A block, as operators have it.
PERIOD_S = 5
#: Commands of the flow that is drawn where none is given; and how many a second, those of a busy pair.
DRAWN, DRAWN_PACE = 4_000, 12.1
#: [gas] of a command at least, so that enough are at hand.
LEAST_GAS = 38_000
#: What recorded quantities are divided by, so that hours of them fit the ledger of a market.
DIVISOR = 1_000
FLOW_SEED = 20261129


def main(
    firms_: Annotated[int, typer.Option("--firms", help="Firms of the period.")] = 2_162,
    minutes: Annotated[float, typer.Option(help="How long order flow is sent.")] = 10.5,
    flow: Annotated[
        Path | None, typer.Option(help="Recorded flow (docs/replay.md) of which it is repeated.")
    ] = None,
    recorded_s: Annotated[float, typer.Option(help="[s] that the recorded flow took.")] = 180.0,
    block_s: Annotated[int, typer.Option(help="[s] Between blocks.")] = PERIOD_S,
    written: Annotated[Path, typer.Option(help="Where the page goes.")] = WRITTEN,
) -> None:
    """Measure what four validators carry, and write the page."""
    with TemporaryDirectory(prefix="tonne-capacity-") as folder:
        rules = today.rules(Path(folder))
        year = _firms(firms_, rules, Path(folder), block_s)
        recorded = flows.flow(FLOW_SEED, DRAWN) if flow is None else read_commands(flow)
        told = (
            "Order flow drawn from a seed: 46 % limits, 18 % cancellations, the rest of other kinds."
            if flow is None
            else f"{recorded_s / 60:.0f} minutes of recorded order flow of one currency pair,"
            f" {len(recorded):,} commands, again and again."
        )
        pace = DRAWN_PACE if flow is None else len(recorded) / recorded_s
        room = int(minutes * 60 * BLOCK_GAS / block_s / LEAST_GAS)
        wanted = order_flow.repeated(recorded, room, 1 if flow is None else DIVISOR)
        measured = _flow(wanted, minutes * 60, rules, Path(folder), block_s, year, told, pace)
    files.write(written, page.text(measured))
    _tell(f"{written} is written")


def _firms(
    count: int, rules: tuple[RulePack, Period], folder: Path, block_s: int
) -> firms.FirmYear:
    with ExitStack() as stack:
        people = seed_market.people()
        unborn = WallClockPeriod(None, rules, people, count, folder)  # keys alone
        rich = [*unborn.everybody(), oracle_key(0)]
        running = stack.enter_context(network.start(block_s, rich, tell=_tell))
        chain = stack.enter_context(Chain(running[1].url))
        drill = Drill(running, WallClockPeriod(chain, rules, people, count, folder), folder)
        stack.callback(lambda: [copy.stop() for copy in drill.oracles])
        year = firms.play(drill, _tell)
        _sound(running, chain)
        return year


def _flow(
    commands: list[Command],
    feed_s: float,
    rules: tuple[RulePack, Period],
    folder: Path,
    block_s: int,
    year: firms.FirmYear,
    told: str,
    pace: float,
) -> page.Measured:
    offices = [
        Account.from_seed("bench", name) for name in ("authority", "issuer", "administrator")
    ]
    who = order_flow.players()
    rich = [*offices, *who[BUY], *who[SELL], Account.from_seed("tonne", "capacity")]
    with ExitStack() as stack:
        running = stack.enter_context(network.start(block_s, rich, tell=_tell))
        nodes = [stack.enter_context(Chain(url)) for url in running.urls]
        chain, (pack, period) = nodes[0], rules
        unit = scheme_setup.allowance(pack, period)
        stage = order_flow.Validators(chain, pack, period, *offices, unit)
        (folder / "flow").mkdir()
        trial_market.set_up(stage, "capacity", folder / "flow")
        market, grid = order_flow.prepare(stage, commands)
        _tell(f"sending orders for {feed_s:,.0f} s")
        feed = order_flow.Feed(chain, nodes, market, grid, order_replay.ticks(grid, commands))
        fate = feed.run(commands, feed_s, _tell)
        blocks = span(chain, fate.first, fate.last)
        _sound(running, chain)
        speed = executed(validator.log for validator in running.validators)
        places = (block_s, len(nodes), year, told, pace)
        return page.Measured(*places, fate, blocks, speed, chain.client)


def _sound(running: Consortium, chain: Chain) -> None:
    """All nodes have one state, and the chain is what its events say."""
    head = running.await_blocks(3) - 3
    states = {
        v.ask("eth_getBlockByNumber", hex(head), False)["stateRoot"] for v in running.validators
    }
    assert len(states) == 1, states
    _tell("auditing")
    found = reconcile.audit(chain)
    assert found.sound and not found.differences, found.differences
    _tell(
        f"one state on {len(running.validators)} nodes; {found.values:,} values audited, no difference"
    )


def _tell(said: str) -> None:
    typer.echo(f"bench-chain {time.strftime('%H:%M:%S')}  {said}", err=True)


if __name__ == "__main__":
    typer.run(main)
