"""Processes that answer requests, all at one socket, beside the one that follows the chain."""

from __future__ import annotations

import multiprocessing
import signal
import socket
import threading
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Final, Self

import uvicorn

from tonne.errors import refused, why
from tonne.serve.app import ServiceSettings, create

#: [s] For a worker to end by itself.
PATIENCE: Final = 5.0
BACKLOG: Final = 512


class Workers:
    """Started on entering, ended on leaving; one that died is started anew by `keep`."""

    def __init__(self, host: str, port: int, count: int, settings: ServiceSettings) -> None:
        self._settings, self._count = settings, count
        self._context = multiprocessing.get_context("spawn")
        self._running: list[BaseProcess] = []
        # With its protocol, or asyncio leaves answers waiting for the client's acknowledgement, 40 ms each.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            raise refused("SERVICE_PORT", port=f"{host}:{port}", reason=why(error)) from None
        self._socket.listen(BACKLOG)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        self._running = [self._start() for _ in range(self._count)]
        return self

    def _start(self) -> BaseProcess:
        process = self._context.Process(
            target=_answer, args=(self._settings, self._socket), daemon=True
        )
        process.start()
        return process

    def keep(self) -> None:
        """Starts anew what has died."""
        self._running = [p if p.is_alive() else self._start() for p in self._running]

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.join(PATIENCE)
            if process.is_alive():
                process.kill()
        self._socket.close()


def _answer(settings: ServiceSettings, at: socket.socket) -> None:
    """One worker. Ctrl-C is for the parent, which ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    config = uvicorn.Config(
        create(settings), log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=int(PATIENCE) - 2, ws_max_size=1_024, limit_concurrency=1_000,
    )  # fmt: skip
    server = uvicorn.Server(config)
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    server.run(sockets=[at])


def _end_with_parent(server: uvicorn.Server) -> None:
    """A parent that was killed cannot end its workers: they end by themselves."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        server.should_exit = True
