"""`brownie run deploy`: the same function as `tonne deploy`.

Test chains such as `development` need no key. Elsewhere name a Brownie account, which pays and keeps no
role, and the administrator: `brownie run deploy main my-account 0x… --network NAME`.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from brownie import accounts, web3
from brownie.network.account import LocalAccount
from web3 import HTTPProvider

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.deployment import granted_roles, record
from tonne.deployment.deployer import deploy, settings_for


def main(account: str | None = None, administrator: str | None = None) -> record.Deployment:
    """Deploys the market on Brownie's network; prints contracts and roles."""
    assert isinstance(web3.provider, HTTPProvider), "The network needs an HTTP node."
    chain = Chain(str(web3.provider.endpoint_uri))
    deployer, settings = settings_for(chain, _account(account) if account else None, administrator)
    # On a test chain `brownie run seed` founds, once it has appointed officers.
    settings = replace(settings, founded=chain.kind == "other")
    folder = Path(os.environ.get("TONNE_DEPLOYMENTS", record.FOLDER))
    deployment = deploy(chain, deployer, settings, folder, _tell)
    for entry in deployment.contracts.values():
        print(f"{entry.name:<20} {entry.address}")
    for power in granted_roles.walk(chain, deployment.first_block).roles:
        print(f"{power.name:<14} {power.holder} {power.contract}.{power.function}")
    print(f"Recorded in {record.path_for(chain.chain_id, folder)}.")
    return deployment


def _account(name: str) -> Account:
    """An account of Brownie's by name; Brownie asks for its passphrase."""
    loaded = accounts.load(name)
    assert isinstance(loaded, LocalAccount)
    return Account(loaded.private_key)


def _tell(done: int, total: int, what: str) -> None:
    print(f"{done:>3}/{total} {what}")
