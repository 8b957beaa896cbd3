"""One validator: a process of the engine with a key, a folder and ports of its own."""

from __future__ import annotations

import json
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from tonne import files
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.errors import TonneError, refused
from tonne.sandbox import node

START_SECONDS: Final = 60
STOP_SECONDS: Final = 20
ANSWER_SECONDS: Final = 20

#: Limits of the pool: one sender may hand in a long list.
_ONE_SENDER: Final = 8_192
_ALL_SENDERS: Final = 16_384

#: Open to every user of this machine. What steers a node goes through a socket in its owner's folder.
_OPEN_METHODS: Final = "eth,net,web3,clique"


@dataclass(frozen=True, slots=True)
class NodeView:
    """What one node says of itself; `block` is -1 where it does not run."""

    number: int
    address: str
    url: str
    running: bool
    block: int = -1
    hash: str = ""
    difficulty: int = 0  # of its whole chain: the heavier one wins
    peers: int = 0


@dataclass(slots=True)
class Validator:
    """A node that seals. Its key lies encrypted in its folder; no argument and no variable has it."""

    number: int  # from 1
    folder: Path
    engine: Path
    chain_id: int
    address: str
    http_port: int
    peer_port: int
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _claims: list[IO[bytes]] = field(default_factory=list, repr=False)
    _watchdog: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @classmethod
    def prepared(cls, number: int, folder: Path, engine: Path, chain_id: int) -> Validator:
        """With a new key in a new folder, and two ports that no process of ours has."""
        folder.mkdir(mode=0o700)
        key, passphrase = Account(secrets.token_bytes(32)), secrets.token_hex(16)
        files.create(folder / "passphrase", passphrase + "\n")
        keystore.write(folder / "keystore" / "key.json", key, passphrase, keystore.WEAK)
        files.create(folder / "nodekey", secrets.token_hex(32))
        (http, first), (peer, second) = node.claim_port(), node.claim_port()
        return cls(
            number, folder, engine, chain_id, key.address, http, peer, _claims=[first, second]
        )

    @property
    def url(self) -> str:
        return f"http://{node.HOST}:{self.http_port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def initialise(self, genesis: Mapping[str, Any]) -> None:
        """A chain of the first block alone, in place of what was there."""
        shutil.rmtree(self.data, ignore_errors=True)
        block = self.folder / "genesis.json"
        files.write(block, json.dumps(genesis))
        with self.log.open("ab") as out:
            command = [str(self.engine), "init", "--datadir", str(self.data), str(block)]
            code = subprocess.run(command, stdout=out, stderr=out).returncode
        if code != 0:
            raise self._failed("CONSORTIUM_NODE_DIED", "did not take the first block")

    def start(self, seals: bool = True) -> None:
        """Starts the process and returns once it answers. It seals when it is among the signers, at once or
        when it is told to."""
        settings = self.folder / "node.toml"
        listens = f'[Node.P2P]\nListenAddr = "{node.HOST}:{self.peer_port}"\nNoDiscovery = true\n'
        files.write(settings, listens)
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [*self._command(settings), *(["--mine"] if seals else [])],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=node.die_with_parent if sys.platform == "linux" else None,
            )
        if sys.platform != "linux":
            self._watchdog = node.watch(self.process.pid)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if not self.alive:
                raise self._failed("CONSORTIUM_NODE_DIED", "ended while starting")
            try:
                self.ask("eth_chainId")
                node.rpc(self.url, "eth_chainId")
                return
            except OSError:
                time.sleep(0.05)
        raise self._failed("CONSORTIUM_NODE_SILENT", f"did not answer within {START_SECONDS} s")

    def stop(self, at_once: bool = False) -> None:
        """Ends the process, or kills it at once, as a power cut would; safe to repeat."""
        if self.process is not None and self.alive:
            self.process.send_signal(signal.SIGKILL if at_once else signal.SIGINT)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(STOP_SECONDS)
        if self._watchdog is not None:
            self._watchdog.kill()
            self._watchdog.wait()
            self._watchdog = None

    def close(self) -> None:
        """Ends it for good and gives its ports back."""
        self.stop()
        while self._claims:
            self._claims.pop().close()

    def ask(self, method: str, *params: Any) -> Any:
        """One question through the node's own socket; `OSError` where it does not answer."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER_SECONDS)
            line.connect(str(self.folder / "ipc"))
            line.sendall(body.encode())
            said = b""
            while True:
                part = line.recv(65_536)
                said += part
                try:
                    answer = json.loads(said)
                    break
                except ValueError:
                    if not part:
                        raise ConnectionError(f"node {self.number} hung up") from None
        if "error" in answer:
            raise refused(
                "CONSORTIUM_REFUSED",
                node=self.number,
                method=method,
                given=answer["error"].get("message"),
            )
        return answer["result"]

    def enode(self) -> str:
        """Where others find it."""
        found: str = self.ask("admin_nodeInfo")["enode"]
        return found.partition("?")[0]

    def view(self) -> NodeView:
        """What it says of itself now."""
        told = (self.number, self.address, self.url)
        if not self.alive:
            return NodeView(*told, running=False)
        try:
            head = self.ask("eth_getBlockByNumber", "latest", False)
            peers = len(self.ask("admin_peers"))
        except OSError:
            return NodeView(*told, running=self.alive)
        weight = int(head.get("totalDifficulty") or "0x0", 16)
        return NodeView(*told, True, int(head["number"], 16), head["hash"], weight, peers)

    def connected(self, other: str) -> bool:
        """Whether it has a line to the node of an enode URL."""
        return _key(other) in {_key(peer["enode"]) for peer in self.ask("admin_peers")}

    def connect(self, other: str) -> None:
        self.ask("admin_addPeer", other)

    def disconnect(self, other: str) -> None:
        self.ask("admin_removePeer", other)

    def _command(self, settings: Path) -> list[str]:
        return [
            *(str(self.engine), "--config", str(settings), "--datadir", str(self.data)),
            *("--ipcpath", str(self.folder / "ipc"), "--nodekey", str(self.folder / "nodekey")),
            *("--networkid", str(self.chain_id), "--syncmode", "full", "--gcmode", "archive"),
            *("--cache", "128", "--snapshot=false", "--nat", "none", "--verbosity", "3"),
            *("--netrestrict", "127.0.0.0/8", "--authrpc.port", "0"),
            *("--http", "--http.addr", node.HOST, "--http.port", str(self.http_port)),
            *("--http.api", _OPEN_METHODS, "--http.vhosts", "localhost"),
            *("--rpc.batch-request-limit", "0", "--rpc.batch-response-max-size", "0"),
            *("--txpool.pricelimit", "1", "--txpool.accountslots", str(_ONE_SENDER)),
            *("--txpool.accountqueue", str(_ONE_SENDER), "--txpool.globalslots", str(_ALL_SENDERS)),
            *("--txpool.globalqueue", str(_ALL_SENDERS), "--txpool.nolocals"),
            *("--miner.etherbase", self.address, "--miner.gasprice", "1"),
            *("--miner.gaslimit", "30000000", "--miner.recommit", "1s"),
            *("--keystore", str(self.folder / "keystore"), "--unlock", self.address),
            *("--password", str(self.folder / "passphrase"), "--allow-insecure-unlock"),
        ]

    def _failed(self, code: str, what: str) -> TonneError:
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return TonneError(
            code,
            f"Node {self.number} {what}: {(lines or ['it said nothing'])[-1].strip()}",
            field="node",
            value=self.number,
            remedy="Try again; the machine may be overloaded.",
        )


def _key(enode: str) -> str:
    """A node's public key, out of its URL."""
    return enode.removeprefix("enode://").partition("@")[0]
