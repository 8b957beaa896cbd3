"""`tonne serve`: the data service."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tonne.cli.audit.register import LinesOption
from tonne.cli.audit.run import CheckpointOption, trust_of
from tonne.cli.audit.stores import Nodes
from tonne.cli.core.command import command
from tonne.cli.core.output import console, errors
from tonne.errors import TonneError

if TYPE_CHECKING:
    from tonne.sandbox.page_server import PageSource

PORT: Final = 8546
#: [s] Between two looks at the workers.
LOOK: Final = 2.0
#: [s] After an answer of the node that failed.
AGAIN: Final = 1.0


@command(needs=Nodes)
def serve(
    session: Nodes,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="TCP port.", min=0, max=65_535)] = PORT,
    workers: Annotated[int, typer.Option(help="Processes that answer.", min=1, max=64)] = 1,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="Site with pages that may query; repeat it; default: all."),
    ] = None,
    rate: Annotated[
        float, typer.Option(help="Requests a second and client; 0: any number.", min=0)
    ] = 100,
    audit_every: Annotated[
        float, typer.Option(help="Seconds between audits; 0: none.", min=0)
    ] = 600,
    page: Annotated[
        Path | None, typer.Option(help="Folder of a built page to serve at /.", exists=True)
    ] = None,
    page_rpc: Annotated[
        str | None,
        typer.Option(help="Node for the page, visible to every visitor; default: --rpc."),
    ] = None,
    lines: LinesOption = None,
    checkpoint: CheckpointOption = None,
) -> None:
    """Serve a market's history over HTTP: tables, candles, book, certificates; fills as they come.

    Follows the chain into the auditor's store and answers from the SQLite file beside it, which is of one
    block at a time. /v1/openapi.json describes the answers, /v1/live is a WebSocket. Read only; it holds no
    key. Ctrl-C ends it; it goes on where it was. Of lines in files, those that come to a report's root on
    chain are shown as products; others stay out.
    """
    from tonne.audit.store import published
    from tonne.serve.app import ServiceSettings
    from tonne.serve.follower import ServiceFollower
    from tonne.serve.heads import Heads
    from tonne.serve.workers import Workers

    if lines is not None:
        from tonne.audit.store import report_lines

        session.opened.published = report_lines.read(lines)
    sqlite = published.path_for(session.store_path)
    source = _page(session, page, page_rpc or session.url) if page is not None else None
    settings = ServiceSettings(sqlite, tuple(origin or ("*",)), rate, source)
    with Workers(host, port, workers, settings) as running, Heads(session.url) as heads:
        trust = trust_of(session, checkpoint, trust_node=False, chunk=1_000)
        shown = f"[{host}]" if ":" in host else host
        console.print(f"Serving at http://{shown}:{running.port}/v1/openapi.json", soft_wrap=True)
        follower = ServiceFollower(session.chain, session.first_block, session.opened, trust)
        audited = looked = -float("inf")
        while True:
            try:
                came = follower.step(_progress)
                if came is None and audit_every and time.monotonic() - audited >= audit_every:
                    audited = time.monotonic()
                    _tell(follower.audit())
            except TonneError as error:
                errors.print(f"tonne: {error}", markup=False, soft_wrap=True)
                time.sleep(AGAIN)
            if time.monotonic() - looked >= LOOK:
                running.keep()
                looked = time.monotonic()
            heads.wait(LOOK)


def _page(session: Nodes, folder: Path, rpc: str) -> PageSource:
    """The page beside the service that it asks. Raises PAGE_NOT_BUILT."""
    from tonne.deployment import record
    from tonne.sandbox.page_server import PageSource

    chain_id = session.chain.chain_id
    file = record.path_for(chain_id, session.folder)
    source = PageSource(rpc, chain_id, file, folder, "v1/")
    source.require_built()
    return source


def _progress(block: int, head: int) -> None:
    if head - block >= 1_000:
        console.print(f"Read up to block {block:,} of {head:,}")


def _tell(body: dict[str, object]) -> None:
    told = "no value differs" if body["sound"] else "VALUES DIFFER: see `findings`"
    console.print(f"Audited at block {body['block']:,}: {told}", soft_wrap=True)
