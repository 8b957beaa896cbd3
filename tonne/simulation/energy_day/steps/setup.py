"""What every run of the energy market begins with: contracts, people, and the meters' oracle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from tonne import files
from tonne.crypto import keystore
from tonne.deployment import deployer, founding, record
from tonne.deployment.deployer import Settings
from tonne.sandbox import temp_folders
from tonne.simulation.energy_day.model.plan import (
    GATE_LEAD_S,
    HOLD_S,
    NOTICE_S,
    PRICE_CAP,
    SETTLEMENT_BOND,
    SETTLEMENT_WINDOW_S,
    WINDOW_S,
    DayOptions,
)
from tonne.simulation.energy_day.model.state import DayState
from tonne.simulation.energy_day.steps import bids, city_broker, opening
from tonne.simulation.energy_day.steps.city_broker import CityBroker
from tonne.simulation.energy_day.steps.daemon import MeterDaemon

#: Nodes that the scheme may add at least, and half as many of the arcs.
GRID_SHARE = 32


def begin(state: DayState) -> Path:
    """The contracts, of which the deployer keeps nothing; the people; the oracle's bond. Returns the
    deployment's file."""
    bureau = state.keys.account("bureau").address
    settings = Settings(
        administrator=bureau,
        currency_name="settlement token",
        currency_symbol="SETX",
        holders={
            "authority": bureau,
            "currency_issuer": bureau,
            "guardian": _guardian(state),
        },
        founded=False,
        grid_notice=NOTICE_S,
        grid_share=max(GRID_SHARE, state.grid.nodes),
        power_interval=state.line.interval_s,
        power_gate_lead=GATE_LEAD_S,
        power_window=WINDOW_S,
        power_hold=HOLD_S,
        power_price_cap=PRICE_CAP,
        power_guarantee=bids.GUARANTEE,
        settlement_window=SETTLEMENT_WINDOW_S,
        settlement_bond=SETTLEMENT_BOND,
    )
    folder = state.folder / "deployments"
    deployer.deploy(state.chain, state.keys.account("deployer"), settings, folder)
    opening.register(state)
    opening.bond(state)
    return record.path_for(state.chain.chain_id, folder)


def found(state: DayState) -> None:
    """The founding, once the market knows its credits: acts of roles wait from here on."""
    appointed = founding.arguments(_guardian(state), founding.DELAY_S)
    state.driver.send(state.bureau, founding.MANAGER, "found", *appointed)


def _guardian(state: DayState) -> str:
    return state.keys.account("guardian").address


def daemon_of(state: DayState, deployment: Path) -> MeterDaemon:
    """The oracle's own key, in a keystore only this run knows the passphrase of."""
    notary = state.account_of("notary")
    state.chain.fund([notary])
    secret = state.folder / "oracle.passphrase"
    files.write(secret, state.keys.account("passphrase").key.hex() + "\n", files.PRIVATE)
    path = state.folder / "oracle.keystore.json"
    keystore.write(path, notary, secret.read_text(encoding="utf-8").strip(), keystore.WEAK)
    city = CityBroker(state.folder) if city_broker.is_wanted(state.options.meters) else None
    folder = state.folder / "oracle"
    return MeterDaemon(state.chain, state.line, deployment, folder, path, secret, city=city)


@contextmanager
def scratch_folder(options: DayOptions) -> Iterator[Path]:
    """Where journal, leaves and logs of the run lie; gone afterwards unless they are kept."""
    folder = temp_folders.make("energy", in_memory=options.meters <= city_broker.MANY)
    try:
        yield folder.path
    finally:
        if options.keep:
            folder.keep()
            Console(stderr=True).print(f"kept: {folder.path}")
        else:
            folder.remove()
