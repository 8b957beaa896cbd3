"""Headers of real nodes under the rules of several forks, and what a node may not alter in them."""

from __future__ import annotations

import copy

import pytest

from tonne.audit.proofs import headers
from tonne.audit.proofs.findings import Refuted
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.sandbox import node

FORKS = [
    *(("anvil", fork) for fork in ("london", "shanghai", "cancun", "prague", "osaka")),
    ("ganache", None),
]


@pytest.mark.parametrize("kind, fork", FORKS)
def test_headers_of_every_fork_hash_to_their_hash_and_follow_each_other(kind, fork):
    with node.start(kind=kind, hardfork=fork) as running, Chain(running.url) as chain:
        chain.mine(2)
        chain.transfer_coin(Account.from_seed("payer"), "0x" + "11" * 20, 0)
        found = list(headers.linked(chain.rpc, 0, chain.block_number(), None))

        assert [header.number for header in found] == list(range(len(found)))
        assert len(found) >= 4
        assert found[-1].transactions != ()


@pytest.fixture
def answers(town):
    last = town.chain.block_number()
    asked = [("eth_getBlockByNumber", [hex(number), False]) for number in range(last + 1)]
    return town.chain.rpc.batch_or_raise(asked)


FIELDS = [name for name, _ in (*headers.ALWAYS, *headers.SINCE_FORKS)]


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_that_is_altered_is_found(answers, name):
    answer = copy.deepcopy(answers[5])
    if answer.get(name) is None:
        answer[name] = "0x" + "11" * 32 if name == "blockAccessListHash" else "0x1"
    else:
        answer[name] = _altered(answer[name])
    with pytest.raises(Refuted) as caught:
        headers.read(answer, 5)
    assert caught.value.code == "AUDIT_HEADER_FALSE"


@pytest.mark.parametrize("name", [*FIELDS[:15], "hash", "transactions"])
def test_a_field_that_is_missing_or_no_text_is_malformed(answers, name):
    for value in (None, 7, "0x12 34", "zz", [1]):
        answer = {**answers[5], name: value}
        with pytest.raises(Refuted) as caught:
            headers.read(answer, 5)
        assert caught.value.code in ("AUDIT_ANSWER_MALFORMED", "AUDIT_HEADER_FALSE")


@pytest.mark.parametrize("answer", [None, [], {}, "0x", 5])
def test_an_answer_that_is_no_header_is_malformed(answer):
    with pytest.raises(Refuted) as caught:
        headers.read(answer, 5)
    assert caught.value.code == "AUDIT_ANSWER_MALFORMED"


def test_another_block_in_its_place_is_found(answers):
    with pytest.raises(Refuted) as caught:
        headers.read(answers[6], 5)
    assert caught.value.code == "AUDIT_HEADER_FALSE"


def test_a_block_that_does_not_follow_is_found(town):
    with pytest.raises(Refuted) as caught:
        list(headers.linked(town.chain.rpc, 5, 9, bytes(32)))
    assert caught.value.code == "AUDIT_CHAIN_BROKEN"


def _altered(text: str) -> str:
    """With its last digit changed; the shortest empty value gets one."""
    if text == "0x":
        return "0x01"
    return text[:-1] + ("1" if text[-1] != "1" else "2")
