"""A node that tells one lie: a real market's answers, recorded once, with one of them altered."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tests.tonne.audit.proofs.receipt_lies import LIES, flip
from tonne.audit import reconcile
from tonne.audit.proofs import headers, receipts
from tonne.audit.proofs.encoding import sequence
from tonne.audit.proofs.reader import Checkpoint
from tonne.audit.proofs.tries import ordered_root
from tonne.audit.reconcile import Audit
from tonne.audit.replay.compare import Check
from tonne.audit.trust import Trust
from tonne.chain.client import Chain
from tonne.chain.rpc import Request, Rpc, RpcFailure
from tonne.crypto.hashing import keccak

Answers = dict[str, Any]


def key(method: str, params: Sequence[Any]) -> str:
    return json.dumps([method, list(params)])


class RecordingRpc(Rpc):
    """A real connection; keeps every answer."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.answers: Answers = {}

    def call(self, method: str, *params: Any) -> Any:
        return self.answers.setdefault(key(method, params), super().call(method, *params))

    def batch(self, requests_: Iterable[Request], size: int = 500) -> list[Any]:
        asked = list(requests_)
        found = super().batch(asked, size)
        for (method, params), answer in zip(asked, found, strict=True):
            self.answers[key(method, params)] = answer
        return found


class RecordedRpc(Rpc):
    """Answers from a record, some of them replaced; refuses what was not asked before."""

    def __init__(self, answers: Answers, altered: Answers) -> None:
        super().__init__("http://recorded")
        self.answers, self.altered = answers, altered

    def call(self, method: str, *params: Any) -> Any:
        (answer,) = self.batch([(method, params)])
        if isinstance(answer, RpcFailure):
            raise answer
        return answer

    def batch(self, requests_: Iterable[Request], size: int = 500) -> list[Any]:
        return [self._answer(key(*request), request[0]) for request in requests_]

    def _answer(self, asked: str, method: str) -> Any:
        refused = RpcFailure(method, {"code": -32000, "message": "not recorded"})
        return self.altered.get(asked, self.answers.get(asked, refused))


