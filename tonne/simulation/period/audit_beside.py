"""An audit in a process of its own, which follows the chain while a run goes on.

It reads and replays what there is already, so that only the end of it, and the comparison, are left when the
run is over; and what a run works out meanwhile, it works out beside it.
"""

from __future__ import annotations

import signal
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

from tonne.audit.reconcile import Audit, audit
from tonne.chain.client import Chain
from tonne.deployment import record
from tonne.errors import TonneError, refused

#: [s] between two looks for new blocks.
PAUSE_S: Final = 0.5
#: [s] that it gets to end by itself.
PATIENCE_S: Final = 10
#: Fields of a {TonneError}.
_PARTS: Final = ("code", "message", "field", "value", "remedy")


class AuditBeside:
    """A context manager: it begins with the process, and at its end the process is gone.

    The process is a fresh interpreter: no thread and no key of this one goes along, and Ctrl-C is this one's
    alone. It takes a second to load, in which this one has other things to prepare.
    """

    def __init__(self) -> None:
        """Nothing runs before the context is entered."""
        self._process: BaseProcess | None = None
        self._line: Connection | None = None
        self._told = False  # its result

    def start(self, url: str, deployments: Path) -> None:
        """Begins to follow the market whose record lies in a folder, on the chain at `url`."""
        self._say((url, deployments))

    def finish(self) -> None:
        """Says that the chain does not grow any more; the result may be asked for later."""
        self._say("over")

    def _say(self, what: object) -> None:
        """Tells the process something; where it has ended, its result tells why."""
        if self._line is None:
            raise RuntimeError("no audit was started")
        try:
            self._line.send(what)
        except BrokenPipeError:
            pass

    def result(self) -> Audit:
        """What it found, once it has; raises what it raised. AUDIT_PROCESS_ENDED where it was killed."""
        if self._line is None:
            raise RuntimeError("no audit was started")
        try:
            found = self._line.recv()
            self._told = True
        except (EOFError, ConnectionResetError):
            raise refused(
                "AUDIT_PROCESS_ENDED", process=None if self._process is None else self._process.pid
            ) from None
        if isinstance(found, Audit):
            return found
        raise TonneError(*(found[name] for name in _PARTS))

    def __enter__(self) -> AuditBeside:
        context = get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_follow, args=(theirs,), daemon=True)
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        theirs.close()
        return self

    def __exit__(self, *_: object) -> None:
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.join(PATIENCE_S if self._told else 0)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()


def _follow(line: Connection) -> None:
    """The process: waits for a chain and a folder, and sends an {Audit}, or the parts of an error."""
    found: Audit | dict[str, Any]
    import_module("web3")  # which the first question would load
    try:
        url, deployments = line.recv()
    except (EOFError, OSError):  # the run ended before there was a chain
        return
    try:
        with Chain(url, bundled=True) as chain:
            record.attach(chain, deployments)
            found = audit(chain, going_on=lambda: not line.poll(PAUSE_S))
    except TonneError as error:
        found = error.as_dict()
    try:
        line.send(found)
    except OSError:  # who asked is gone
        pass
