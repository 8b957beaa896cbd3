"""Receipts of real nodes, and every way to leave out, add or alter a log."""

from __future__ import annotations

import copy
import random

import pytest
import rlp
from trie import HexaryTrie

from tests.tonne.audit.proofs.receipt_lies import LIES
from tonne.audit.proofs import headers, receipts
from tonne.audit.proofs.findings import Refuted
from tonne.audit.proofs.headers import Header
from tonne.chain.client import Chain
from tonne.chain.rpc import Rpc
from tonne.crypto.accounts import Account
from tonne.sandbox import node


def _blocks(rpc: Rpc) -> list[tuple[Header, list[dict]]]:
    last = int(rpc.call("eth_blockNumber"), 16)
    found = [h for h in headers.linked(rpc, 0, last, None) if h.transactions]
    asked = [
        [("eth_getTransactionReceipt", ["0x" + tx.hex()]) for tx in h.transactions] for h in found
    ]
    return [(h, rpc.batch_or_raise(a)) for h, a in zip(found, asked, strict=True)]


@pytest.fixture(scope="module")
def blocks(_town):
    return _blocks(Rpc(_town[0]))


def _library_root(answers: list[dict]) -> bytes:
    """The root by the field's own libraries."""
    trie = HexaryTrie({})
    for place, receipt in enumerate(answers):
        logs = [
            [_bytes(log["address"]), [_bytes(t) for t in log["topics"]], _bytes(log["data"])]
            for log in receipt["logs"]
        ]
        gas, bloom = int(receipt["cumulativeGasUsed"], 16), _bytes(receipt["logsBloom"])
        body = rlp.encode([int(receipt["status"], 16), gas, bloom, logs])
        kind = int(receipt["type"], 16)
        trie[rlp.encode(place)] = bytes([kind]) + body if kind else body
    return trie.root_hash


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def test_all_logs_of_a_market_are_those_of_the_node_and_have_the_librarys_root(blocks, town):
    found = []
    for header, answers in blocks:
        found += receipts.check(header, answers)
        assert header.receipts_root == _library_root(answers)

    query = {"fromBlock": "0x0", "toBlock": hex(blocks[-1][0].number)}
    told = town.chain.rpc.call("eth_getLogs", query)
    assert len(found) > 100
    assert [(log["blockHash"], log["logIndex"]) for log in found] == [
        (log["blockHash"], log["logIndex"]) for log in told
    ]


def test_ganaches_status_of_a_failed_transaction_is_accepted_there_alone():
    with node.start(kind="ganache") as running, Chain(running.url) as chain:
        payer = Account.from_seed("payer")
        chain.fund([payer])
        code = "0x600c600c600039600c6000f3" + "60006000fd" + "00" * 7  # reverts when it is called
        contract, _ = chain.deploy(payer, "Refuser", [_REFUSE], code)
        chain.send(payer, contract, "refuse", gas=100_000, check=False)
        header, answers = _blocks(chain.rpc)[-1]

        assert answers[0]["status"] == "0x0"
        assert receipts.check(header, answers, ganache=True) == []
        with pytest.raises(Refuted):
            receipts.check(header, answers)


_REFUSE = {"type": "function", "name": "refuse", "inputs": [], "outputs": []}


def _log_block(blocks, die):
    while True:
        header, answers = die.choice(blocks)
        places = [(r, i) for r, receipt in enumerate(answers) for i in range(len(receipt["logs"]))]
        if places:
            return header, copy.deepcopy(answers), die.choice(places)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_a_lie_about_receipts_is_refuted(blocks, lie):
    die = random.Random(lie.__name__)
    for _ in range(10):
        header, answers, (r, i) = _log_block(blocks, die)
        lie(answers, r, i, die)
        with pytest.raises(Refuted) as caught:
            receipts.check(header, answers)
        assert caught.value.code.startswith("AUDIT_")
        assert caught.value.block == header.number


@pytest.mark.parametrize("answer", [None, 5, "0x", {}, [None], [[]], [{}]])
def test_an_answer_that_is_no_list_of_receipts_is_refuted(blocks, answer):
    header = blocks[0][0]
    with pytest.raises(Refuted):
        receipts.check(header, answer)


def test_receipts_swapped_within_a_block_are_refuted(blocks):
    several = [(h, answers) for h, answers in blocks if len(answers) > 1]
    assert several
    for header, answers in several[:20]:
        swapped = [answers[1], answers[0], *answers[2:]]
        with pytest.raises(Refuted):
            receipts.check(header, swapped)
