"""What nodes answer, told apart."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.patience import HANGING_S
from tonne.chain.rpc import Rpc, RpcFailure, RpcUnreachable, StateGone
from tonne.errors import TonneError

GONE = [
    "BlockOutOfRangeError: block height is 1953 but requested was 1881",
    "missing trie node 59030c2a3d55 (path ) state 0x59030c2a3d55 is not available, not found",
    "required historical state unavailable (reexec=128)",
    "state 0x669c5301b4a7 is not available",
    "State at block #11052984 is pruned",
    "World state unavailable",
    "No state available for block 0x4a8411",
    "This request is not supported because your node is running with state pruning.",
]

OTHER = [
    "BlockOutOfRangeError: block height is 7 but requested was 9",
    "execution reverted: state 1 is not available",
    "EVM error OutOfGas",
    "too many logs",
]


def _numbers(rpc):
    """As web3.py numbers its requests."""
    return rpc.provider.request_counter


def answered(monkeypatch, said):
    rpc = Rpc("http://127.0.0.1:1")
    error = {"code": -32000, "message": said}
    single = {"id": 0, "error": error}
    monkeypatch.setattr(rpc, "_post", lambda body: [single])
    monkeypatch.setattr(
        rpc.provider, "make_request", lambda *_: {**single, "id": next(_numbers(rpc))}
    )
    with pytest.raises(RpcFailure) as refusal:
        rpc.call("eth_call")
    (many,) = rpc.batch([("eth_call", [])])
    assert type(many) is refusal.type and many.code == refusal.value.code
    return many


@pytest.mark.parametrize("said", GONE)
def test_a_state_that_is_gone_is_told_from_other_refusals(monkeypatch, said):
    found = answered(monkeypatch, said)
    assert isinstance(found, StateGone)
    assert found.code == "RPC_STATE_GONE"


@pytest.mark.parametrize("said", OTHER)
def test_other_refusals_are_no_state_that_is_gone(monkeypatch, said):
    assert answered(monkeypatch, said).code == "RPC_REFUSED"


@pytest.mark.parametrize(
    "answer", [{"id": 7, "result": "0x1"}, {"id": 0}, {"result": "0x1"}, None, [], "0x1"]
)
def test_an_answer_to_another_question_is_not_taken_for_ones_own(monkeypatch, answer):
    rpc = Rpc("http://127.0.0.1:1")
    monkeypatch.setattr(rpc.provider, "make_request", lambda *_: next(_numbers(rpc)) or answer)
    with pytest.raises(RpcUnreachable) as refusal:
        rpc.call("eth_blockNumber")
    assert refusal.value.code == "RPC_UNREADABLE"


@pytest.mark.parametrize(
    "answers",
    [
        [{"id": 0, "result": 1}],
        [{"id": 0, "result": 1}, {"id": 0, "result": 2}],
        [{"id": 0, "result": 1}, {"id": 2, "result": 2}],
        [{"id": 0, "result": 1}, {"id": "1", "result": 2}],
        [{"id": 0, "result": 1}, {"id": 1}],
        [{"id": 0, "result": 1}, None],
        {"id": 0, "error": {"code": -32600, "message": "no batches here"}},
    ],
)
def test_a_batch_whose_answers_do_not_fit_its_questions_is_not_taken(monkeypatch, answers):
    rpc = Rpc("http://127.0.0.1:1")
    monkeypatch.setattr(rpc, "_post", lambda body: answers)
    with pytest.raises(RpcUnreachable) as refusal:
        rpc.batch([("eth_blockNumber", []), ("eth_chainId", [])])
    assert refusal.value.code == "RPC_UNREADABLE"


def test_two_threads_may_ask_at_once(monkeypatch):
    rpc = Rpc("http://127.0.0.1:1")
    both = Barrier(2, timeout=HANGING_S)

    def answer(method, _params):
        number = next(_numbers(rpc))
        both.wait()
        return {"id": number, "result": method}

    monkeypatch.setattr(rpc.provider, "make_request", answer)
    rpc.provider.request_counter.last = 4  # this thread has asked before
    with ThreadPoolExecutor(1) as other:
        theirs = other.submit(rpc.call, "eth_gasPrice")
        assert rpc.call("eth_chainId") == "eth_chainId"
        assert theirs.result() == "eth_gasPrice"


@pytest.mark.parametrize("number, kind", [(None, RpcFailure), (7, RpcUnreachable)])
def test_a_refusal_without_a_number_is_one_and_with_anothers_is_not(monkeypatch, number, kind):
    rpc = Rpc("http://127.0.0.1:1")
    answer = {"id": number, "error": {"code": -32700, "message": "unknown method"}}
    monkeypatch.setattr(rpc.provider, "make_request", lambda *_: next(_numbers(rpc)) or answer)
    with pytest.raises(kind):
        rpc.call("eth_getBlockReceipts", "0x0")


@pytest.mark.parametrize(
    ("url", "value", "written"),
    [
        ("nonsense", "nonsense", "http://127.0.0.1:8545"),
        ("", "", "http://127.0.0.1:8545"),
        ("127.0.0.1:8545", "127.0.0.1:8545", "http://127.0.0.1:8545"),
        ("localhost:8546", "localhost:8546", "http://localhost:8546"),
        ("ws://10.0.0.7:8546/key", "ws://10.0.0.7:8546", "http://10.0.0.7:8546"),
        ("name:secret@node.example/key", "node.example", "http://node.example"),
        ("http://", "http://", "http://127.0.0.1:8545"),
        ("http://node:port", "http://node:port", "http://127.0.0.1:8545"),
        ("http://[::1", "http://[::1", "http://127.0.0.1:8545"),
    ],
)
def test_what_is_no_url_of_a_node_is_told_with_one_that_is(url, value, written):
    with pytest.raises(TonneError) as refusal:
        Rpc(url)
    error = refusal.value
    assert (error.code, error.field, error.value) == ("RPC_URL", "rpc", value)
    assert error.remedy == f"Write `--rpc {written}`."
    Rpc(written).close()
