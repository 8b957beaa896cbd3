"""Receipts of real nodes, and every way to leave out, add or alter a log."""

from __future__ import annotations

import copy
import random

import pytest
import rlp
from trie import HexaryTrie

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


def _flip(text, die):
    at = die.randrange(2, len(text)) if len(text) > 2 else None
    if at is None:
        return "0x00"
    return (
        text[:at]
        + die.choice([c for c in "0123456789abcdef" if c != text[at].lower()])
        + text[at + 1 :]
    )


def drop_log(answers, r, i, _):
    del answers[r]["logs"][i]


def double_log(answers, r, i, _):
    answers[r]["logs"].insert(i, copy.deepcopy(answers[r]["logs"][i]))


def alter_data(answers, r, i, die):
    answers[r]["logs"][i]["data"] = _flip(answers[r]["logs"][i]["data"], die)


def alter_topic(answers, r, i, die):
    topics = answers[r]["logs"][i]["topics"]
    at = die.randrange(len(topics))
    topics[at] = _flip(topics[at], die)


def alter_address(answers, r, i, die):
    answers[r]["logs"][i]["address"] = _flip(answers[r]["logs"][i]["address"], die)


def move_border(answers, r, i, _):
    """The last topic's text goes in front of the data, with a blank where the border was."""
    log = answers[r]["logs"][i]
    log["topics"][-1] = log["topics"][-1][:-2] + " " + log["topics"][-1][-2:]


def drop_receipt(answers, r, _i, _die):
    del answers[r]


def double_receipt(answers, r, _i, _die):
    answers.insert(r, copy.deepcopy(answers[r]))


def flip_status(answers, r, _i, _die):
    answers[r]["status"] = "0x0" if answers[r]["status"] == "0x1" else "0x1"


def odd_status(answers, r, _i, die):
    answers[r]["status"] = die.choice(["0x2", "0x", None, 1, "yes"])


def alter_gas(answers, r, _i, _die):
    answers[r]["cumulativeGasUsed"] = hex(int(answers[r]["cumulativeGasUsed"], 16) + 1)


def alter_bloom(answers, r, _i, die):
    answers[r]["logsBloom"] = _flip(answers[r]["logsBloom"], die)


def alter_type(answers, r, _i, _die):
    answers[r]["type"] = "0x3"


def other_transaction(answers, r, _i, die):
    answers[r]["transactionHash"] = _flip(answers[r]["transactionHash"], die)


def other_index(answers, r, i, _):
    answers[r]["logs"][i]["logIndex"] = hex(int(answers[r]["logs"][i]["logIndex"], 16) + 1)


def other_block(answers, r, i, die):
    answers[r]["logs"][i]["blockHash"] = _flip(answers[r]["logs"][i]["blockHash"], die)


def other_number(answers, r, i, _):
    answers[r]["logs"][i]["blockNumber"] = hex(int(answers[r]["logs"][i]["blockNumber"], 16) + 1)


def none_at_all(answers, _r, _i, _die):
    answers.clear()


LIES = [
    *(drop_log, double_log, alter_data, alter_topic, alter_address, move_border, drop_receipt),
    *(double_receipt, flip_status, odd_status, alter_gas, alter_bloom, alter_type),
    *(other_transaction, other_index, other_block, other_number, none_at_all),
]


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
