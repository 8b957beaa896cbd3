"""`tonne deploy`: deploy the contracts, or complete an interrupted deployment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tonne.cli.chain import guardian, roles
from tonne.cli.core.command import command
from tonne.cli.core.options import AMOUNT
from tonne.cli.core.output import errors, parse_money, table
from tonne.cli.core.session import Signer, address_of
from tonne.constants import DAY_S, HOUR_S
from tonne.errors import refused

if TYPE_CHECKING:
    from tonne.chain.client import Chain
    from tonne.crypto.accounts import Account
    from tonne.deployment.deployer import Settings


#: Decimals of an energy credit.
CREDIT_DECIMALS: Final = 6

#: Said where no person is named.
FROM_NAMES: Final = (
    "A sandbox: the keys of its administrator, guardian and roles are made from names that everybody knows."
    " For people of your own name --administrator and --holder."
)


@command(needs=Signer)
def deploy(
    session: Signer,
    administrator: Annotated[
        str | None,
        typer.Option(
            help="Address or keystore file that administers the roles; required off test chains."
        ),
    ] = None,
    holder: Annotated[
        list[str] | None,
        typer.Option(
            help="Holder of a role, NAME=ADDRESS or NAME=FILE; default: the administrator. Repeatable."
        ),
    ] = None,
    delay: Annotated[
        int, typer.Option(help="Days that acts of roles wait once the market is founded.")
    ] = 2,
    currency: Annotated[
        list[str] | None,
        typer.Option(help="Code of a further settlement currency, e.g. EUR. Repeatable."),
    ] = None,
    power_interval: Annotated[
        int, typer.Option(help="Interval that power is traded in [s]; divides a day.")
    ] = 900,
    power_gate: Annotated[
        int, typer.Option(help="Time from gate closure to an interval's start [s].")
    ] = 600,
    power_window: Annotated[
        int, typer.Option(help="Time from gate closure for clearings to be proposed [s].")
    ] = 300,
    power_cap: Annotated[
        str, typer.Option(help=f"Price cap of power [credits/kWh]. {AMOUNT}")
    ] = "10",
    grid_nodes: Annotated[
        int, typer.Option(help="Nodes of the power grid that a scheme may add, of 64.")
    ] = 32,
    settlement_window: Annotated[
        int, typer.Option(help="Time in which a day's list can be disputed [h].")
    ] = 24,
    settlement_bond: Annotated[
        str, typer.Option(help=f"Least bond of who settles, its loss by something false. {AMOUNT}")
    ] = "1,000",
) -> None:
    """Deploy the market on a chain, or complete an interrupted deployment.

    Test chains (Anvil, Ganache) need no key and no names: then everybody knows the keys of all roles.
    Else the key pays for gas and keeps no role at the end. The market is founded: acts of its roles
    wait from then on, and its guardian, named with `--holder guardian=0x…`, can cancel them. Prints the
    role matrix read from the chain's events.
    """
    from tonne.chain.client import Chain
    from tonne.deployment import deployer, granted_roles, power_terms, record
    from tonne.progress import ProgressDisplay
    from tonne.sandbox.steps import compile_contracts

    chain = Chain(session.rpc)
    account, settings = _settings(session, chain, administrator, holder or [])
    settings = replace(
        settings,
        currencies=tuple(currency or ()),
        delay=delay * DAY_S,
        power_interval=power_interval,
        power_gate_lead=power_gate,
        power_window=power_window,
        power_price_cap=parse_money(power_cap, CREDIT_DECIMALS),
        grid_share=grid_nodes,
        settlement_window=settlement_window * HOUR_S,
        settlement_bond=parse_money(settlement_bond, CREDIT_DECIMALS),
    )
    power_terms.require(settings)
    compile_contracts(errors, hidden=session.as_json)
    with ProgressDisplay(errors, hidden=session.as_json) as display:
        display.expect([("deploying", 1.0)])
        count = display.counter("deploying")
        deployment = deployer.deploy(chain, account, settings, session.folder, count)
    path = record.path_for(chain.chain_id, session.folder)
    granted = granted_roles.walk(chain, deployment.first_block)
    rows = [(e.name, e.address, e.block) for e in deployment.contracts.values()]
    session.show(
        {
            "file": path,
            "chainId": chain.chain_id,
            "contracts": {e.name: e.address for e in deployment.contracts.values()},
            "powers": roles.data(granted),
        },
        table(f"Chain {chain.chain_id}", ("contract", "address", ">block"), rows),
        "",
        *roles.tables(chain, granted),
        guardian.waiting_table(session, granted.waiting),
        f"\nRoles of the deployer {deployment.deployer}: "
        f"{', '.join(granted.of(deployment.deployer)) or 'none'}.",
        f"Recorded in {path}.",
        *([] if administrator else [FROM_NAMES]),
    )


def _settings(
    session: Signer, chain: Chain, administrator: str | None, holders: list[str]
) -> tuple[Account, Settings]:
    """The deploying account, and the holders of the roles by name."""
    from tonne.deployment import roles as known
    from tonne.deployment.deployer import settings_for

    named = {}
    for entry in holders:
        name, _, who = entry.partition("=")
        if name not in known.HOLDERS or not who:
            raise refused("DEPLOY_BAD_HOLDER", entry=entry, holders=", ".join(known.HOLDERS))
        named[name] = address_of(who, "holder")
    account = session.account if session.has_key else None
    chosen = None if administrator is None else address_of(administrator, "administrator")
    return settings_for(chain, account, chosen, named)
