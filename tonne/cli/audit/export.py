"""`tonne audit export` and `tonne audit disclose`: the store's tables as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonne.cli.audit.stores import Kept
from tonne.cli.core.command import command
from tonne.cli.core.output import table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tonne.audit.store.queries import Query

Folder = Annotated[Path, typer.Argument(help="Folder for the files.")]
FormatOption = Annotated[str, typer.Option("--format", help="parquet, csv or jsonl.")]


@command(needs=Kept)
def export(
    session: Kept,
    folder: Folder,
    tables: Annotated[
        list[str] | None, typer.Option("--table", help="A table; once for each. Default: all.")
    ] = None,
    form: FormatOption = "parquet",
) -> None:
    """Write tables of the store as files, with a manifest of block, digests and SHA-256 of each file."""
    from tonne.audit.store import exports

    _write(session, exports.tables(tables or ()), folder, form)


@command(needs=Kept)
def disclose(session: Kept, folder: Folder, form: FormatOption = "csv") -> None:
    """Write what a market discloses: compliance by plant, trading by day, supply by vintage, caps, rules."""
    from tonne.audit.store import exports

    _write(session, exports.DISCLOSURE, folder, form)


def _write(session: Kept, asked: Iterable[Query], folder: Path, form: str) -> None:
    from tonne.audit.store import exports

    found = exports.write(session.opened, asked, folder, exports.format_named(form))
    rows = [(f["file"], f"{f['rows']:,}", f["sha256"]) for f in found["files"]]
    session.show(found, table(f"Block {found['block']:,}", ("file", ">rows", "SHA-256"), rows))
