"""Local chains: starts Anvil or Ganache on a port of its own and takes it down again.

A node never outlives the process that started it. It runs in its own process group, so that Ctrl-C
in a terminal reaches us first and the node ends when we say so; should we be killed outright, the
kernel (Linux) or a watchdog (elsewhere) ends it.
"""

from __future__ import annotations

import atexit
import ctypes
import fcntl
import os
import platform
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import requests

from tonne import paths
from tonne.errors import TonneError, refused
from tonne.sandbox import temp_folders
from tonne.sandbox.temp_folders import Scratch

ROOT: Final = paths.TREE
HOST: Final = "127.0.0.1"
ANVIL_CHAIN_ID: Final = 31337
GANACHE_CHAIN_ID: Final = 1337

#: Anvil: no block of ours is ever full, and no sender needs coin.
BLOCK_GAS_LIMIT: Final = 10**13

#: Anvil keeps each step of each transaction, and answers `debug_traceTransaction` with them.
STEPS: Final = ("--steps-tracing",)

START_SECONDS: Final = 40  # Ganache takes about six; a busy machine multiplies that
STOP_SECONDS: Final = 20  # time to write the state file
PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """Settings of a local chain."""

    kind: str = "anvil"  # "anvil" or "ganache"
    port: int | None = None  # None: a free one
    chain_id: int | None = None  # None: 31337 (Anvil), 1337 (Ganache)
    timestamp: int | None = None  # [s] unix time of the first block
    state: Path | None = None  # loaded when it exists, written on exit; Ganache: a folder
    state_interval_s: int = 5  # Anvil also writes the state this often
    keep_states: int | None = 64  # states of past blocks kept in memory; None: Anvil's own choice
    seconds_per_block: int | None = None  # Anvil: time moves with blocks only; None: as it passes
    accounts: int = 1  # the node's own unlocked accounts
    best_price_first: bool = False  # Anvil: order within a block; else as they came
    hardfork: str | None = None  # rules of the chain; None: "prague" (Anvil), "shanghai" (Ganache)
    extra: tuple[str, ...] = ()  # further options for the node's command line


@dataclass(slots=True)
class Node:
    """A running local chain."""

    kind: str
    url: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    scratch: Scratch
    _watchdog: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _claim: IO[bytes] | None = field(default=None, repr=False)

    def alive(self) -> bool:
        return self.process.poll() is None

    def tail(self, lines: int = 8) -> str:
        """The last lines the node wrote, for messages about its death."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def complaint(self) -> str:
        """What it said was wrong, in one line."""
        lines = [line for line in self.tail(40).splitlines() if line.strip()]
        told = [line for line in lines if "error" in line.lower()]
        return (told or lines or ["it said nothing"])[0].strip().rstrip(".")

    def stop(self) -> None:
        """Ends the node, lets it write its state, and leaves nothing behind. Safe to repeat."""
        _NODES.pop(id(self), None)
        if self.alive():
            _signal_group(self.process, signal.SIGINT)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                _signal_group(self.process, signal.SIGKILL)
                self.process.wait(STOP_SECONDS)
        if self._watchdog is not None:
            self._watchdog.kill()
            self._watchdog.wait()
            self._watchdog = None
        if self._claim is not None:
            self._claim.close()
            self._claim = None
        self.scratch.remove()

    def __enter__(self) -> Node:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


_NODES: dict[int, Node] = {}


def start(options: NodeOptions | None = None, **kwargs: Any) -> Node:
    """Starts a node and returns once it answers. Use it as a context manager, or call `stop`.

    `start(kind="ganache", timestamp=…)` is short for `start(NodeOptions(…))`.
    """
    options = options or NodeOptions(**kwargs)
    if options.kind not in ("anvil", "ganache"):
        raise refused("NODE_UNKNOWN_KIND", kind=options.kind)
    attempts = 1 if options.port else 3  # another process may take a free port before the node
    for attempt in range(attempts):
        port, claim = (options.port, None) if options.port else claim_port()
        try:
            node = _start_on(options, port)
            node._claim = claim
            return node
        except TonneError as error:
            if claim is not None:
                claim.close()
            if attempt + 1 == attempts or error.code != "NODE_DIED":
                raise
    raise AssertionError("unreachable")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        found: int = probe.getsockname()[1]
        return found


def peak_memory(server: Node) -> int:
    """[bytes] The most that this process and the chain held at once, as far as the system tells."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    try:
        status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
        peak = next(li for li in status.splitlines() if li.startswith("VmHWM"))
        return own + int(peak.split()[1]) * 1024
    except (OSError, StopIteration):
        return own


