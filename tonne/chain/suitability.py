"""Whether a chain will do for a market, as its node answers: good, limited or unfit, thing by thing.

Nothing is sent: code that has to run is run by `eth_call`, in a creation that no block keeps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from tonne.chain.rpc import Rpc, RpcFailure, RpcUnreachable, quantity
from tonne.chain.sender import kind_of

#: [gas] The largest transaction of a deployment, and all of them together, rounded upwards.
LARGEST_GAS: Final = 10_500_000
DEPLOYMENT_GAS: Final = 210_000_000
#: [gas] of one transaction where EIP-7825 holds: what no act of the market exceeds.
TRANSACTION_GAS: Final = 2**24
#: [bytes] Runtime code by EIP-170 and creation code by EIP-3860; the largest contracts use nearly all.
CODE_BYTES: Final = 24_576
CREATION_BYTES: Final = 2 * CODE_BYTES

#: [s] A head older than this belongs to a chain that stands still or waits for transactions.
OLD_HEAD_S: Final = 300
#: Blocks over which the time of one is averaged.
_AVERAGED: Final = 16
_TOGETHER: Final = 500  # questions of one body
_GWEI: Final = 10**9

#: A signature as contracts check it: digest, v, r, s; and its signer's address.
_SIGNATURE: Final = (
    "88a407265ec641e7ae59d5fe79632e4b9fcc3e8dd35b699be18e9fd07d7b3782",
    "000000000000000000000000000000000000000000000000000000000000001c",
    "01e2e2cc6570ffa624e52eae5da32bc5394ee605b3a60cffacb408228b3d01e2",
    "14c37bf078d220b710a4163befbd27590e785484f19939d7c8c6392769695fa4",
)
_SIGNER: Final = "e072ae3b9e2db15fe7ead63e78369f3e322974c9"
_REFUSAL: Final = "08c379a07472616465"
#: A signature on P-256 for the precompile of EIP-7951: digest, r, s, x, y.
_P256: Final = (
    "935f9d3c5208d8610e99c3ac4b52ce13155058dfd6981e8a58fa2a689e55a6b3"
    "21e77832cc4db9b892d9a4a5c26d2f31860e481dc2125dd18e3062b35e12e941"
    "443572e1032ff8e93e1452a52e460a5473a0f5ebcfba4fbf050a55839ebc0cc5"
    "ca8523f9631a7e122aeef6eed891067a5c05b1218aeccdf254bdc6461700d531"
    "56cd8325bff91372bb5ee3e6e1c6545b45feff704fea282043fccef7e2ab4f6b"
)


class Fitness(StrEnum):
    """What one answer means for a market."""

    GOOD = "good"
    LIMITED = "limited"
    UNFIT = "unfit"


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing asked of the node."""

    subject: str
    verdict: Fitness
    says: str


def aspects(rpc: Rpc, payer: str | None = None) -> Iterator[Aspect]:
    """Asks the node one thing after another; raises `RpcUnreachable` only if it does not answer at all.

    `payer` is the address that would pay for a deployment.
    """
    yield _identity(rpc)
    head = rpc.call("eth_getBlockByNumber", "latest", False)
    checks: list[tuple[str, Callable[[], Aspect]]] = [
        ("blocks", lambda: _blocks(rpc, head)),
        ("gas of a block", lambda: _gas(head)),
        ("instructions", lambda: _instructions(rpc)),
        ("size of code", lambda: _code_size(rpc)),
        ("P-256 signatures", lambda: _p256(rpc)),
        ("reasons of refusals", lambda: _refusals(rpc)),
        ("estimates", lambda: _estimates(rpc)),
        ("events", lambda: _events(rpc, head)),
        ("many questions at once", lambda: _batches(rpc)),
        ("fees", lambda: _fees(rpc, head)),
        ("finality", lambda: _finality(rpc, head)),
        ("receipts of a block", lambda: _receipts(rpc)),
        ("proofs of storage", lambda: _proofs(rpc)),
        ("past states", lambda: _past(rpc)),
    ]
    if payer is not None:
        checks.append(("coin", lambda: _coin(rpc, payer)))
    for subject, check in checks:
        yield _asked(subject, check)


