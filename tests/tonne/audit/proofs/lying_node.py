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
        self.trust = Trust(checkpoint=reconcile.Checkpoint(head.number, head.hash), codes=codes)
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

    def audit(self, altered: Answers) -> Audit:
        self.chain.rpc = RecordedRpc(self.answers, altered)
        return reconcile.audit(self.chain, trust=self.trust)

    # Lies: each returns the altered answers by question

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
}


def lies(node: LyingNode, seed: int) -> tuple[str, Answers]:
    """The kind and answers of a random lie."""
    die = random.Random(seed)
    kind = die.choices(list(KINDS), list(KINDS.values()))[0]
    make: Callable[[random.Random], Answers] = getattr(node, kind)
    return kind, make(die)
