"""What the benchmark of validators counts and writes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.e2e.consortium.capacity import order_flow, page
from tests.e2e.consortium.capacity.blocks import Act, Block, Span, executed, span
from tests.e2e.consortium.capacity.firms import FirmYear, StepTaken
from tests.e2e.consortium.capacity.order_flow import Fate, Feed
from tests.tonne.sandbox import flows
from tonne.market.order_flow import CANCEL, Command
from tonne.sandbox import order_replay, trial_market

COMMANDS = 80

LOG = """INFO [11-29|11:58:10.014] Imported new chain segment               number=90 hash=1..2 blocks=1 txs=9   mgas=0.410  elapsed="903.367µs" mgasps=0.000
INFO [11-29|11:58:21.495] Imported new chain segment               number=91 hash=3..4 blocks=1 txs=580 mgas=28.000 elapsed=1.400s      mgasps=17.133
INFO [11-29|11:58:26.495] Imported new chain segment               number=92 hash=5..6 blocks=1 txs=580 mgas=20.000 elapsed=500.000ms   mgasps=17.133
INFO [11-29|11:58:31.495] Imported new chain segment               number=93 hash=7..8 blocks=1 txs=580 mgas=16.000 elapsed=100.000ms   mgasps=17.133
"""  # noqa: E501


@pytest.fixture
def stage():
    with trial_market.standing() as standing:
        standing.go(trial_market.FIRST_DAY)
        yield standing


def test_all_commands_are_mined_and_counted_once(stage):
    commands = order_flow.repeated(flows.flow(7, COMMANDS // 2), COMMANDS, 1)
    market, grid = order_flow.prepare(stage, commands)
    chain = stage.chain
    everybody = [who for side in order_flow.players().values() for who in side]
    chain.rpc.batch([("anvil_setBalance", [who.address, hex(10**24)]) for who in everybody])
    chain.rpc.call("evm_setAutomine", False)
    chain.rpc.call("evm_setIntervalMining", 1)
    before = chain.block_number()
    feed = Feed(chain, [chain], market, grid, order_replay.ticks(grid, commands))
    fate = feed.run(commands, 60, lambda said: None)
    assert (fate.mined, fate.lost) == (fate.sent, [])
    assert fate.sent + fate.never_rested == COMMANDS
    assert fate.last > before
    found = span(chain, before + 1, chain.block_number())
    acts = {name: act.transactions for name, act in found.acts.items()}
    assert acts["Exchange.place"] == sum(command.kind != CANCEL for command in commands)
    assert sum(acts.values()) == fate.mined == found.transactions
    assert sum(act.refused for act in found.acts.values()) == fate.refused
    assert found.gas == sum(act.gas for act in found.acts.values())


def test_repeated_flow_keeps_its_order_and_gives_every_order_a_number_of_its_own():
    once = [
        Command(0, "LIMIT", 1, "B", 10, 999),
        Command(5, "CANCEL", 1, "B", 0, 0),
        Command(6, "LIMIT", 2, "S", 11, 1),
    ]
    found = order_flow.repeated(once, 7, 1_000)
    assert [c.seq for c in found] == list(range(7))
    assert [c.order for c in found] == [1, 1, 2, 3, 3, 4, 5]
    assert {c.lots for c in found if c.kind != CANCEL} == {1}


def test_speed_is_the_median_over_blocks_that_are_more_than_half_full(tmp_path):
    log = tmp_path / "log"
    log.write_text(LOG)
    assert executed([log]) == pytest.approx(40.0)
    assert executed([]) == 0.0


def test_a_span_counts_the_time_of_its_first_block_too():
    made = Span([Block(n, 100 + 5 * n, 24_000_000, 240, 90_000) for n in range(10)])
    assert made.seconds == 50
    assert made.share == pytest.approx(0.8)


def test_the_page_has_every_figure():
    blocks = Span(
        [Block(n, 100 + 5 * n, 24_000_000, 240, 90_000) for n in range(120)],
        {"Exchange.place": Act(28_800, 2_880_000_000, 28_800 * 36, 7)},
    )
    fate = Fate(28_801, 28_800, 7, 3, ["0x1"], 1, 120, 640.0, 10.0, 50.0, [6.0, 12.0] * 50)
    steps = [
        StepTaken("deployment and rules", 60.0, blocks),
        StepTaken("surrender of each", 10.0, Span(blocks.blocks[:1])),
    ]
    year = FirmYear(1_000, steps, 10_000, 65_500)
    measured = page.Measured(
        5, 4, year, "Flow.", 12.0, fate, blocks, 100.0, "Geth/v1.13.15-stable/linux"
    )
    text = page.text(measured)
    for figure in (
        "4.80; 80 %", "geth 1.13.15", "| lost | 1 |", "28,801; 28,800", "**55.5 a firm**", "40 minutes",
        "The room in blocks ends first.", "5.55", "| `Exchange.place` | 28,800 | 7 | 100,000 | 36 |",
    ):  # fmt: skip
        assert figure in text, figure
    assert "the whole of that flow" not in text and "14.9 Mt" in text
    flow = "3 minutes of recorded order flow."
    told = page.text(replace(measured, flow=flow))
    assert "| the whole of that flow: 10.2 million commands |" in told
    assert page.text(measured.__class__(5, 4, year, "Flow.", 12.0, fate, blocks, 3.0, "x")).count(
        "The engine ends first."
    )