def claim_port() -> tuple[int, IO[bytes]]:
    """A free port that no other process of ours will choose while the file is open.

    Two nodes that start at once could be given the same port; the one that comes too late would
    die, and its owner talk to the other's chain.
    """
    folder = Path(tempfile.gettempdir()) / f"tonne-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    while True:
        port = free_port()
        claim = (folder / str(port)).open("wb")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return port, claim
        except BlockingIOError:
            claim.close()


def anvil_binary() -> Path:
    """The native Anvil of the npm package; never the npm launcher, which hides exit codes."""
    chosen = os.environ.get("TONNE_ANVIL")
    if chosen:
        return Path(chosen)
    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system(), "win32")
    machine = "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "amd64"
    name = f"anvil-{system}-{machine}"
    binary = ROOT / "node_modules" / "@foundry-rs" / name / "bin" / "anvil"
    if paths.INSTALLED:
        found = shutil.which("anvil")
        binary = Path(found) if found and _is_program(Path(found)) else binary
    if not binary.exists():
        raise _missing("Anvil", binary)
    return binary


def ganache_script() -> Path:
    script = ROOT / "node_modules" / "ganache" / "dist" / "node" / "cli.js"
    if not script.exists():
        raise _missing("Ganache", script)
    return script


def node_binary() -> str:
    """Node.js: the project's own (`.tools`, `.venv`) before the system's."""
    venv = [Path(sys.prefix) / "bin" / "node", ROOT / ".venv" / "bin" / "node"]
    own = sorted((ROOT / ".tools").glob("**/bin/node")) if (ROOT / ".tools").exists() else []
    for candidate in [*own, *venv]:
        if _is_program(candidate):
            return str(candidate)
    found = shutil.which("node")
    if not found or not _is_program(Path(found)):
        raise _missing("Node.js", Path("node"))
    return found


def _is_program(path: Path) -> bool:
    """Whether it is the program itself, not a script that starts it: a script's child would not
    end with us."""
    try:
        with path.open("rb") as file:
            return os.access(path, os.X_OK) and file.read(2) != b"#!"
    except OSError:
        return False


def _missing(what: str, path: Path) -> TonneError:
    return TonneError(
        "NODE_MISSING",
        f"{what} is not installed.",
        field="path",
        value=str(path),
        remedy=f"Put {path.name} itself, not a script that starts it, into the PATH."
        if paths.INSTALLED
        else "Run `make setup` in the repository.",
    )


def _start_on(options: NodeOptions, port: int) -> Node:
    scratch = temp_folders.make("node")
    folder = scratch.path
    log = folder / "node.log"
    command = _anvil(options, port, folder) if options.kind == "anvil" else _ganache(options, port)
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent if sys.platform == "linux" else None,
        )
    url = f"http://{HOST}:{port}"
    node = Node(options.kind, url, port, process, log, scratch)
    if sys.platform != "linux":
        node._watchdog = watch(process.pid)
    _NODES[id(node)] = node
    try:
        _wait_until_it_answers(node)
        if options.state is not None:
            _keep_time(node)
        if options.seconds_per_block is not None and options.kind == "anvil":
            rpc(url, "anvil_setBlockTimestampInterval", [options.seconds_per_block])
    except BaseException:
        node.stop()
        raise
    return node


