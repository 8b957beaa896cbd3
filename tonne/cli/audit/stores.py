"""Where a command finds the auditor's store, and sessions that open it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne import paths
from tonne.cli.core.options import DEFAULT_RPC, PROFILES, Rpcs
from tonne.cli.core.output import Printer
from tonne.cli.core.session import Session, documents
from tonne.errors import TonneError

if TYPE_CHECKING:
    from tonne.audit.store.database import Store
    from tonne.evidence.profiles import Names

#: Folder of the stores, one for each chain.
FOLDER: Final = paths.HOME / "build" / "audit"

StoreFile = Annotated[
    Path | None,
    typer.Option(
        "--store",
        envvar="TONNE_AUDIT_STORE",
        help="File of the auditor's store; its name ends in .duckdb.",
        show_default="build/audit/ of the project, by chain",
    ),
]


@dataclass(kw_only=True)
class Nodes(Session):
    """A session with several nodes: the first is read, the others must give the same hashes."""

    rpc: Rpcs = (DEFAULT_RPC,)  # type: ignore[assignment]  # every other command has one node
    store: StoreFile = None

    @property
    def url(self) -> str:
        return self.rpc[0]

    @property
    def store_path(self) -> Path:
        """File of the store."""
        genesis = self.deployment.genesis[2:10]
        return self.store or FOLDER / f"{self.chain.chain_id}-{genesis}.duckdb"

    @cached_property
    def opened(self) -> Store:
        """The store, ready to be written."""
        from tonne.audit.store.database import Store

        return Store(self.store_path)

    def close(self) -> None:
        if "opened" in self.__dict__:
            self.opened.close()
        super().close()


@dataclass(kw_only=True)
class Kept(Printer):
    """A session that reads the store alone; no node is asked."""

    store: StoreFile = None

    @cached_property
    def opened(self) -> Store:
        """The store, to be read."""
        from tonne.audit.store.database import Store

        return Store(self.store or _only(), read_only=True)

    def close(self) -> None:
        if "opened" in self.__dict__:
            self.opened.close()

    def names_at_hand(self) -> Names:
        from tonne.audit.store.profile_records import StoreRecords
        from tonne.evidence.profiles import Names

        return Names(StoreRecords(self.opened), documents(PROFILES))

    def listed(self, rows: list[dict[str, Any]], *more: str) -> None:
        """Rows as JSON, or as a table of text."""
        from tonne.cli.core.output import table

        head = self.opened.head()
        if self.as_json:
            self.show(
                {"block": head.get("block"), "blockHash": head.get("blockHash"), "rows": rows}
            )
            return
        columns = list(rows[0]) if rows else []
        cells = [["" if value is None else str(value) for value in row.values()] for row in rows]
        self.show({}, table("", columns, cells) if rows else "no rows", *more)


def _only() -> Path:
    """The one store in the folder."""
    found = sorted(FOLDER.glob("*.duckdb"))
    if len(found) == 1:
        return found[0]
    raise TonneError(
        "AUDIT_STORE_MISSING" if not found else "AUDIT_STORE_SEVERAL",
        "There is no store here yet." if not found else "There are several stores.",
        field="store",
        value=str(FOLDER),
        remedy="Fill it by `tonne audit run`."
        if not found
        else f"Name one by --store: {', '.join(path.name for path in found)}.",
    )
