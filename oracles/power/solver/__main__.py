"""`python -m oracles.power.solver`: the solver's process."""

from __future__ import annotations

from typing import Final

from oracles.power.solver.journal import SolverJournal
from oracles.power.solver.solving import GAS_MOST, Solving, effect
from oracles.runtime.commands import app_of
from oracles.runtime.daemon import DaemonKind, working
from oracles.runtime.process import run_app
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.errors import refused
from tonne.power.intervals import MarketTerms


def role(chain: Chain, sender: Account) -> str:
    """Where the pay goes: any key may propose, a participant's alone is paid."""
    terms = MarketTerms.read(chain)
    number = chain.call("Participants", "walletOf", sender.address)[0] or (
        chain.call("PowerMarket", "pseudonymOf", sender.address)
    )
    if not number:
        raise refused("SOLVER_CHECK_ACCOUNT", sender_address=sender.address)
    return f"account {number}, paid {terms.step_fee} micro-credits a step"


KIND: Final = DaemonKind(
    name="solver",
    contract="PowerMarket",
    gas=GAS_MOST,
    journal=SolverJournal,
    cycle=working(Solving),
    effect=effect,
    needs={"role": role},
)

app = app_of(KIND)

if __name__ == "__main__":
    run_app(app)
