"""`python -m oracles.power.aggregator`: the aggregator's process."""

from __future__ import annotations

from typing import Final

from oracles.power.aggregator.bidding import GAS_MOST, Bidding, effect
from oracles.power.aggregator.customers import INSTRUCTIONS, accounts_named
from oracles.power.aggregator.journal import AggregatorJournal
from oracles.power.aggregator.papers import BOOKS, RECEIPTS
from oracles.runtime.commands import app_of
from oracles.runtime.daemon import DaemonKind, working
from oracles.runtime.process import run_app
from oracles.runtime.remote_signer import RemoteAccount
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.errors import refused
from tonne.power.instructions import ACCOUNT_KEYS, ACCOUNTS
from tonne.power.intervals import MarketTerms

#: `WalletRights.TRADE`.
TRADE: Final = 1


def role(chain: Chain, sender: Account) -> str:
    """Whether the sender may bid, at which nodes, and the cover of its deposit."""
    if isinstance(sender, RemoteAccount):
        raise refused("AGGREGATOR_CHECK_SIGNER", sender_address=sender.address)
    number, rights, _ = chain.call("Participants", "walletOf", sender.address)
    if not number or not rights & TRADE:
        raise refused("AGGREGATOR_CHECK_ROLE", sender_address=sender.address)
    nodes = chain.call("PowerGrid", "counts")[0]
    known = chain.now() + chain.call(
        "PowerGrid", "NOTICE"
    )  # registrations count from their block on
    terms = chain.call_many(("BidLimits", "termsOf", (n, number, known)) for n in range(nodes))
    places = [str(node) for node, found in enumerate(terms) if found.steps]
    if not places:
        raise refused("AGGREGATOR_CHECK_STEPS", keystore=number)
    deposit = chain.call("PowerMarket", "depositOf", number).amount
    covered = deposit * 1_000 // MarketTerms.read(chain).price_cap
    return f"participant {number}, bids at {', '.join(places)}; the deposit covers {covered} Wh"


KIND: Final = DaemonKind(
    name="aggregator",
    contract="PowerMarket",
    gas=GAS_MOST,
    journal=AggregatorJournal,
    cycle=working(Bidding),
    effect=effect,
    needs={"role": role},
    stored={"accounts": accounts_named},
    kept=(INSTRUCTIONS, RECEIPTS, BOOKS, ACCOUNTS, f"*-{ACCOUNT_KEYS}"),
)

app = app_of(KIND)

if __name__ == "__main__":
    run_app(app)
