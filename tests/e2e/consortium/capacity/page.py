"""The figures of `docs/capacity.md`; its text is in `capacity.md.j2`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

from jinja2 import Environment, StrictUndefined

from tests.e2e.consortium.capacity.blocks import Span
from tests.e2e.consortium.capacity.firms import FirmYear
from tests.e2e.consortium.capacity.order_flow import Fate
from tonne.sandbox.consortium.genesis import BLOCK_GAS

TEMPLATE: Final = Path(__file__).with_name("capacity.md.j2")
DAY_S: Final = 86_400
#: Firms at a deadline, and in a state, that the page reckons with.
DEADLINE_FIRMS: Final = 10_000
ACCOUNTS: Final = (10_000, 100_000)
#: [bytes] of a word of storage in a node's flat state: hashed address, hashed place, value with its length.
WORD_BYTES: Final = 32 + 32 + 33
#: A sealed auction: bids, and gas of each (`commit`, `reveal`, `clear` and `settle` of docs/gas.md).
BIDS, BID_GAS = 2_000, 149_000 + 92_000 + 29_000
#: Orders and cancellations of a firm on a busy day.
BUSY_COMMANDS: Final = 30
#: Commands of the whole flow for each recorded one: of orders that never traded a tenth was recorded.
WHOLE_FLOW: Final = 9.83
#: Commands a trade, as recorded; and [t] of one.
COMMANDS, TRADE_T = 78, 1_000
#: What carbon markets trade in a day [t]; the page names the sources.
TRADED: Final = {
    "China's allowances on their busiest day": 14_880_000,
    "EU allowances on all exchanges, a day of 2023": 36_200_000,
}
#: Acts shown: those with most gas.
ACTS: Final = 12


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of the benchmark."""

    period_s: int
    validators: int
    year: FirmYear
    flow: str  # where it is from
    pace: float  # commands a second where it was recorded
    fate: Fate
    blocks: Span  # of the flow
    executed: float  # [Mgas/s] by one node
    client: str

    @property
    def recorded(self) -> bool:
        """Whether the flow is the recorded one, of which orders that never traded were thinned."""
        return "recorded" in self.flow

    @property
    def rate(self) -> float:
        """[gas/s] that blocks have room for."""
        return BLOCK_GAS / self.period_s

    @property
    def command_gas(self) -> float:
        return self.blocks.gas / max(1, self.blocks.transactions)

    @property
    def flow_s(self) -> float:
        """[s] that the flow took where it was recorded."""
        return self.fate.sent / self.pace


def text(m: Measured) -> str:
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(_shared(m) | _flow(m) | _limit(m) | _period(m) | _state(m) | _needs(m))


def _shared(m: Measured) -> dict[str, Any]:
    return {
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "validators": m.validators,
        "client": "geth " + m.client.split("/v")[-1].partition("-")[0],
        "room_m": BLOCK_GAS // 10**6,
        "period_s": m.period_s,
        "processors": os.cpu_count(),
    }


def _flow(m: Measured) -> dict[str, Any]:
    blocks, fate = m.blocks, m.fate
    used = blocks.gas / max(1, blocks.seconds)
    waits = quantiles(fate.waits, n=100)
    return {
        "flow": m.flow,
        "flow_min": f"{m.flow_s / 60:.0f}",
        "acts": sorted(blocks.acts.items(), key=lambda item: -item[1].gas)[:ACTS],
        "flow_rows": [
            ("commands sent; mined", f"{fate.sent:,}; {fate.mined:,}"),
            ("lost", len(fate.lost)),
            ("refused by the book", f"{fate.refused:,}"),
            ("cancellations not sent: the order never rested", f"{fate.never_rested:,}"),
            ("blocks; seconds of the chain", f"{len(blocks.blocks):,}; {blocks.seconds:,}"),
            ("commands a second", f"{blocks.transactions / max(1, blocks.seconds):.1f}"),
            ("gas a command", f"{m.command_gas:,.0f}"),
            (
                "million gas a second; of the room in blocks",
                f"{used / 1e6:.2f}; {100 * blocks.share:.0f} %",
            ),
            (
                "from posting to a final receipt: median; p99",
                f"{waits[49]:.0f} s; {waits[98]:.0f} s",
            ),
            ("bytes of blocks a command", f"{blocks.size // max(1, blocks.transactions):,}"),
        ],
    }


