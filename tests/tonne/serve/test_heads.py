"""A node that admits only whom it knows is asked for its blocks with the same token."""

from __future__ import annotations

import json
import threading

from websockets.sync.server import serve

from tonne.serve.heads import Heads


def test_a_subscription_carries_the_token_of_its_host(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login bearer password a.b.c\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    told = []

    def node(socket):
        told.append(socket.request.headers.get("Authorization"))
        asked = json.loads(socket.recv())
        socket.send(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": "0x1"}))

    with serve(node, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        with Heads(f"http://127.0.0.1:{port}") as heads:
            heads.wait(1)
            assert heads.is_told
        server.shutdown()
    assert told == ["Bearer a.b.c"]