def verdict(found: list[Aspect]) -> Fitness:
    """The worst of them."""
    said = {finding.verdict for finding in found}
    return next(v for v in (Fitness.UNFIT, Fitness.LIMITED, Fitness.GOOD) if v in said)


def _asked(subject: str, check: Callable[[], Aspect]) -> Aspect:
    """The finding; an answer that makes no sense, or none, is one too."""
    try:
        return check()
    except (RpcFailure, RpcUnreachable) as error:
        return Aspect(
            subject, Fitness.UNFIT, f"The node does not answer as it should: {error.message}"
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return Aspect(
            subject, Fitness.UNFIT, "The node's answer is not of the form that nodes give."
        )


def _identity(rpc: Rpc) -> Aspect:
    number = quantity(rpc.call("eth_chainId"), "eth_chainId")
    try:
        client = str(rpc.call("web3_clientVersion"))
    except RpcFailure:
        client = "an unnamed node"
    return Aspect("node", Fitness.GOOD, f"{client}, chain {number}.")


def _blocks(rpc: Rpc, head: dict[str, Any]) -> Aspect:
    number, moment = int(head["number"], 16), int(head["timestamp"], 16)
    earlier = rpc.call("eth_getBlockByNumber", hex(max(number - _AVERAGED, 0)), False)
    many = number - int(earlier["number"], 16)
    each = (moment - int(earlier["timestamp"], 16)) / many if many else 0.0
    age = int(time.time()) - moment
    pace = f"one every {each:.1f} s" if many else "only the first so far"
    if abs(age) > OLD_HEAD_S:
        where = f"{age:,} s behind" if age > 0 else f"{-age:,} s ahead of"
        return Aspect(
            "blocks",
            Fitness.LIMITED,
            f"Block {number:,}, {pace}; its time is {where} this machine's clock: a chain that waits for"
            " transactions, stands still, or has a time of its own. Deadlines go by the chain's time.",
        )
    return Aspect("blocks", Fitness.GOOD, f"Block {number:,}, {pace}.")


def _gas(head: dict[str, Any]) -> Aspect:
    limit = int(head["gasLimit"], 16)
    if limit < LARGEST_GAS:
        return Aspect(
            "gas of a block",
            Fitness.UNFIT,
            f"{limit:,} gas; the largest contract takes {LARGEST_GAS:,} to deploy.",
        )
    if limit < TRANSACTION_GAS:
        return Aspect(
            "gas of a block",
            Fitness.LIMITED,
            f"{limit:,} gas: batches of the largest size, up to {TRANSACTION_GAS:,}, do not"
            " fit; send smaller ones.",
        )
    return Aspect("gas of a block", Fitness.GOOD, f"{limit:,} gas.")


def _instructions(rpc: Rpc) -> Aspect:
    """A creation that recovers a signer, with the instructions of Constantinople and Istanbul."""
    stores = "".join(f"7f{word}60{32 * at:02x}52" for at, word in enumerate(_SIGNATURE))
    newer = "600160011b50" + "4650" + "4750" + "303f50"
    call = "602060806080600060015afa50"
    answer = str(_created(rpc, newer + stores + call + "60206080f3"))
    if answer[-40:].lower() == _SIGNER:
        return Aspect(
            "instructions",
            Fitness.GOOD,
            "Those of Istanbul and later, and signatures are recovered.",
        )
    return Aspect(
        "instructions",
        Fitness.UNFIT,
        "Rules older than Istanbul, or a signer is not recovered: the contracts do not run.",
    )


def _code_size(rpc: Rpc) -> Aspect:
    """Returns the largest contract, from the largest creation code."""
    code = f"61{CODE_BYTES:04x}6000f3"
    try:
        answer = str(_created(rpc, code + "00" * (CREATION_BYTES - len(code) // 2)))
    except RpcFailure as failure:
        return Aspect(
            "size of code",
            Fitness.UNFIT,
            f"A contract of {CODE_BYTES:,} bytes from {CREATION_BYTES:,} of creation code is refused:"
            f" {failure.rpc_message}",
        )
    size = len(answer) // 2 - 1
    if size != CODE_BYTES:
        return Aspect(
            "size of code", Fitness.UNFIT, f"Of {CODE_BYTES:,} bytes of code {size:,} came back."
        )
    return Aspect("size of code", Fitness.GOOD, f"Contracts of {CODE_BYTES:,} bytes.")


def _p256(rpc: Rpc) -> Aspect:
    answer = rpc.call("eth_call", {"to": f"0x{256:040x}", "data": "0x" + _P256}, "latest")
    if answer != "0x" and int(answer, 16) == 1:
        return Aspect("P-256 signatures", Fitness.GOOD, "Proved by the chain itself.")
    return Aspect(
        "P-256 signatures",
        Fitness.GOOD,
        "No precompile: a meter's own signature is proved by a contract, for 250,000 gas more.",
    )


def _refusals(rpc: Rpc) -> Aspect:
    size = len(_REFUSAL) // 2
    code = f"{0x5F + size:02x}{_REFUSAL}60005260{size:02x}60{32 - size:02x}fd"
    try:
        _created(rpc, code)
    except RpcFailure as failure:
        if (failure.revert_data() or "").removeprefix("0x").startswith(_REFUSAL):
            return Aspect("reasons of refusals", Fitness.GOOD, "The node hands them on.")
    return Aspect(
        "reasons of refusals",
        Fitness.LIMITED,
        "The node keeps a contract's error to itself: refusals come without a reason.",
    )


def _estimates(rpc: Rpc) -> Aspect:
    gas = quantity(
        rpc.call("eth_estimateGas", {"from": "0x" + "11" * 20, "to": "0x" + "22" * 20}),
        "eth_estimateGas",
    )
    pending = quantity(
        rpc.call("eth_getTransactionCount", "0x" + "11" * 20, "pending"), "eth_getTransactionCount"
    )
    return Aspect(
        "estimates",
        Fitness.GOOD,
        f"A transfer takes {gas:,} gas; waiting transactions are counted ({pending}).",
    )


def _events(rpc: Rpc, head: dict[str, Any]) -> Aspect:
    query = {
        "address": ["0x" + "11" * 20, "0x" + "22" * 20],
        "topics": [["0x" + "33" * 32, "0x" + "44" * 32]],
        "fromBlock": "0x0",
        "toBlock": head["number"],
    }
    try:
        rpc.call("eth_getLogs", query)
    except RpcFailure as failure:
        rpc.call("eth_getLogs", query | {"fromBlock": head["number"]})
        return Aspect(
            "events",
            Fitness.LIMITED,
            f"Not over all blocks at once ({failure.rpc_message}): the audit asks for shorter stretches.",
        )
    return Aspect(
        "events",
        Fitness.GOOD,
        f"Of several contracts, over {int(head['number'], 16) + 1:,} blocks at once.",
    )


def _batches(rpc: Rpc) -> Aspect:
    began = time.monotonic()
    try:
        rpc.batch_or_raise([("eth_blockNumber", [])] * _TOGETHER, _TOGETHER)
    except (RpcFailure, RpcUnreachable) as error:
        return Aspect(
            "many questions at once",
            Fitness.UNFIT,
            f"{_TOGETHER} in one body are refused: {error.message}",
        )
    took = time.monotonic() - began
    return Aspect("many questions at once", Fitness.GOOD, f"{_TOGETHER} in {took:.2f} s.")


def _fees(rpc: Rpc, head: dict[str, Any]) -> Aspect:
    price = quantity(rpc.call("eth_gasPrice"), "eth_gasPrice")
    base = head.get("baseFeePerGas")
    if base is None:
        return Aspect("fees", Fitness.GOOD, f"One price of gas, {_gwei(price)}, before EIP-1559.")
    if price == 0 and int(base, 16) == 0:
        return Aspect("fees", Fitness.GOOD, "Gas is free.")
    try:
        tip = quantity(rpc.call("eth_maxPriorityFeePerGas"), "eth_maxPriorityFeePerGas")
    except RpcFailure:
        rpc.call("eth_feeHistory", "0xa", "latest", [50])
        tip = 0
    return Aspect("fees", Fitness.GOOD, f"Base fee {_gwei(int(base, 16))}, tip {_gwei(tip)}.")


def _finality(rpc: Rpc, head: dict[str, Any]) -> Aspect:
    try:
        block = rpc.call("eth_getBlockByNumber", "finalized", False)
    except RpcFailure:
        block = None
    if not block:
        return Aspect(
            "finality",
            Fitness.LIMITED,
            "The node names no final block: say after how many one counts (`--finality` of the oracles).",
        )
    behind = int(head["number"], 16) - int(block["number"], 16)
    return Aspect("finality", Fitness.GOOD, f"The final block is {behind:,} behind the latest.")


def _receipts(rpc: Rpc) -> Aspect:
    try:
        if isinstance(rpc.call("eth_getBlockReceipts", "latest"), list):
            return Aspect(
                "receipts of a block",
                Fitness.GOOD,
                "In one answer: the audit proves events by them.",
            )
    except RpcFailure:
        pass
    return Aspect(
        "receipts of a block",
        Fitness.LIMITED,
        "Not in one answer: the audit asks for each transaction's, which takes longer.",
    )


def _proofs(rpc: Rpc) -> Aspect:
    try:
        proof = rpc.call("eth_getProof", "0x" + "11" * 20, ["0x0"], "latest")
        if isinstance(proof, dict) and isinstance(proof["accountProof"], list):
            return Aspect("proofs of storage", Fitness.GOOD, "The node proves what its views say.")
    except RpcFailure:
        pass
    return Aspect(
        "proofs of storage", Fitness.LIMITED, "None: what views say is compared with events only."
    )


def _past(rpc: Rpc) -> Aspect:
    try:
        rpc.call("eth_getBalance", "0x" + "11" * 20, "0x0")
    except RpcFailure:
        return Aspect(
            "past states",
            Fitness.LIMITED,
            "Not kept back to the first block: views of old blocks are refused.",
        )
    return Aspect("past states", Fitness.GOOD, "Kept back to the first block.")


def _coin(rpc: Rpc, payer: str) -> Aspect:
    price = quantity(rpc.call("eth_gasPrice"), "eth_gasPrice")
    balance = quantity(rpc.call("eth_getBalance", payer, "latest"), "eth_getBalance")
    needed = DEPLOYMENT_GAS * price
    said = (
        f"{payer} has {balance / 10**18:.6f}; a deployment takes {DEPLOYMENT_GAS:,} gas,"
        f" {needed / 10**18:.6f} at today's price."
    )
    if balance < needed and kind_of(str(rpc.call("web3_clientVersion"))) != "other":
        return Aspect("coin", Fitness.GOOD, f"{said} A test chain gives each key its coin.")
    return Aspect("coin", Fitness.GOOD if balance >= needed else Fitness.UNFIT, said)


def _created(rpc: Rpc, code: str) -> Any:
    """Code that a creation would leave behind, computed by the node and kept by no block."""
    sender = "0x" + "11" * 20
    return rpc.call(
        "eth_call", {"from": sender, "data": "0x" + code, "gas": hex(LARGEST_GAS)}, "latest"
    )


def _gwei(wei: int) -> str:
    return f"{wei / _GWEI:,.3f} gwei"