class LyingNode:
    """Audits of one recorded market through lies, each drawn by a die."""

    def __init__(self, chain: Chain, codes: dict[str, str]) -> None:
        recorder = RecordingRpc(chain.url)
        checks: list[Check] = []
        self.chain = chain
        head = chain.head()
        self.trust = Trust(checkpoint=Checkpoint(head.number, head.hash), codes=codes)
        chain.rpc = recorder
        compare = reconcile.compare
        reconcile.compare = lambda chain, some, *rest: (
            checks.extend(some),
            compare(chain, some, *rest),
        )
        try:
            self.truth = reconcile.audit(chain, trust=self.trust)
        finally:
            reconcile.compare = compare
        self.answers = recorder.answers
        self.head = head.number
        self.views = [c for c in checks if isinstance(c.expected, (int, str, bytes))]
        self.headers = [
            key("eth_getBlockByNumber", [hex(n), False]) for n in range(head.number + 1)
        ]
        self.receipts = [k for k in self.answers if json.loads(k)[0] == "eth_getBlockReceipts"]
        self.codes = [k for k in self.answers if json.loads(k)[0] == "eth_getCode"]
        self.proofs = [k for k in self.answers if json.loads(k)[0] == "eth_getProof"]
        self.proofs_before = {k: self._before(recorder, k) for k in self.proofs}
        chain.sender.__dict__["kind"] = (
            "other"  # what a test chain is forgiven is no lie of a real one
        )

    def _before(self, recorder: RecordingRpc, asked: str) -> Any:
        """The same proof, of the block before."""
        method, (address, slots, _) = json.loads(asked)
        return Rpc.call(recorder, method, address, slots, hex(self.head - 1))

    def audit(self, altered: Answers) -> Audit:
        self.chain.rpc = RecordedRpc(self.answers, altered)
        return reconcile.audit(self.chain, trust=self.trust)

    # Lies: each returns the altered answers by question

    def _full(self, die: random.Random, logs: int = 1) -> tuple[str, list[Any]]:
        """Receipts of a block, one of them with so many logs at least."""
        full = [k for k in self.receipts if any(len(r["logs"]) >= logs for r in self.answers[k])]
        asked = die.choice(full)
        return asked, copy.deepcopy(self.answers[asked])

    def other_time(self, die: random.Random) -> Answers:
        """A block with its own receipts and another block's time."""
        one, other = die.sample(self.headers, 2)
        told = copy.deepcopy(self.answers[one])
        told["timestamp"] = self.answers[other]["timestamp"]
        return {one: told} if told != self.answers[one] else self.other_time(die)

    def swapped_logs(self, die: random.Random) -> Answers:
        """Two logs of a receipt change places, with the indexes of their new ones."""
        asked, told = self._full(die, logs=2)
        logs = die.choice([r["logs"] for r in told if len(r["logs"]) >= 2])
        one, other = die.sample(range(len(logs)), 2)
        logs[one], logs[other] = logs[other], logs[one]
        logs[one]["logIndex"], logs[other]["logIndex"] = (
            logs[other]["logIndex"],
            logs[one]["logIndex"],
        )
        same = ("address", "topics", "data")
        if all(logs[one][name] == logs[other][name] for name in same):
            return self.swapped_logs(die)
        return {asked: told}

    def other_gas(self, die: random.Random) -> Answers:
        """A receipt has the gas of another block's."""
        asked, told = self._full(die)
        receipt, gas = die.choice(told), "cumulativeGasUsed"
        taken = die.choice([r for k in self.receipts for r in self.answers[k]])[gas]
        if taken == receipt[gas]:
            return self.other_gas(die)
        receipt[gas] = taken
        return {asked: told}

    def relabelled_receipts(self, die: random.Random) -> Answers:
        """Receipts of another block, or of a fork, under the names of this one."""
        asked, _ = self._full(die)
        other = die.choice([k for k in self.receipts if self.answers[k] != self.answers[asked]])
        true, told = (
            self.answers[asked],
            copy.deepcopy(self.answers[other])[: len(self.answers[asked])],
        )
        for index, receipt in enumerate(told):
            for entry in (receipt, *receipt["logs"]):
                for name in ("blockHash", "blockNumber", "transactionHash", "transactionIndex"):
                    entry[name] = true[index][name]
        return {asked: told}

    def relabelled_log(self, die: random.Random) -> Answers:
        """A log moves to another transaction of its block, and all places are counted anew."""
        asked = die.choice([k for k in self.receipts if len(self.answers[k]) > 1])
        told = copy.deepcopy(self.answers[asked])
        givers = [r for r in told if r["logs"]]
        if not givers:
            return self.relabelled_log(die)
        giver = die.choice(givers)
        taker = die.choice([r for r in told if r is not giver])
        taker["logs"].append(giver["logs"].pop(die.randrange(len(giver["logs"]))))
        place = 0
        for receipt in told:
            for log in receipt["logs"]:
                log["logIndex"], place = hex(place), place + 1
                for name in ("transactionHash", "transactionIndex"):
                    log[name] = receipt[name]
        return {asked: told}

    def blank_bloom(self, die: random.Random) -> Answers:
        asked, told = self._full(die)
        receipt = die.choice([r for r in told if r["logs"]])
        receipt["logsBloom"] = "0x" + die.choice(("00", "ff")) * 256
        return {asked: told}

    def other_type(self, die: random.Random) -> Answers:
        """A typed receipt under another type, or one that there is not."""
        asked, told = self._full(die)
        receipt = die.choice(told)
        true = receipt.get("type") or "0x0"
        receipt["type"] = die.choice(
            [t for t in ("0x0", "0x1", "0x2", "0x4", "0x7f", "0x80") if t != true]
        )
        return {asked: told}

    def other_notation(self, die: random.Random) -> Answers:
        """A number as a decimal, a negative one, a float, with a blank or an underscore."""
        asked = die.choice([*self.headers, *(k for k in self.receipts if self.answers[k])])
        told = copy.deepcopy(self.answers[asked])
        if isinstance(told, list):
            of = die.choice(told)
            name = die.choice(("cumulativeGasUsed", "blockNumber", "transactionIndex", "status"))
        else:
            of, name = told, die.choice(("number", "gasUsed", "gasLimit", "timestamp"))
        true = int(of[name], 16)
        of[name] = die.choice(
            (
                str(true),
                true,
                float(true),
                f"-0x{true:x}",
                f"0x-{true:x}",
                f"0x0_{true:x}",
                f"0x {true:x}",
            )
        )
        return {asked: told}

    def extra_field(self, die: random.Random) -> Answers:
        """A header with a field of a fork that it does not know, or without one that it does."""
        asked = die.choice(self.headers)
        told = copy.deepcopy(self.answers[asked])
        lacking = [name for name, _ in headers.SINCE_FORKS if told.get(name) is None]
        word = f"0x{die.getrandbits(256):064x}"
        name = die.choice(lacking)
        told[name] = "0x1" if name in _QUANTITIES else word
        return {asked: told}

    def uncles(self, die: random.Random) -> Answers:
        asked = die.choice(self.headers)
        return {asked: self.answers[asked] | {"sha3Uncles": f"0x{die.getrandbits(256):064x}"}}

    def immutables(self, die: random.Random) -> Answers:
        """The right code with another contract as an immutable."""
        known = [c.address[2:].lower() for c in self.chain.contracts.values()]
        while True:
            asked, own = die.choice(self.codes), die.choice(known)
            code, word = self.answers[asked], "0" * 24 + own
            if word in code:
                other = die.choice([address for address in known if address != own])
                return {asked: code.replace(word, "0" * 24 + other)}

    def other_proof(self, die: random.Random) -> Answers:
        """The proof of another contract, of the block before, or one that lacks a node."""
        asked = die.choice(self.proofs)
        kind = die.randrange(3)
        if kind == 0:
            other = die.choice([k for k in self.proofs if k != asked])
            return {asked: self.answers[other]}
        if kind == 1:
            return {asked: self.proofs_before[asked]}
        told = copy.deepcopy(self.answers[asked])
        leaf = die.choice([e for e in told["storageProof"] if e["proof"]])["proof"][-1]
        for one in told["storageProof"]:
            one["proof"] = [node for node in one["proof"] if node != leaf]
        return {asked: told}

    def receipt(self, die: random.Random) -> Answers:
        lie = die.choice(LIES)
        while True:
            asked = die.choice(self.receipts)
            told = copy.deepcopy(self.answers[asked])
            places = [(r, i) for r, receipt in enumerate(told) for i in range(len(receipt["logs"]))]
            if places:
                lie(told, *die.choice(places), die)
                return {asked: told}

    def moved_receipts(self, die: random.Random) -> Answers:
        """The receipts of two blocks change places."""
        one, other = die.sample(self.receipts, 2)
        return {one: self.answers[other], other: self.answers[one]}

    def moved_log(self, die: random.Random) -> Answers:
        """A log moves to another receipt, of the same block or another."""
        full = [k for k in self.receipts if any(r["logs"] for r in self.answers[k])]
        source, target = die.choice(full), die.choice(self.receipts)
        told = {k: copy.deepcopy(self.answers[k]) for k in {source, target}}
        giver = die.choice([r for r in told[source] if r["logs"]])
        log = giver["logs"].pop(die.randrange(len(giver["logs"])))
        taker = die.choice([r for r in told[target] if r is not giver] or [{"logs": []}])
        taker["logs"].insert(die.randint(0, len(taker["logs"])), log)
        return told

    def header(self, die: random.Random) -> Answers:
        """A field of a header that its hash binds is altered, or the hash itself."""
        asked = die.choice(self.headers)
        told = copy.deepcopy(self.answers[asked])
        fields = [name for name, _ in (*headers.ALWAYS, *headers.SINCE_FORKS) if told.get(name)]
        name = die.choice([*fields, "hash"])
        told[name] = flip(told[name], die) if told[name] != "0x" else "0x00"
        if name in _QUANTITIES and int(told[name], 16) == int(self.answers[asked][name], 16):
            told[name] = hex(int(told[name], 16) + 1)
        return {asked: told}

    def header_lacks(self, die: random.Random) -> Answers:
        asked = die.choice(self.headers)
        told = copy.deepcopy(self.answers[asked])
        fields = [name for name, _ in (*headers.ALWAYS, *headers.SINCE_FORKS) if told.get(name)]
        del told[die.choice([*fields, "hash", "transactions"])]
        return {asked: told}

    def moved_header(self, die: random.Random) -> Answers:
        """Two headers change places."""
        one, other = die.sample(self.headers, 2)
        return {one: self.answers[other], other: self.answers[one]}

    def transactions(self, die: random.Random) -> Answers:
        """The list of a block's transactions lacks one, has one twice, or in another order."""
        full = [k for k in self.headers if self.answers[k]["transactions"]]
        asked = die.choice(full)
        told = copy.deepcopy(self.answers[asked])
        hashes, at = told["transactions"], die.randrange(len(told["transactions"]))
        die.choice((lambda: hashes.pop(at), lambda: hashes.insert(at, hashes[at])))()
        return {asked: told}

    def envelope(self, die: random.Random) -> Answers:
        """An answer of another kind, cut short, or none."""
        asked = die.choice(die.choice((self.headers, self.receipts, self.codes)))
        true = self.answers[asked]
        kinds: list[Any] = [None, "0x", {}, 7, [None], [true], "<html>"]
        if isinstance(true, list) and true:
            kinds += [true[:-1], {"result": true}, true[0]]
        told = die.choice([kind for kind in kinds if kind != true])
        return {asked: told}

    def stale_head(self, die: random.Random) -> Answers:
        """The node is some blocks behind the checkpoint: it has none of the later ones."""
        behind = die.randint(1, min(20, self.head))
        return dict.fromkeys(self.headers[self.head + 1 - behind :])

    def code(self, die: random.Random) -> Answers:
        """Code with an altered byte, of another contract, or none."""
        asked = die.choice(self.codes)
        true = self.answers[asked]
        other = self.answers[die.choice([k for k in self.codes if self.answers[k] != true])]
        return {asked: die.choice([flip(true, die), other, "0x", true + "00"])}

    def view(self, die: random.Random) -> Answers:
        """A view tells another value, none, or refuses."""
        check = die.choice(self.views)
        contract = self.chain[check.contract]
        data = "0x" + contract.function(check.function, len(check.args)).encode(check.args).hex()
        asked = key("eth_call", [{"to": contract.address, "data": data}, hex(self.head)])
        true = self.answers[asked]
        refusal = RpcFailure("eth_call", {"code": 3, "message": "execution reverted", "data": "0x"})
        value = contract.decode(check.function, bytes.fromhex(true[2:]), len(check.args))
        while True:
            told = die.choice([flip(true, die), flip(true, die), "0x", None, refusal])
            if not isinstance(told, str) or told == "0x":
                return {asked: told}
            try:
                if (
                    contract.decode(check.function, bytes.fromhex(told[2:]), len(check.args))
                    != value
                ):
                    return {asked: told}
            except Exception:  # no value at all
                return {asked: told}

    def forged_history(self, die: random.Random) -> Answers:
        """A log is altered, and every later header made anew, so that all hashes and roots are right."""
        while True:
            altered = self.receipt(die)
            ((asked, told),) = altered.items()
            number = int(json.loads(asked)[1][0], 16)
            try:
                root = ordered_root([receipts._receipt(r, b"\x80") for r in told])
            except (ValueError, KeyError, TypeError):
                continue
            before = self.answers[self.headers[number]]
            if root == bytes.fromhex(before["receiptsRoot"][2:]):
                continue
            return {**altered, **self._relinked(number, "0x" + root.hex(), told)}

    def _relinked(self, number: int, root: str, told: list[Any]) -> Answers:
        found: Answers = {}
        parent = None
        for asked in self.headers[number:]:
            header = copy.deepcopy(self.answers[asked])
            if parent is None:
                header["receiptsRoot"] = root
                header["transactions"] = [receipt["transactionHash"] for receipt in told]
            else:
                header["parentHash"] = parent
            fields = [f for f in (*headers.ALWAYS, *headers.SINCE_FORKS) if header.get(f[0])]
            parent = header["hash"] = "0x" + keccak(sequence(w(header[n]) for n, w in fields)).hex()
            found[asked] = header
        return found


_QUANTITIES = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp"} | {
    *("baseFeePerGas", "blobGasUsed", "excessBlobGas", "slotNumber")
}

#: Kinds of lies with their shares.
KINDS: dict[str, int] = {
    "receipt": 8,
    "moved_receipts": 2,
    "moved_log": 3,
    "header": 5,
    "header_lacks": 1,
    "moved_header": 1,
    "transactions": 2,
    "envelope": 4,
    "stale_head": 1,
    "code": 3,
    "view": 6,
    "forged_history": 4,
    **dict.fromkeys(("other_time", "swapped_logs", "other_gas", "relabelled_receipts"), 2),
    **dict.fromkeys(("relabelled_log", "blank_bloom", "other_type", "other_notation"), 2),
    **dict.fromkeys(("extra_field", "uncles", "immutables", "other_proof"), 2),
}


def lies(node: LyingNode, seed: int) -> tuple[str, Answers]:
    """The kind and answers of a random lie."""
    die = random.Random(seed)
    kind = die.choices(list(KINDS), list(KINDS.values()))[0]
    make: Callable[[random.Random], Answers] = getattr(node, kind)
    return kind, make(die)
