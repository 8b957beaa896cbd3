"""`python -m oracles.power.settlement`: the settlement operator's process."""

from __future__ import annotations

from oracles.power.settlement.effects import effect
from oracles.power.settlement.journal import SettlementJournal
from oracles.power.settlement.papers import ACCOUNTS, BOOKS, READINGS
from oracles.power.settlement.settling import GAS_MOST, REPORT, Settling
from oracles.runtime.commands import app_of
from oracles.runtime.daemon import DaemonKind, working
from oracles.runtime.process import run_app
from tonne.chain.client import Chain
from tonne.constants import DAY_S
from tonne.crypto.accounts import Account
from tonne.errors import TonneError, refused
from tonne.power.intervals import MarketTerms


def role(chain: Chain, sender: Account) -> str:
    """Which nodes are the sender's to settle, and whether its bond is enough to begin."""
    number, rights, _ = chain.call("Participants", "walletOf", sender.address)
    first = chain.now() // DAY_S * (DAY_S // MarketTerms.read(chain).interval_s)
    count, _ = chain.call("PowerGrid", "gridAt", chain.now())
    terms = chain.call_many(
        (("PowerSettlement", "termsAt", (node, first)) for node in range(count)), check=False
    )
    nodes = [
        node
        for node, found in enumerate(terms)
        if not isinstance(found, TonneError) and found.operator == number
    ]
    if not number or not rights & REPORT or not nodes:
        raise refused("SETTLEMENT_CHECK_ROLE", sender_address=sender.address)
    bond, debits, _ = chain.call("PowerSettlement", "bondOf", number)
    least = chain.call("PowerSettlement", "BOND") + debits
    if bond < least:
        raise refused("SETTLEMENT_CHECK_BOND", bond=bond, participant=number, required_bond=least)
    return f"settles nodes {', '.join(map(str, nodes))}; bond {bond} micro-credits"


KIND = DaemonKind(
    name="settlement",
    contract="PowerSettlement",
    gas=GAS_MOST,
    journal=SettlementJournal,
    cycle=working(Settling),
    effect=effect,
    needs={"role": role},
    kept=(READINGS, BOOKS, ACCOUNTS),
)

app = app_of(KIND)

if __name__ == "__main__":
    run_app(app)
