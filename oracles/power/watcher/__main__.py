"""`python -m oracles.power.watcher`: the watcher's process."""

from __future__ import annotations

from typing import Final

from oracles.power.watcher.settled import GAS_MOST, LINES
from oracles.power.watcher.watching import RECEIPTS, Watching, effect
from oracles.runtime.commands import app_of
from oracles.runtime.daemon import DaemonKind, working
from oracles.runtime.journal import Journal
from oracles.runtime.process import run_app
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.power.intervals import MarketTerms


def role(chain: Chain, sender: Account) -> str:
    """Any key may send its calls; the market has to exist."""
    hold = MarketTerms.read(chain).hold_s
    return f"any key may; receipts are disputed until {hold} s after an interval's start"


KIND: Final = DaemonKind(
    name="watcher",
    contract="PowerMarket",
    gas=GAS_MOST,
    journal=Journal,
    cycle=working(Watching),
    effect=effect,
    needs={"role": role},
    kept=(RECEIPTS, LINES),
)

app = app_of(KIND)

if __name__ == "__main__":
    run_app(app)
