"""How a second terminal steers the network of a first: by a socket in a folder that only its owner opens."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tonne import files, paths
from tonne.errors import TonneError, refused
from tonne.sandbox.consortium.network import Consortium

#: What says where the running network is; there is one at a time.
RECORD: Final = paths.HOME / "build" / "consortium.json"

#: [s] The longest drill: nodes that are joined again may dial each other late.
ANSWER_SECONDS: Final = 240
STOP_SECONDS: Final = 60
_MOST_BYTES: Final = 65_536

Act = Callable[[Consortium, Any], Any]

#: Drills by name, with what they need.
ACTS: Final[Mapping[str, Act]] = {
    "status": lambda network, _: [asdict(seen) for seen in network.look()],
    "kill": lambda network, number: network.kill(number),
    "start": lambda network, number: network.start(number),
    "wipe": lambda network, number: _wiped(network, number),
    "partition": lambda network, group: network.partition(group),
    "join": lambda network, _: network.join(),
    "stop": lambda network, _: None,
}


def _wiped(network: Consortium, number: int) -> None:
    network.wipe(number)
    network.start(number)


@contextmanager
def recorded(network: Consortium, record: Path | None = None) -> Iterator[socket.socket]:
    """The socket that answers for a network, named in the record until the block ends.

    Raises CONSORTIUM_RUNS where another network has the record.
    """
    record = record or RECORD
    refuse_second(record)
    with socket.socket(socket.AF_UNIX) as line:
        line.bind(str(network.scratch.path / "control"))
        line.listen()
        said = {
            "process": os.getpid(),
            "control": str(network.scratch.path / "control"),
            "chainId": network[1].chain_id,
            "nodes": network.urls,
        }
        files.write(record, json.dumps(said, indent=2) + "\n", files.PRIVATE)
        try:
            yield line
        finally:
            record.unlink(missing_ok=True)


def refuse_second(record: Path | None = None) -> None:
    """Raises CONSORTIUM_RUNS where a network runs already."""
    record = record or RECORD
    if record.exists():
        try:
            ask("status", record=record)
        except TonneError:
            record.unlink(missing_ok=True)  # of a process that was killed
            return
        raise refused("CONSORTIUM_RUNS", record=str(record))


def serve(line: socket.socket, network: Consortium) -> None:
    """Answers until it is told to stop."""
    while True:
        client, _ = line.accept()
        with client:
            try:
                asked = json.loads(client.recv(_MOST_BYTES))
                act = str(asked["act"])
                answer: dict[str, Any] = {"result": ACTS[act](network, asked.get("argument"))}
            except TonneError as error:
                act, answer = "", {"error": error.as_dict()}
            except (OSError, ValueError, KeyError, TypeError) as error:
                fault = refused("CONSORTIUM_MISUNDERSTOOD", error=error)
                act, answer = "", {"error": fault.as_dict()}
            try:
                client.sendall(json.dumps(answer).encode())
            except OSError:  # who asked did not wait
                pass
        if act == "stop":
            return


def ask(act: str, argument: Any = None, record: Path | None = None) -> Any:
    """Has the running network do something; raises what it raises, or CONSORTIUM_NONE."""
    record = record or RECORD
    try:
        control = json.loads(record.read_text(encoding="utf-8"))["control"]
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER_SECONDS)
            line.connect(control)
            line.sendall(json.dumps({"act": act, "argument": argument}).encode())
            answer = json.loads(_all(line))
    except (OSError, ValueError, KeyError):
        raise refused("CONSORTIUM_NONE", record=str(record)) from None
    if "error" in answer:
        told = answer["error"]
        names = ("code", "message", "field", "value", "remedy")
        raise TonneError(*(told[name] for name in names))
    return answer["result"]


def stop() -> None:
    """Ends the running network and waits until nothing is left of it."""
    record = RECORD
    ask("stop")
    end = time.monotonic() + STOP_SECONDS
    while record.exists() and time.monotonic() < end:
        time.sleep(0.05)


def _all(line: socket.socket) -> bytes:
    said = b""
    while part := line.recv(_MOST_BYTES):
        said += part
    return said
