"""A node that asks who one is: told by the netrc file, its own host alone, where no other may read it."""

from __future__ import annotations

import base64
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tonne.chain.node_login import header
from tonne.chain.rpc import Rpc, RpcUnreachable
from tonne.errors import TonneError

TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJleHAiOjF9.c2ln"


class Gatekeeper(BaseHTTPRequestHandler):
    """Answers whom it knows, and keeps what each said of itself."""

    admits = f"Bearer {TOKEN}"
    told: list[str | None] = []

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = self.headers.get("Authorization")
        self.told.append(said)
        many = isinstance(asked, list)
        answers = [
            {"jsonrpc": "2.0", "id": one["id"], "result": "0x7"}
            for one in (asked if many else [asked])
        ]
        body = json.dumps(answers if many else answers[0]).encode()
        self.send_response(200 if said == self.admits else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gate():
    """The URL of a node that asks who one is."""
    Gatekeeper.told = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gatekeeper)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def netrc(tmp_path, monkeypatch):
    """Writes the file that `NETRC` names."""
    path = tmp_path / "netrc"
    monkeypatch.setenv("NETRC", str(path))

    def write(text: str, mode: int = 0o600) -> None:
        path.write_text(text)
        os.chmod(path, mode)

    return write


def test_a_token_is_sent_with_single_calls_and_with_bodies(gate, netrc):
    netrc(f"machine 127.0.0.1 login bearer password {TOKEN}\n")
    rpc = Rpc(gate)
    assert rpc.call("eth_blockNumber") == "0x7"
    assert rpc.batch([("eth_blockNumber", []), ("eth_chainId", [])]) == ["0x7", "0x7"]
    assert Gatekeeper.told == [f"Bearer {TOKEN}"] * 2
    assert header(gate.replace("http", "ws")) == {"Authorization": f"Bearer {TOKEN}"}


def test_any_other_login_is_a_name_with_its_password(gate, netrc, monkeypatch):
    netrc("machine 127.0.0.1 login anna password secret\n")
    monkeypatch.setattr(Gatekeeper, "admits", "Basic " + base64.b64encode(b"anna:secret").decode())
    assert Rpc(gate).call("eth_blockNumber") == "0x7"


def test_another_host_is_told_nothing(gate, netrc):
    netrc(f"machine elsewhere.example login bearer password {TOKEN}\n")
    for asks in (lambda r: r.call("eth_blockNumber"), lambda r: r.batch([("eth_chainId", [])])):
        with pytest.raises(RpcUnreachable) as refused:
            asks(Rpc(gate))
        assert refused.value.code == "RPC_NOT_ADMITTED"
        assert "netrc" in refused.value.remedy
    assert Gatekeeper.told == [None, None]
    assert header(gate) == {}


def test_a_file_that_others_may_read_is_refused_before_anything_is_sent(gate, netrc):
    netrc(f"machine 127.0.0.1 login bearer password {TOKEN}\n", 0o640)
    with pytest.raises(TonneError) as refused:
        Rpc(gate)
    assert (refused.value.code, refused.value.value) == ("RPC_LOGIN_EXPOSED", "0640")
    assert refused.value.remedy.startswith("chmod 600 ")
    assert Gatekeeper.told == []