def _limit(m: Measured) -> dict[str, Any]:
    fate = m.fate
    signed = fate.sent / fate.signing if fate.signing else 0.0
    posted = fate.sent / fate.posting if fate.posting else 0.0
    parts = {
        "The engine": m.executed * 1e6,
        "The client's signing": signed * m.command_gas,
        "Posting": posted * m.command_gas,
        "The room in blocks": m.rate,
    }
    least = min(parts, key=lambda part: parts[part])
    told = f"{least} ends first."
    if least == "The room in blocks":
        told += " The engine has time for larger or more frequent blocks, which every node's disk pays for."
    return {
        "rate_m": f"{m.rate / 1e6:.1f}",
        "executed": f"{m.executed:,.0f}",
        "signed": f"{signed:,.0f}",
        "posted": f"{posted:,.0f}",
        "first_limit": told,
    }


def _period(m: Measured) -> dict[str, Any]:
    year, played = m.year, m.year.steps[1:]
    rush = year.steps[-1]
    each = rush.span.gas // max(1, rush.span.transactions)
    blocks = -(-each * DEADLINE_FIRMS // BLOCK_GAS)
    return {
        "firms": f"{year.firms:,}",
        "steps": [
            (
                step.title,
                f"{step.span.transactions:,}",
                f"{step.seconds:,.0f}",
                f"{step.span.gas / 1e6:,.1f}",
                f"{100 * step.span.share:.0f} %",
                f"{step.span.size / 1e6:,.2f}",
            )
            for step in year.steps
        ],
        "firm_gas": f"{sum(step.span.gas for step in played) // year.firms:,}",
        "firm_bytes": f"{sum(step.span.size for step in played) // year.firms:,}",
        "rush_s": f"{rush.seconds:,.0f}",
        "rush_gas": f"{each:,}",
        "deadline_firms": f"{DEADLINE_FIRMS:,}",
        "deadline_blocks": blocks,
        "deadline_s": blocks * m.period_s,
    }


def _state(m: Measured) -> dict[str, Any]:
    words = m.year.words_after - m.year.words_before
    each = words / m.year.firms
    return {
        "words": f"{words:,}",
        "words_each": f"{each:.1f}",
        "word_bytes": WORD_BYTES,
        "accounts": [
            (f"{n:,}", f"{each * n / 1e6:,.2f}", f"{each * n * WORD_BYTES / 1e6:,.0f}")
            for n in ACCOUNTS
        ],
    }


def _needs(m: Measured) -> dict[str, Any]:
    day = m.rate * DAY_S
    commands = m.pace * DAY_S
    firm = sum(step.span.gas for step in m.year.steps[1:]) / m.year.firms
    needs = {
        f"order flow at the pace of the recorded one: {commands / 1e6:.2f} million commands": commands
        * m.command_gas,
        **_whole(m, commands),
        **{
            f"{market}: {tonnes / 1e6:.1f} Mt": tonnes / TRADE_T * COMMANDS * m.command_gas
            for market, tonnes in TRADED.items()
        },
        f"an auction of {BIDS:,} sealed bids, of which half win": BIDS * BID_GAS,
        f"the whole period of {DEADLINE_FIRMS:,} firms": DEADLINE_FIRMS * firm,
        f"{BUSY_COMMANDS} commands of each of {DEADLINE_FIRMS:,} firms": DEADLINE_FIRMS
        * BUSY_COMMANDS
        * m.command_gas,
    }
    return {
        "recorded": m.recorded,
        "day_g": f"{day / 1e9:,.0f}",
        "commands_a_trade": COMMANDS,
        "trade_t": f"{TRADE_T:,}",
        "needs": [
            (what, f"{gas / 1e9:,.1f}", f"{100 * gas / day:.1f} %") for what, gas in needs.items()
        ],
    }


def _whole(m: Measured, commands: float) -> dict[str, float]:
    """[gas] a day of the flow before it was thinned; nothing of another one."""
    if not m.recorded:
        return {}
    whole = WHOLE_FLOW * commands
    return {f"the whole of that flow: {whole / 1e6:.1f} million commands": whole * m.command_gas}
