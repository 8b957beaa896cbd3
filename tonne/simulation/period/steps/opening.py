"""Step 1: contracts and rules on an empty chain, and the oracle that will carry reports to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tonne import files
from tonne.crypto import keystore
from tonne.deployment import deployer, founding, record, scheme_setup
from tonne.deployment.deployer import Settings
from tonne.rules.pack import RulePack
from tonne.simulation.period.model.daemon import EmissionDaemon
from tonne.simulation.period.model.state import PeriodState


def contracts(state: PeriodState) -> Path:
    """Contracts and rules; the deployer keeps nothing."""
    path = market(state, [state.pack])
    scheme(state)
    found(state)
    return path


def market(state: PeriodState, packs: Sequence[RulePack]) -> Path:
    """The contracts, for schemes with currencies of their own; the first one's is the market's first.

    One contract holds the allowances of all: who may hold them is what the strictest scheme says.
    """
    officers = state.officers
    first, *others = dict.fromkeys(pack.scheme.currency for pack in packs)
    settings = Settings(
        administrator=officers.bureau.address,
        custody=min(map(scheme_setup.custody, packs)),
        currency_name=f"{first} settlement token",
        currency_symbol=f"{first}X",
        currencies=tuple(others),
        holders={
            "authority": officers.bureau.address,
            "currency_issuer": officers.issuer.address,
            "guardian": _guardian(state),
        },
        founded=False,
    )
    folder = state.folder / "deployments"
    deployer.deploy(state.chain, state.keys.account("deployer"), settings, folder)
    return record.path_for(state.chain.chain_id, folder)


def scheme(state: PeriodState) -> None:
    """One scheme with its rules, its officers, and who receives its fines."""
    officers = state.officers
    arbiter = (officers.second, 0, True)
    state.driver.send(officers.bureau, "Participants", "setArbiter", *arbiter)
    state.currency = scheme_setup.currency_of(state.chain, state.pack)
    scheme_setup.set_up_scheme(
        state.chain,
        officers.bureau,
        state.pack,
        ((officers.second.address, 512), (officers.operator.address, 16)),
    )
    state.driver.send(
        officers.bureau,
        "Compliance",
        "setTreasury",
        state.scheme,
        state.chain[state.currency],
        officers.treasury,
    )


def found(state: PeriodState) -> None:
    """The founding, once all schemes have their officers: acts of roles wait from here on."""
    appointed = founding.arguments(_guardian(state), founding.DELAY_S)
    state.driver.send(state.officers.bureau, founding.MANAGER, "found", *appointed)


def _guardian(state: PeriodState) -> str:
    return state.keys.account("guardian").address


def oracle(state: PeriodState, deployment: Path) -> EmissionDaemon:
    """The oracle's own key, in a keystore only this run knows the passphrase of."""
    sender = state.keys.account("oracle")
    state.chain.fund([sender])
    secret = state.folder / "oracle.passphrase"
    files.write(secret, state.keys.account("passphrase").key.hex() + "\n", files.PRIVATE)
    path = state.folder / "oracle.keystore.json"
    keystore.write(path, sender, secret.read_text(encoding="utf-8").strip(), keystore.WEAK)
    return EmissionDaemon(
        state.chain.url, deployment, state.folder, path, secret, state.driver.advance
    )
