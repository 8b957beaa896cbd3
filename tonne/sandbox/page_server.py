"""Serves the built page beside a node: static files, the deployment's record, a policy against other code."""

from __future__ import annotations

import json
import mimetypes
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from tonne import paths
from tonne.errors import refused

#: Folder of `make page`; a package brings it built.
FOLDER: Final = paths.TREE / ("page" if paths.INSTALLED else "build/page")
HOST: Final = "127.0.0.1"
PORT: Final = 8550


@dataclass(frozen=True, slots=True)
class PageSource:
    """What a served page is made of, and what it asks."""

    rpc: str  # the node, as a browser reaches it
    chain_id: int
    record: Path  # of the deployment
    folder: Path = FOLDER
    service: str | None = None  # the data service: an address, or a path of the page's own origin

    def settings(self) -> bytes:
        """`page.json`."""
        told = {"rpc": self.rpc, "chainId": self.chain_id, "service": self.service}
        return json.dumps(told).encode()

    def headers(self) -> dict[str, str]:
        """What every answer carries."""
        service = self.service or ""
        live = f"ws{service.removeprefix('http')}" if service.startswith("http") else ""
        asked = (self.rpc, service, live)
        return {
            "Content-Security-Policy": policy(*asked),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }

    def require_built(self) -> None:
        """Raises PAGE_NOT_BUILT where the page was not built."""
        if not (self.folder / "index.html").is_file():
            raise refused("PAGE_NOT_BUILT", folder=str(self.folder))


def policy(*asked: str) -> str:
    """Content-Security-Policy: code of this origin only, connections to it and to its sources."""
    places = [urlsplit(url) for url in asked]
    origins = {f"{at.scheme}://{at.netloc.rpartition('@')[2]}": None for at in places if at.netloc}
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            " ".join(("connect-src 'self'", *origins)),
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


@dataclass(slots=True)
class PageServer:
    """A running server; leaving its context stops it."""

    server: ThreadingHTTPServer
    thread: threading.Thread

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server.server_address[1]}/"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(page: PageSource, port: int = PORT) -> PageServer:
    """Serves a page on `port`; on a free port where 0.

    Raises PAGE_NOT_BUILT where the page was not built, PAGE_PORT_TAKEN where the port is in use.
    """
    page.require_built()
    handler = _handler(page)
    try:
        server = ThreadingHTTPServer((HOST, port), handler)
    except OSError:
        raise refused("PAGE_PORT_TAKEN", port=port) from None
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="page", daemon=True)
    thread.start()
    return PageServer(server, thread)


def _handler(page: PageSource) -> type[BaseHTTPRequestHandler]:
    folder = page.folder

    def files() -> dict[str, Path]:
        """What can be asked for, by path: no path leads to another file. A page built anew is seen."""
        found = {
            f"/{p.relative_to(folder).as_posix()}": p for p in folder.rglob("*") if p.is_file()
        }
        record = {f"/deployments/{page.chain_id}.json": page.record}
        return {**found, "/": folder / "index.html", **record}

    settings, headers = page.settings(), page.headers()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # a browser asks for twenty files over a few connections

        def do_GET(self) -> None:
            name = urlsplit(self.path).path
            if name == "/page.json":
                self._answer(settings, "application/json", fresh=True)
            elif (path := files().get(name)) is not None:
                kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                self._answer(path.read_bytes(), kind, fresh="/assets/" not in name)
            else:
                self.send_error(HTTPStatus.NOT_FOUND)

        def _answer(self, body: bytes, kind: str, *, fresh: bool) -> None:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header(
                "Cache-Control", "no-store" if fresh else "max-age=31536000, immutable"
            )
            self.end_headers()
            self.wfile.write(body)

        def end_headers(self) -> None:
            for name, value in headers.items():
                self.send_header(name, value)
            super().end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Requests are not logged."""

    return Handler
