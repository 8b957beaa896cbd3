"""`tonne offsets open` and `… clear`: room for another registry's blocks, the end of an invalid batch."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from tonne import countries
from tonne.cli.chain.deploy_status import unit_name
from tonne.cli.core.session import (
    DEFAULT_RPC,
    As,
    AsJson,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    SchemeNumber,
    connect,
    key,
    many,
    show,
)
from tonne.cli.market.open_day import anybody
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.units import immobilisation, invalidation, registry_extracts
from tonne.units.foreign_serials import COUNTS_THROUGH
from tonne.units.immobilisation_state import SerialBook

#: `ProjectKind` of IProjects, numbered from 1.
KINDS: Final = (
    "forest", "wind", "efficiency", "renewable", "waste", "land", "transport", "industry", "other",
)  # fmt: skip


def open_(
    registry: Annotated[str, typer.Argument(help=f"One of {', '.join(COUNTS_THROUGH)}.")],
    project: Annotated[
        str | None, typer.Option(help="Its number in that registry; else only the registry opens.")
    ] = None,
    vintage: Annotated[
        int | None, typer.Option(help="Year of the units.", min=1900, max=65_535)
    ] = None,
    country: Annotated[str, typer.Option(help="Host country, e.g. Paraguay or PRY.")] = "",
    account: Annotated[
        str, typer.Option(help="Account there that the units come from and go back to.")
    ] = "",
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")] = "other",
    removal: Annotated[
        bool, typer.Option("--removal", help="Carbon is taken back, not only kept out of the air.")
    ] = False,
    methodology: Annotated[str, typer.Option(help="As that registry writes it.")] = "",
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    scheme: SchemeNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Open another registry, and a batch that holders of its units can ask to bring blocks into.

    For officers of the scheme. What stands open already is named, and nothing is sent.
    """
    desk = connect(rpc, folder, scheme)
    officer = key(name, keystore_file, passphrase_file)
    title = registry.upper()
    immobilisation.check_registry(title)
    terms = None
    if project is not None:
        _check(kind in KINDS, "kind", kind, f"one of {', '.join(KINDS)}")
        _check(vintage is not None, "vintage", vintage, "the year of the units")
        _check(bool(account), "account", account, "where the units come from and go back to")
        assert vintage is not None
        terms = registry_extracts.Terms(
            scheme=scheme,
            vintage=vintage,
            registry=title,
            activity=registry_extracts.REMOVAL if removal else registry_extracts.REDUCTION,
            kind=KINDS.index(kind) + 1,
            country=countries.number(country),
            project=project,
            methodology=methodology,
            account=account,
        )
    book = SerialBook.read(desk.chain, desk.deployment.first_block)
    number, fresh = immobilisation.open_registry(desk.chain, book, officer, scheme, title)
    data: dict[str, object] = {"registry": number, "name": title, "opened": fresh}
    lines = [f"{title} is {'open now' if fresh else 'open already'}, as registry {number}."]
    if terms is not None:
        batch, made = immobilisation.open_batch(desk.chain, book, officer, terms, number)
        data |= {"batch": batch, "batchOpened": made}
        lines.append(
            f"Batch {batch} of project {project} {'is open now' if made else 'stands open already'};"
            f" holders ask with `tonne offsets request {batch} SERIAL`."
        )
    show(data, as_json, *lines)


def clear(
    unit: Annotated[str, typer.Argument(help="Id of the unit, see `tonne status`.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say who holds it; end nothing.")
    ] = False,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """End what is left of an invalid batch: in the ledger, in open orders, on wallets. Anybody may."""
    desk = connect(rpc, folder)
    try:
        id_ = int(unit, 0)
    except ValueError:
        id_ = -1
    _check(id_ >= 0, "unit", unit, "a number, as `tonne status` gives it")
    found = invalidation.held(desk.chain, id_, desk.deployment.first_block)
    if not dry_run:
        sender = anybody(name, keystore_file, passphrase_file)
        desk.chain.fund([sender])
        invalidation.clear(desk.chain, id_, found, sender)
    data = {
        "unit": str(id_),
        "ledger": {str(owner): lots for owner, lots in found.ledger.items()},
        "wallets": found.wallets,
        "cleared": not dry_run,
    }
    ledger, wallets = sum(found.ledger.values()), sum(found.wallets.values())
    show(
        data,
        as_json,
        f"{unit_name(id_)}: {many(ledger, 'lot')} of {many(len(found.ledger), 'account')} in the ledger,"
        f" {wallets:,} t on {many(len(found.wallets), 'wallet')}.",
        "Nothing was changed (--dry-run)." if dry_run else "None of it is left.",
    )


def _check(holds: bool, field: str, value: object, what: str) -> None:
    if not holds:
        raise TonneError(
            "OFFSET_ARGUMENT",
            f"This is not {what}.",
            field=field,
            value=value,
            remedy=f"Give {what}.",
        )
