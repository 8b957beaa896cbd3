"""Which block is final is chosen by what the node is and tells, never guessed."""

from __future__ import annotations

from typing import Any

import pytest

from oracles.runtime.finality import DEVELOPMENT_DEPTH, Finality, chosen
from tonne.chain.client import Chain
from tonne.chain.rpc import RpcFailure
from tonne.errors import TonneError

ANVIL, GANACHE, HARDHAT = "anvil/v1.3.0", "Ganache/v7.9.2", "HardhatNetwork/2.22.0"
GETH, BESU, QUORUM = "Geth/v1.15.0", "besu/v24.1.0", "quorum/v23.4.0"

FINALIZED, DEPTH, INSTANT = Finality(0), Finality(DEVELOPMENT_DEPTH), Finality(1)

VALIDATORS = ["0x" + "11" * 20]


class Teller:
    """A node with some methods; others it refuses. `finalized` is the number of that block, None where there
    is none yet, and "" where it does not know the tag."""

    url = "http://teller"

    def __init__(self, client: str, finalized: str | None = "", **methods: Any) -> None:
        self.finalized = finalized
        self.methods = {"web3_clientVersion": client, "eth_chainId": "0x1", **methods}

    def call(self, method: str, *params: Any) -> Any:
        if method == "eth_getBlockByNumber" and params[0] == "finalized":
            if self.finalized == "":
                raise RpcFailure(method, {"code": -32602, "message": "invalid block tag"})
            return {"number": self.finalized} if self.finalized else None
        if method not in self.methods:
            raise RpcFailure(method, {"code": -32601, "message": "method not found"})
        return self.methods[method]


def chain_of(node: Teller) -> Chain:
    return Chain(node.url, rpc=node)


@pytest.mark.parametrize(
    "node, ends",
    [
        (Teller(ANVIL, "0x0"), DEPTH),  # its `finalized` is 64 blocks behind, whatever happens
        (Teller(GANACHE, "0x10"), DEPTH),  # its `finalized` is the head, which it takes back
        (Teller(HARDHAT, "0x10"), DEPTH),
        (Teller(BESU, qbft_getValidatorsByBlockNumber=VALIDATORS), INSTANT),
        (Teller(BESU, "0x10", qbft_getValidatorsByBlockNumber=VALIDATORS), INSTANT),
        (Teller(BESU, ibft_getValidatorsByBlockNumber=VALIDATORS), INSTANT),
        (Teller(QUORUM, istanbul_getValidators=VALIDATORS), INSTANT),
        (Teller(GETH, "0xa"), FINALIZED),
        (Teller(BESU, "0xa"), FINALIZED),
    ],
)
def test_finality_follows_from_the_kind_of_chain(node, ends):
    assert chosen(chain_of(node), "auto") == ends


@pytest.mark.parametrize(
    "node",
    [
        Teller(GETH),  # proof of authority: Clique knows no such tag
        Teller(GETH, None),
        Teller(BESU, qbft_getValidatorsByBlockNumber=None),
    ],
)
def test_a_chain_that_tells_no_finality_is_not_guessed_at(node):
    with pytest.raises(TonneError) as unknown:
        chosen(chain_of(node), "auto")
    assert unknown.value.code == "ORACLE_FINALITY_UNKNOWN"
    assert "--finality 12" in unknown.value.remedy
    assert chosen(chain_of(node), "12") == Finality(12)


@pytest.mark.parametrize(
    "said, ends",
    [("finalized", FINALIZED), ("instant", INSTANT), ("1", INSTANT), ("7", Finality(7))],
)
def test_what_the_operator_says_holds_on_any_chain(said, ends):
    assert chosen(chain_of(Teller(ANVIL, "0x0")), said) == ends


@pytest.mark.parametrize("said", ["0", "-1", "1.5", "", "safe", "Auto"])
def test_what_is_no_finality_is_refused(said):
    with pytest.raises(TonneError) as refused:
        chosen(chain_of(Teller(GETH, "0xa")), said)
    assert refused.value.code == "ORACLE_FINALITY"


@pytest.mark.parametrize(
    "ends, finalized, head, block",
    [
        (FINALIZED, "0xa", 16, 10),
        (FINALIZED, None, 16, -1),
        (INSTANT, "", 16, 16),
        (DEPTH, "", 16, 14),
        (DEPTH, "", 2, 0),
        (DEPTH, "", 1, -1),
        (Finality(12), "", 3, -1),
    ],
)
def test_the_newest_final_block(ends, finalized, head, block):
    assert ends.block(Teller(GETH, finalized), head) == block
