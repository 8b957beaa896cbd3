"""`brownie run seed`: registers a few named participants in the market of `brownie run deploy`.

For test chains only: every key is derived from a name. `tonne up` deploys and seeds at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from brownie import web3
from web3 import HTTPProvider

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.deployment import founding, record, roles
from tonne.deployment.deployer import Settings, deploy
from tonne.rules import pack as rule_packs
from tonne.sandbox import seed_market

PACK = Path(__file__).resolve().parents[1] / "schemes" / "china-national.toml"
PERIOD = "2019-20"


def main() -> seed_market.SeedMarket:
    """Deploys where nothing is deployed yet, then plays the year up to the first session."""
    assert isinstance(web3.provider, HTTPProvider), "The network needs an HTTP node."
    chain = Chain(str(web3.provider.endpoint_uri))
    pack = rule_packs.load(PACK)
    people = seed_market.people()
    holders = {name: people[name].address for name in roles.HOLDERS}
    settings = Settings(people["administrator"].address, holders, founded=False)
    folder = Path(os.environ.get("TONNE_DEPLOYMENTS", record.FOLDER))
    deploy(chain, Account.from_seed("tonne", "deployer"), settings, folder)
    market = seed_market.seed(chain, pack, pack.period(PERIOD), people, _tell)
    founding.found(chain, people["administrator"], people["guardian"].address)
    for name, number in market.participants.items():
        print(f"{number:>3} {name:<12} {people[name].address}")
    return market


def _tell(done: int, total: int, what: str) -> None:
    print(f"{done:>3}/{total} {what}")
