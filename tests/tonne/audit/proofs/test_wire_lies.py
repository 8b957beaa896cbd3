"""Answers that are wrong on the wire: each is a coded finding or error in bounded time, none is believed."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from tests.patience import HANGING_S
from tonne.audit import reconcile
from tonne.audit.proofs.reader import Checkpoint
from tonne.audit.store.database import Store
from tonne.audit.trust import Trust
from tonne.chain import rpc
from tonne.chain.client import Chain
from tonne.errors import TonneError

#: [s] The connection's time-out at a node that lies: one that drips takes hours without it.
TIMEOUT_S = 1.0


class Wire(ThreadingHTTPServer):
    """A node in front of a real one: `spoil` gets a body's method and text, and writes what is sent."""

    daemon_threads = True

    def __init__(self, upstream, spoil):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream, self.spoil = upstream, spoil
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = json.loads(body)
        first = asked[0] if isinstance(asked, list) else asked
        json_body = {"Content-Type": "application/json"}
        text = requests.post(
            self.server.upstream, body, headers=json_body, timeout=HANGING_S
        ).content
        with contextlib.suppress(OSError):
            self.server.spoil(self, first["method"], text)

    def say(self, text, size=None):
        self.send_response(200)
        self.send_header("Content-Length", str(len(text) if size is None else size))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def _many(change):
    """Alters the answers of a batch about blocks."""

    def spoil(handler, method, text):
        answers = json.loads(text)
        if method == "eth_getBlockByNumber" and isinstance(answers, list) and len(answers) > 1:
            answers = change(answers)
        handler.say(json.dumps(answers).encode())

    return spoil


def _swapped(answers):
    ids = [a["id"] for a in answers]
    return [{**a, "id": i} for a, i in zip(answers, [*ids[1:], ids[0]], strict=True)]


def _twice(answers):
    return [answers[0], *answers[:-1]]


def _one_more(answers):
    return [*answers, {**answers[0], "id": len(answers)}]


def _beside_an_error(answers):
    return [{**answers[0], "error": {"code": -32000, "message": "and yet"}}, *answers[1:]]


def _raw(change, of="eth_getBlockReceipts"):
    """Alters the bytes of answers to one method."""

    def spoil(handler, method, text):
        if method == of:
            change(handler, text)
        else:
            handler.say(text)

    return spoil


def _doubled_keys(handler, text):
    handler.say(text.replace(b'"status":"0x1"', b'"status":"0x1","status":"0x0"'))


def _not_a_number(handler, text):
    handler.say(text.replace(b'"logIndex":"0x0"', b'"logIndex":NaN'))


def _no_text(handler, text):
    handler.say(text.replace(b'"0x', b'"\xff\xfe', 1))


def _deep(handler, _text):
    handler.say(b"[" * 200_000)


def _cut(handler, text):
    handler.say(text[: len(text) // 2], size=len(text))
    handler.close_connection = True
    handler.connection.close()


def _endless(handler, _text):
    handler.say(b"[", size=2**40)
    while True:
        handler.wfile.write(b"0," * 2**15)


def _dripping(handler, text):
    handler.say(b"", size=len(text))
    for at in range(len(text)):
        handler.wfile.write(text[at : at + 1])
        handler.wfile.flush()
        time.sleep(0.2)


LIES = {
    "each answer under another's number": _many(_swapped),
    "one number twice": _many(_twice),
    "an answer that was not asked for": _many(_one_more),
    "an error beside a result": _many(_beside_an_error),
    "doubled keys": _raw(_doubled_keys),
    "no number": _raw(_not_a_number),
    "no text": _raw(_no_text),
    "deeper than any parser goes": _raw(_deep),
    "cut short": _raw(_cut),
    "without end": _raw(_endless),
    "byte by byte": _raw(_dripping),
}


@contextlib.contextmanager
def told(town, spoil, timeout_s=TIMEOUT_S):
    """A client of the market at a node that tells so."""
    wire = Wire(town.chain.url, spoil)
    threading.Thread(target=wire.serve_forever, daemon=True).start()
    chain = Chain(wire.url, rpc=rpc.Rpc(wire.url, timeout_s))
    for contract in town.chain.contracts.values():
        chain.add(contract)
    try:
        yield chain
    finally:
        chain.close()
        wire.shutdown()
        wire.server_close()


@pytest.fixture
def trust(town):
    head = town.chain.head()
    return Trust(checkpoint=Checkpoint(head.number, head.hash))


@pytest.mark.parametrize("lie", LIES)
def test_what_is_wrong_on_the_wire_is_coded_and_not_believed(town, trust, lie, monkeypatch):
    monkeypatch.setattr(rpc, "MOST_BYTES", 2**24)
    begun = time.monotonic()
    with told(town, LIES[lie]) as chain:
        try:
            audit = reconcile.audit(chain, trust=trust)
        except TonneError as error:
            assert error.code in ("RPC_UNREADABLE", "RPC_UNREACHABLE", "RPC_REFUSED")
        else:
            assert not audit.sound and all(fault.code for fault in audit.faults)
    assert time.monotonic() - begun < HANGING_S


def test_answers_in_another_order_are_those_that_were_asked_for(town, trust):
    """The order of a batch is the node's to choose; the numbers say what answers what."""
    with told(town, _many(lambda answers: answers[::-1]), HANGING_S) as chain:
        assert reconcile.audit(chain, trust=trust).sound


def test_a_chain_that_has_another_id_the_next_time_is_refused(town, trust, tmp_path):
    store = Store(tmp_path / "store.duckdb")
    kept = Trust(checkpoint=trust.checkpoint, store=store)
    with told(town, lambda handler, _, text: handler.say(text)) as chain:
        assert reconcile.audit(chain, trust=kept).sound

    def other(handler, method, text):
        handler.say(text.replace(b"0x7a69", b"0x1") if method == "eth_chainId" else text)

    with told(town, other) as chain, pytest.raises(TonneError) as refused:
        reconcile.audit(chain, trust=kept)
    assert refused.value.code == "AUDIT_STORE_OTHER"
    store.close()
