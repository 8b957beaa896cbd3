"""Commands that start warm: a process with the libraries loaded forks one for each command.

`python warm.py serve SOCKET` waits; `python warm.py run SOCKET ARGUMENTS...` has `tonne ARGUMENTS...` run
there with its own files, folder and environment, and ends with its status. What is loaded before are
others' libraries alone: every command loads the program itself, as a shell would. It saves a second of
processor a command; that a command starts by itself, and how fast, `tests/tonne/cli/test_help.py` sees.
"""

from __future__ import annotations

import array
import json
import os
import signal
import socket
import sys
from pathlib import Path

#: Others' libraries that commands load.
LIBRARIES = (
    *("duckdb", "eth_abi", "eth_account", "eth_keys", "jinja2", "numpy", "pydantic", "requests"),
    *("rich.console", "rich.markdown", "rich.progress", "rich.table", "typer", "typer.rich_utils"),
    *("web3", "web3.providers.rpc", "eth_account.messages"),
)
MOST = 1 << 20


def serve(path: str) -> None:
    import gc
    import importlib

    for name in LIBRARIES:
        importlib.import_module(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(16)
        while True:
            asking, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _answer(asking)
            asking.close()


def _answer(asking: socket.socket) -> None:
    """In a process of its own: runs what is asked for, and tells its status."""
    import runpy

    asked, files = _received(asking)
    for place, file in enumerate(files):
        os.dup2(file, place)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.argv = ["tonne", *asked["arguments"]]
    status = 0
    try:
        runpy.run_module("tonne.cli", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
        status = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    asking.sendall(bytes([status]))
    os._exit(status)


def _received(asking: socket.socket) -> tuple[dict, list[int]]:
    message, files, _, _ = socket.recv_fds(asking, MOST, 3)
    if not message:  # somebody that only looked whether this answers
        os._exit(0)
    while not message.endswith(b"\n"):
        message += asking.recv(MOST)
    return json.loads(message), files


def run(path: str, arguments: list[str]) -> int:
    asked = {"arguments": arguments, "environment": dict(os.environ), "folder": str(Path.cwd())}
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(path)
        message = json.dumps(asked).encode() + b"\n"
        sent = asking.sendmsg(
            [message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))]
        )
        asking.sendall(message[sent:])
        status = asking.recv(1)
    return status[0] if status else 1


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    sys.exit(run(sys.argv[2], sys.argv[3:]))
