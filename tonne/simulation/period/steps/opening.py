"""Step 1: contracts and rules on an empty chain, and the oracle that will carry reports to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tonne.crypto import keystore
from tonne.deployment import deployer, record, scheme_setup
from tonne.deployment.deployer import Settings
from tonne.rules.pack import RulePack
from tonne.simulation.period.model.daemon import Daemon
from tonne.simulation.period.model.state import World


def contracts(world: World) -> Path:
    """Contracts and rules; the deployer keeps nothing."""
    path = market(world, [world.pack])
    scheme(world)
    return path


def market(world: World, packs: Sequence[RulePack]) -> Path:
    """The contracts, for schemes with currencies of their own; the first one's is the market's first.

    One contract holds the allowances of all: who may hold them is what the strictest scheme says.
    """
    officers = world.officers
    first, *others = dict.fromkeys(pack.scheme.currency for pack in packs)
    settings = Settings(
        administrator=officers.bureau.address,
        custody=min(map(scheme_setup.custody, packs)),
        currency_name=f"{first} settlement token",
        currency_symbol=f"{first}X",
        currencies=tuple(others),
        holders={"authority": officers.bureau.address, "currency_issuer": officers.issuer.address},
    )
    folder = world.folder / "deployments"
    deployer.deploy(world.chain, world.keys.account("deployer"), settings, folder)
    return record.path_for(world.chain.chain_id, folder)


def scheme(world: World) -> None:
    """One scheme with its rules, its officers, and who receives its fines."""
    officers = world.officers
    world.currency = scheme_setup.currency_of(world.chain, world.pack)
    scheme_setup.set_up_scheme(
        world.chain,
        officers.bureau,
        world.pack,
        ((officers.second.address, 512), (officers.operator.address, 16)),
    )
    world.send(
        officers.bureau,
        "Compliance",
        "setTreasury",
        world.scheme,
        world.chain[world.currency],
        officers.treasury,
    )


def oracle(world: World, deployment: Path) -> Daemon:
    """The oracle's own key, in a keystore only this run knows the passphrase of."""
    sender = world.keys.account("oracle")
    world.chain.fund([sender])
    secret = world.folder / "oracle.passphrase"
    secret.write_text(world.keys.account("passphrase").key.hex() + "\n", encoding="utf-8")
    path = world.folder / "oracle.keystore.json"
    keystore.write(path, sender, secret.read_text(encoding="utf-8").strip(), keystore.WEAK)
    return Daemon(world.chain.url, deployment, world.folder, path, secret, world.advance)
