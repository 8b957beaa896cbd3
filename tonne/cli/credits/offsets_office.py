"""`tonne offsets open` and `clear`: registries and batches to immobilise into, invalid batches."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from tonne import countries
from tonne.cli.core.command import command
from tonne.cli.core.output import many
from tonne.cli.core.session import Keeper, Signer
from tonne.errors import TonneError
from tonne.types.ids import UnitId
from tonne.types.unit_id import unit_name

#: `ProjectKind` of IProjects, numbered from 1.
KINDS: Final = (
    "forest", "wind", "efficiency", "renewable", "waste", "land", "transport", "industry", "other",
)  # fmt: skip


@command(needs=Signer, scheme=1)
def open_(
    session: Signer,
    registry: Annotated[str, typer.Argument(help="Registry, as `tonne registry list` has it.")],
    project: Annotated[
        str | None,
        typer.Option(help="Project number in that registry; default: open the registry alone."),
    ] = None,
    vintage: Annotated[
        int | None, typer.Option(help="Vintage of the units (year).", min=1900, max=65_535)
    ] = None,
    country: Annotated[str, typer.Option(help="Host country, e.g. Paraguay or PRY.")] = "",
    account: Annotated[
        str, typer.Option(help="Account in that registry that holds the immobilised units.")
    ] = "",
    kind: Annotated[str, typer.Option(help=f"Kind of project: {', '.join(KINDS)}.")] = "other",
    removal: Annotated[
        bool,
        typer.Option(
            "--removal", help="The project removes carbon; default: it reduces emissions."
        ),
    ] = False,
    methodology: Annotated[str, typer.Option(help="Methodology, in that registry's format.")] = "",
) -> None:
    """Open another registry, and a batch for immobilised units of it, as an officer of the scheme.

    Nothing is sent for a registry or batch that is already open.
    """
    from tonne.units import immobilisation, registry_descriptors, registry_extracts
    from tonne.units.immobilisation_state import SerialBook

    officer = session.account
    title = registry.upper()
    registry_descriptors.named(title)
    terms = None
    if project is not None:
        _check(kind in KINDS, "kind", kind, f"one of {', '.join(KINDS)}")
        _check(vintage is not None, "vintage", vintage, "the year of the units")
        _check(bool(account), "account", account, "the account that holds the units")
        assert vintage is not None
        terms = registry_extracts.ExtractTerms(
            scheme=session.scheme,
            vintage=vintage,
            registry=title,
            activity=registry_extracts.REMOVAL if removal else registry_extracts.REDUCTION,
            kind=KINDS.index(kind) + 1,
            country=countries.number(country),
            project=project,
            methodology=methodology,
            account=account,
        )
    book = SerialBook.read(session.chain, session.first_block)
    number, fresh = immobilisation.open_registry(
        session.chain, book, officer, session.scheme, title
    )
    data: dict[str, object] = {"registry": number, "name": title, "opened": fresh}
    lines = [f"{title} is {'open now' if fresh else 'already open'}, as registry {number}."]
    if terms is not None:
        batch, made = immobilisation.open_batch(session.chain, book, officer, terms, number)
        data |= {"batch": batch, "batchOpened": made}
        lines.append(
            f"Batch {batch} of project {project} {'is open now' if made else 'is already open'};"
            f" holders request with `tonne offsets request {batch} SERIAL --evidence FILE`."
        )
    session.show(data, *lines)


@command(needs=Keeper, dry_run=False)
def clear(
    session: Keeper,
    unit: Annotated[
        str, typer.Argument(help="Batch: 2020#1 of scheme 1, or its unit id from `tonne status`.")
    ],
) -> None:
    """Cancel the remaining units of an invalid batch: ledger, open orders and wallets. Open to all."""
    from tonne.units import invalidation

    try:
        id_ = int(unit, 0)
    except ValueError:
        id_ = -1
    _check(id_ >= 0, "unit", unit, "a number, as `tonne status` gives it")
    found = invalidation.held(session.chain, id_, session.first_block)
    if not session.dry_run:
        session.fund()
        invalidation.clear(session.chain, UnitId(id_), found, session.account)
    data = {
        "unit": str(id_),
        "ledger": {str(owner): lots for owner, lots in found.ledger.items()},
        "wallets": found.wallets,
        "cleared": not session.dry_run,
    }
    left = session.chain.call("OffsetCredits", "totalSupply", id_)
    ended = (
        f"{left:,} t are in pledges or auctions: clear again once they are back with their owners."
        if left
        else "None of it is left."
    )
    ledger, wallets = sum(found.ledger.values()), sum(found.wallets.values())
    session.show(
        data,
        f"{unit_name(UnitId(id_))}: {many(ledger, 'lot')} of"
        f" {many(len(found.ledger), 'account')} in the ledger,"
        f" {wallets:,} t on {many(len(found.wallets), 'wallet')}.",
        "Nothing was changed (--dry-run)." if session.dry_run else ended,
    )


def _check(holds: bool, field: str, value: object, expected: str) -> None:
    if not holds:
        raise TonneError(
            "OFFSET_ARGUMENT",
            f"This is not {expected}.",
            field=field,
            value=value,
            remedy=f"Give {expected}.",
        )
