"""Step 1: contracts and rules on an empty chain, and the oracle that will carry reports to it."""

from __future__ import annotations

from pathlib import Path

from tonne import deploy, deployments, keystore, setup
from tonne.deploy import Settings
from tonne.period.daemon import Daemon
from tonne.period.world import World


def contracts(world: World) -> Path:
    """Contracts and rules; the deployer keeps nothing."""
    officers = world.officers
    settings = Settings(
        administrator=officers.bureau.address,
        custody=setup.custody(world.pack),
        currency_name=f"{world.pack.scheme.currency} settlement token",
        currency_symbol=f"{world.pack.scheme.currency}X",
        holders={"authority": officers.bureau.address, "currency_issuer": officers.issuer.address},
    )
    folder = world.folder / "deployments"
    deploy.deploy(world.chain, world.keys.account("deployer"), settings, folder)
    setup.set_up_scheme(
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
        world.chain["SettlementCurrency"],
        officers.treasury,
    )
    return deployments.path_for(world.chain.chain_id, folder)


def oracle(world: World, deployment: Path) -> Daemon:
    """The oracle's own key, in a keystore only this run knows the passphrase of."""
    sender = world.keys.account("oracle")
    world.chain.fund([sender])
    secret = world.folder / "oracle.passphrase"
    secret.write_text(world.keys.account("passphrase").key.hex() + "\n", encoding="utf-8")
    path = world.folder / "oracle.keystore.json"
    keystore.write(path, sender, secret.read_text(encoding="utf-8").strip(), keystore.WEAK)
    return Daemon(world.chain.url, deployment, world.folder, path, secret, world.advance)
