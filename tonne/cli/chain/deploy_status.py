"""Commands about the chain itself: deploy, roles, clock, status, keystores."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from tonne.chain import clock
from tonne.chain.client import Chain
from tonne.cli.core.session import (
    DEFAULT_RPC,
    AsJson,
    Folder,
    Keystore,
    MarketNumber,
    Passphrase,
    Rpc,
    SchemeNumber,
    cents,
    connect,
    console,
    errors,
    show,
    table,
)
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.deployment import granted_roles, record, roles
from tonne.deployment.deployer import Settings, settings_for
from tonne.deployment.deployer import deploy as bring_into_being
from tonne.errors import TonneError
from tonne.units.lineage import EX_ANTE, IMMOBILISED
from tonne.units.retirement_certificates import OFFSET_CREDIT

clock_app = typer.Typer(help="Read chain time, and move it on test chains.", no_args_is_help=True)
keystore_app = typer.Typer(help="Make and look at Ethereum keystores.", no_args_is_help=True)


def deploy(
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    administrator: Annotated[
        str | None, typer.Option(help="Address that administers the roles afterwards.")
    ] = None,
    holder: Annotated[
        list[str] | None,
        typer.Option(help="Who holds a role, as NAME=ADDRESS; else the administrator. Repeatable."),
    ] = None,
    currency: Annotated[
        list[str] | None,
        typer.Option(help="Code of a further settlement currency, e.g. EUR. Repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Deploy the market on a chain, or complete an interrupted deployment.

    On a test chain (Anvil, Ganache) no key is needed. Elsewhere the keystore pays, and gives up
    every power at the end. Prints the role matrix as the chain's events tell it.
    """
    chain = Chain(rpc)
    deployer, settings = _who(chain, keystore_file, passphrase_file, administrator, holder or [])
    settings = replace(settings, currencies=tuple(currency or ()))
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=errors,
        transient=True,
    ) as bar:
        task = bar.add_task("compiling", total=None)

        def progress(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{what:<20}")

        deployment = bring_into_being(chain, deployer, settings, folder, progress)
    path = record.path_for(chain.chain_id, folder)
    found = granted_roles.walk(chain, deployment.first_block)
    rows = [(e.name, e.address, e.block) for e in deployment.contracts.values()]
    show(
        {
            "file": path,
            "chainId": chain.chain_id,
            "contracts": {e.name: e.address for e in deployment.contracts.values()},
            "powers": _powers_data(found),
        },
        as_json,
        table(f"Chain {chain.chain_id}", ("contract", "address", ">block"), rows),
        "",
        *_powers_tables(chain, found),
        f"\nThe deployer {deployment.deployer} holds "
        f"{', '.join(found.of(deployment.deployer)) or 'no power any more'}.",
        f"Recorded in {path}.",
    )


def _who(
    chain: Chain,
    keystore_file: Path | None,
    passphrase_file: Path | None,
    administrator: str | None,
    holders: list[str],
) -> tuple[Account, Settings]:
    named = {}
    for entry in holders:
        name, _, address = entry.partition("=")
        if name not in roles.HOLDERS or not _is_address(address):
            raise TonneError(
                "DEPLOY_BAD_HOLDER",
                "This does not name a role's holder and an address.",
                field="holder",
                value=entry,
                remedy=f"Write NAME=0x…, where NAME is one of {', '.join(roles.HOLDERS)}.",
            )
        named[name] = address
    if administrator is not None and not _is_address(administrator):
        raise TonneError(
            "DEPLOY_BAD_ADDRESS", "This is not an address.", "administrator", administrator
        )
    deployer = keystore.read(keystore_file, passphrase_file) if keystore_file else None
    return settings_for(chain, deployer, administrator, named)


def _is_address(text: str) -> bool:
    plain = text.removeprefix("0x")
    return len(plain) == 40 and all(c in "0123456789abcdefABCDEF" for c in plain)


def show_roles(
    rpc: Rpc = DEFAULT_RPC, folder: Folder = record.FOLDER, as_json: AsJson = False
) -> None:
    """Print who may do what, replayed from the chain's events."""
    desk = connect(rpc, folder)
    found = granted_roles.walk(desk.chain, desk.deployment.first_block)
    show(_powers_data(found), as_json, *_powers_tables(desk.chain, found))


def _powers_data(found: granted_roles.Powers) -> dict[str, Any]:
    return {
        "administrators": found.administrators,
        "roles": [
            {
                "role": p.role,
                "name": p.name,
                "holder": p.holder,
                "contract": p.contract,
                "function": p.function,
            }
            for p in found.roles
        ],
        "controllers": [
            {"contract": c.contract, "controller": c.controller, "rights": c.rights}
            for c in found.controllers
        ],
        "venues": found.venues,
        "claimants": found.claimants,
        "offices": [
            {
                "officer": o.officer,
                "scheme": o.scheme,
                "jurisdiction": o.jurisdiction,
                "powers": o.powers,
            }
            for o in found.offices
        ],
        "registrars": [{"address": who, "jurisdiction": place} for who, place in found.registrars],
    }


def _powers_tables(chain: Chain, found: granted_roles.Powers) -> list[Any]:
    names = {contract.address: contract.name for contract in chain.contracts.values()}
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for power in found.roles:
        grouped.setdefault((power.name, power.holder, power.contract), []).append(power.function)
    return [
        table(
            "Roles",
            ("role", "holder", "contract", "functions"),
            [("administrator", who, "AccessManager", "all") for who in found.administrators]
            + [(*key, ", ".join(functions)) for key, functions in grouped.items()],
        ),
        "",
        table(
            "Contracts that may act on others",
            ("contract", "may act on", ">rights"),
            [
                (names.get(c.controller, c.controller), c.contract, c.rights)
                for c in found.controllers
            ]
            + [(names.get(venue, venue), unit, "venue") for unit, venue in found.venues.items()]
            + [(names.get(who, who), "Projects", "claims") for who in found.claimants],
        ),
        "",
        table(
            "Offices",
            ("officer", ">scheme", ">jurisdiction", ">powers"),
            [(o.officer, o.scheme, o.jurisdiction or "all", o.powers) for o in found.offices]
            + [(who, "", place or "all", "registrar") for who, place in found.registrars],
        ),
    ]


def status(
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    scheme: SchemeNumber = 1,
    as_json: AsJson = False,
) -> None:
    """Show what there is: chain, time, parties, markets, units."""
    desk = connect(rpc, folder, scheme)
    chain = desk.chain
    parties, plants, markets = chain.call_many(
        [
            ("Participants", "participantCount", ()),
            ("Participants", "installationCount", ()),
            ("Exchange", "marketCount", ()),
        ]
    )
    now = chain.now()
    numbers = range(1, markets + 1)
    days = chain.call_many([("ExchangeLens", "market", (n,)) for n in numbers])
    assets = chain.call_many([("Exchange", "marketAssets", (n,)) for n in numbers])
    rows, data = [], []
    for number, day, asset in zip(numbers, days, assets, strict=True):
        last = chain.call("ExchangeLens", "priceOf", number, day.lastTick) if day.lastTick else 0
        state = (
            "open" if day.open else f"opens {desk.when(day.opensAt)}" if day.opensAt else "closed"
        )
        rows.append((number, unit_name(asset.unit), state, cents(last // 100), f"{day.volume:,}"))
        data.append(
            {
                "market": number,
                "unit": str(asset.unit),
                "open": day.open,
                "opensAt": day.opensAt,
                "lastPrice": cents(last // 100),
                "volume": day.volume,
            }
        )
    show(
        {
            "chainId": chain.chain_id,
            "client": chain.client,
            "block": chain.block_number(),
            "time": now,
            "localTime": desk.when(now),
            "participants": parties,
            "installations": plants,
            "markets": data,
            "contracts": {e.name: e.address for e in desk.deployment.contracts.values()},
        },
        as_json,
        f"Chain {chain.chain_id}, {chain.client}, block {chain.block_number():,}.",
        f"It is {desk.when(now)}.",
        f"{parties:,} participants, {plants:,} installations.",
        table("", (">market", "unit", "state", ">last", ">volume today"), rows)
        if rows
        else "No market.",
    )


def credit_id(unit: str) -> int:
    """The id of offset credits, as it is written."""
    try:
        id_ = int(unit, 0)
    except ValueError:
        id_ = 0
    if id_ >> 96 != OFFSET_CREDIT:
        raise TonneError(
            "OFFSET_ARGUMENT",
            "This is no id of an offset credit.",
            field="unit",
            value=unit,
            remedy="Give the number that `tonne status` or `tonne offsets list` has.",
        )
    return id_


def unit_name(unit: int) -> str:
    """A unit in words, such as `allowance 2020` or `credit 2020 #3`."""
    kind = {1: "allowance", 2: "credit", 3: "energy credit", 4: "certificate"}.get(
        unit >> 96, "unit"
    )
    batch = unit & (1 << 64) - 1
    foreign, ahead = (kind == "credit" and batch >= limit for limit in (IMMOBILISED, EX_ANTE))
    number = batch % EX_ANTE if ahead else batch
    said = f"{kind} {unit >> 64 & 0xFFFF}" + (f" #{number}" if number else "")
    return said + (" of another registry" if foreign else " ex ante" if ahead else "")


@clock_app.command("show")
def clock_show(
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    scheme: SchemeNumber = 1,
    as_json: AsJson = False,
) -> None:
    """Show chain time, in the scheme's zone."""
    _tell_time(connect(rpc, folder, scheme), as_json)


@clock_app.command("set")
def clock_set(
    moment: Annotated[
        str, typer.Argument(help='"2021-12-31 17:00", "+3d", "+2h" or unix seconds.')
    ],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    scheme: SchemeNumber = 1,
    as_json: AsJson = False,
) -> None:
    """Move a test chain to a later moment, given in the scheme's zone."""
    desk = connect(rpc, folder, scheme)
    desk.chain.set_time(clock.parse(moment, desk.chain.now(), desk.zone))
    _tell_time(desk, as_json)


@clock_app.command("next-session")
def clock_next_session(
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    scheme: SchemeNumber = 1,
    market: MarketNumber = 1,
    as_json: AsJson = False,
) -> None:
    """Move a test chain into the next trading session and open its day."""
    desk = connect(rpc, folder, scheme)
    clock.next_session(desk.chain, market)
    _tell_time(desk, as_json)


def _tell_time(desk: Any, as_json: bool) -> None:
    now = desk.chain.now()
    data = {"time": now, "localTime": desk.when(now), "block": desk.chain.block_number()}
    show(data, as_json, f"It is {desk.when(now)}, block {data['block']:,}.")


@keystore_app.command("new")
def keystore_new(
    file: Annotated[Path, typer.Argument(help="Where the keystore goes.")],
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Make a new key and keep it in a keystore."""
    if passphrase_file is not None:
        passphrase = passphrase_file.read_text(encoding="utf-8").rstrip("\r\n")
    else:
        passphrase = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
    account = Account(secrets.token_bytes(32))
    keystore.write(file, account, passphrase)
    show({"address": account.address, "file": file}, as_json, f"{account.address} in {file}.")


@keystore_app.command("address")
def keystore_address(
    file: Annotated[Path, typer.Argument(help="The keystore.")], as_json: AsJson = False
) -> None:
    """Say whose keystore it is, without opening it."""
    found = keystore.address(file)
    show({"address": found}, as_json, found)


__all__ = ["clock_app", "console", "deploy", "keystore_app", "show_roles", "status", "unit_name"]
