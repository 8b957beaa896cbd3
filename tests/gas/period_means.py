"""Gas of traders' calls in a period, and of batches of reports, opcode by opcode: means of all such calls.

`python -m tests.gas.period_means [EMITTERS]` plays `tonne period` and replays each call in its block (see
`opcodes.of_replay`).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest import mock

from rich.console import Console

from tests.gas import opcodes
from tests.gas.opcodes import COMPUTING, PARTS, REFUND, TRANSACTION, Parts
from tonne.chain.client import Call, Chain, Receipt
from tonne.sandbox.steps import ChainDriver
from tonne.simulation.period import run as period_run
from tonne.simulation.period.model.costs import Costs
from tonne.simulation.period.model.plan import PeriodOptions

EMITTERS: Final = 300
#: States of past blocks that the node keeps: a call is replayed when its step has ended.
STATES: Final = 64
CASH: Final = "transferAndCall"
UNITS: Final = "safeTransferFrom, with orders"
SURRENDER: Final = "surrenderFromLedger"
BATCH: Final = "submitBatch"

Found = dict[str, list[Parts]]


def measure(emitters: int = EMITTERS) -> Found:
    """Parts of each call of a kind that succeeded in a period, and of each batch of 100 reports."""
    found: Found = {kind: [] for kind in (CASH, UNITS, SURRENDER, BATCH)}
    with _replayed(found), TemporaryDirectory(prefix="tonne-gas-") as folder:
        period_run.run(PeriodOptions(emitters=emitters, out=Path(folder)), Console(quiet=True))
    return found


def kind_of(call: Call) -> str | None:
    """Column of a call; None for another call."""
    if call.function == "safeTransferFrom":
        return UNITS if call.args[-1] else None
    return call.function if call.function in (CASH, SURRENDER) else None


@contextmanager
def _replayed(found: Found) -> Iterator[None]:
    """Calls of a period are replayed when they were sent, batches once the oracle's costs are counted."""
    send_all, count_reports = ChainDriver.send_all, Costs.reports

    def sent(driver: ChainDriver, calls: Any, check: bool = True) -> list[Receipt]:
        calls = list(calls)
        receipts = send_all(driver, calls, check)
        for call, receipt in zip(calls, receipts, strict=True):
            kind = kind_of(call)
            if kind is not None and receipt.error is None:
                found[kind].append(opcodes.of_replay(driver.chain, receipt.hash))
        return receipts

    def reported(costs: Costs, chain: Chain, oracle: str, first: int) -> None:
        count_reports(costs, chain, oracle, first)
        events = chain.logs("EmissionsOracle", first=first)
        reports = Counter(event.tx_hash for event in events)
        for transaction, number in reports.items():
            if number > 100:
                found[BATCH].append(opcodes.of_replay(chain, transaction))

    with (
        mock.patch.object(ChainDriver, "send_all", sent),
        mock.patch.object(Costs, "reports", reported),
        mock.patch.object(period_run, "STATES", STATES),
    ):
        yield


def mean(found: Sequence[Parts]) -> tuple[dict[str, float], dict[str, float]]:
    """Mean gas and mean number of steps, by part."""
    gas = {part: sum(one[part] for one, _ in found) / len(found) for part in PARTS}
    count = {part: sum(one[part] for _, one in found) / len(found) for part in PARTS}
    return gas, count


def table(found: Found) -> str:
    """Lines of Markdown."""
    means = {kind: mean(calls) for kind, calls in found.items() if calls}
    lines = ["| | " + " | ".join(f"`{kind}`" for kind in means) + " |"]
    lines.append("|---|" + "---:|" * len(means))
    for part in PARTS:
        cells = [_cell(gas[part], count[part], part) for gas, count in means.values()]
        lines.append(f"| {part} | " + " | ".join(cells) + " |")
    totals = [sum(gas.values()) for gas, _ in means.values()]
    fixed = [sum(gas.values()) - gas[COMPUTING] for gas, _ in means.values()]
    for name, row in (("in all", totals), ("without computing", fixed)):
        lines.append(f"| **{name}** | " + " | ".join(f"{gas / 1000:.1f}k" for gas in row) + " |")
    lines.append("| calls | " + " | ".join(str(len(found[kind])) for kind in means) + " |")
    return "\n".join(lines) + "\n"


def _cell(gas: float, count: float, part: str) -> str:
    if not gas:
        return "–"
    told = f"{gas / 1000:.1f}k"
    return told if part in (TRANSACTION, REFUND, COMPUTING) else f"{told} ({count:.1f})"


def main(tell: Callable[[str], object] = sys.stdout.write, emitters: int = EMITTERS) -> None:
    tell(table(measure(emitters)))


if __name__ == "__main__":
    main(emitters=int(sys.argv[1]) if len(sys.argv) > 1 else EMITTERS)