def _anvil(options: NodeOptions, port: int, folder: Path) -> list[str]:
    command = [
        str(anvil_binary()),
        *("--host", HOST, "--port", str(port)),
        *("--chain-id", str(options.chain_id or ANVIL_CHAIN_ID)),
        *("--accounts", str(options.accounts)),
        *("--hardfork", options.hardfork or "prague"),
        *("--order", "fees" if options.best_price_first else "fifo"),
        *("--gas-limit", str(BLOCK_GAS_LIMIT)),
        *("--block-base-fee-per-gas", "0", "--gas-price", "0", "--disable-min-priority-fee"),
        *("--no-request-size-limit", "--quiet"),
        *("--slots-in-an-epoch", "1"),  # `finalized` is two blocks back, else 64
        *("--cache-path", str(folder / "cache")),
    ]
    if options.timestamp is not None:
        command += ["--timestamp", str(options.timestamp)]
    if options.keep_states is not None and options.state is None:
        command.append(f"--prune-history={options.keep_states}")
    if options.state is not None:
        options.state.parent.mkdir(parents=True, exist_ok=True)
        command += [
            "--state",
            str(options.state),
            "--state-interval",
            str(options.state_interval_s),
        ]
    return command + list(options.extra)


def _ganache(options: NodeOptions, port: int) -> list[str]:
    command = [
        node_binary(),
        str(ganache_script()),
        *("--server.host", HOST, "--server.port", str(port)),
        *("--chain.chainId", str(options.chain_id or GANACHE_CHAIN_ID)),
        *("--chain.networkId", str(options.chain_id or GANACHE_CHAIN_ID)),
        *("--chain.hardfork", options.hardfork or "shanghai"),
        *("--wallet.totalAccounts", str(options.accounts), "--wallet.defaultBalance", "1000000"),
        *("--miner.blockGasLimit", "0x3b9aca00", "--miner.callGasLimit", "0x3b9aca00"),
        "--logging.quiet",
    ]
    if options.timestamp is not None:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(options.timestamp))
        command += ["--chain.time", moment]
    if options.state is not None:
        command += ["--database.dbPath", str(options.state)]
    return command + list(options.extra)


def _wait_until_it_answers(node: Node) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if not node.alive():
            raise refused("NODE_DIED", port=node.port, kind=node.kind, complaint=node.complaint())
        try:
            if rpc(node.url, "eth_chainId"):
                return
        except requests.RequestException:
            time.sleep(0.02)
    raise refused("NODE_SILENT", node_url=node.url, kind=node.kind, start_seconds=START_SECONDS)


def _keep_time(node: Node) -> None:
    """After a restart chain time goes on from the last block instead of jumping to today."""
    latest = rpc(node.url, "eth_getBlockByNumber", ["latest", False])
    if int(latest["number"], 16) == 0:
        return
    moment = int(latest["timestamp"], 16)
    rpc(node.url, "evm_setTime", [moment * 1000])


def rpc(url: str, method: str, params: Iterable[object] = ()) -> Any:
    """One JSON-RPC call without any comfort; the chain client is in `tonne.chain.client`."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    answer = requests.post(url, json=body, timeout=10).json()
    if "error" in answer:
        raise TonneError(
            "NODE_REFUSED", str(answer["error"].get("message")), field="method", value=method
        )
    return answer["result"]


def _libc() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    except OSError:
        return None


_LIBC = _libc()


def die_with_parent() -> None:
    """Runs in the child between fork and exec. Only a system call: no locks, no allocation."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def watch(pid: int) -> subprocess.Popen[bytes]:
    """Ends `pid` when our end of the pipe closes, which a kill -9 of us does too."""
    return subprocess.Popen(
        ["/bin/sh", "-c", f"read _; kill -TERM {pid}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        process.send_signal(number) if process.poll() is None else None


@atexit.register
def stop_all() -> None:
    """Ends every node this process started."""
    for node in list(_NODES.values()):
        node.stop()
