"""`tonne page`: the market in a browser."""

from __future__ import annotations

import threading
from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.session import Session


@command(needs=Session)
def page(
    session: Session,
    port: Annotated[int, typer.Option(help="TCP port of the page; 0: any free one.")] = 8550,
    service: Annotated[
        str | None, typer.Option(help="Data service to ask as well, e.g. http://127.0.0.1:8546/v1")
    ] = None,
) -> None:
    """Serve the page of a deployed market on this machine, until Ctrl-C.

    The page reads the node itself: the browser must reach the URL of --rpc, which the page shows.
    """
    from tonne.deployment import record
    from tonne.sandbox import page_server

    chain = session.chain
    path = record.path_for(chain.chain_id, session.folder)
    source = page_server.PageSource(session.url, chain.chain_id, path, service=service)
    with page_server.start(source, port) as server:
        session.show({"page": server.url}, f"The page is at {server.url}", "Ctrl-C ends it.")
        threading.Event().wait()
