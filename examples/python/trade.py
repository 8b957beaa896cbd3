"""A whole market with nothing but the wheel and Anvil: deploy, seed, trade, retire, read it back.

pip install build/dist/tonne-*.whl && python examples/python/trade.py     # `anvil` in the PATH
"""

import tempfile
from pathlib import Path

from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.deployment import founding
from tonne.deployment.deployer import Settings, deploy
from tonne.errors import TonneError
from tonne.market import fills
from tonne.market.order_encoding import OrderRequest, Side, TimeInForce
from tonne.rules import pack as rule_packs
from tonne.sandbox import node, seed_market

pack = rule_packs.load("china-national")
period = pack.period("2019-20")
people = seed_market.people()
trader = people["trader"]

with (
    node.start(timestamp=seed_market.start_time(pack, period)) as running,
    Chain(running.url) as chain,
    tempfile.TemporaryDirectory() as folder,
):
    holders = {name: people[name].address for name in ("authority", "currency_issuer")}
    settings = Settings(people["administrator"].address, holders, founded=False)
    deploy(chain, Account.from_seed("example"), settings, Path(folder))
    # Three plants, their reports, a first session.
    market = seed_market.seed(chain, pack, period, people)
    # From here on every new controller, role or source waits two days; the guardian can cancel it.
    founding.found(chain, people["administrator"], people["guardian"].address)
    # Buy 6,000 t at up to 48.50, and nothing less than 2,000.
    order = OrderRequest(
        market=market.market,
        side=Side.BUY,
        tick=4850,
        lots=6_000,
        minimum_lots=2_000,
        time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL,
    )
    receipt = chain.send(trader, "Exchange", "place", order.pack())
    filled = [event for event in chain.events(receipt) if event.name == "OrdersFilled"]
    for fill in fills.decode(filled[0].args["fills"]):
        print(f"{fill.lots:,} t at {fill.tick / 100:.2f}")
    # Ten of its offset credits, retired in the name of a bakery.
    today = chain.now() // 86_400
    claim = ("Hana's bakery", bytes(32), "bread", today, today, b"NZ")
    chain.send(trader, "RetirementRegistry", "retire", market.credit, 10, claim)
    number = chain.call("RetirementRegistry", "lastCertificate")
    print(f"certificate {number}: {chain.call('RetirementRegistry', 'certificate', number)}")
    # A refusal of the chain is an error with a readable sentence.
    try:
        chain.send(trader, "RetirementRegistry", "retire", market.credit, 10**9, claim)
    except TonneError as error:
        print(error)
