"""Runtime code of every contract, compared with its source and with the deployment's record.

The compiler says where immutables stand: between these places the code must be the compiler's, and all
places of one immutable must hold the same word. The record has the hash of the whole code of contracts and
extensions, immutables included, as it was when the market was deployed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from tonne.audit.proofs.encoding import MALFORMED, data
from tonne.audit.proofs.findings import Finding
from tonne.chain.client import Chain
from tonne.crypto.accounts import contract_address
from tonne.crypto.hashing import keccak
from tonne.deployment import compiler
from tonne.deployment.artifacts import Artifact
from tonne.deployment.plan import AHEAD_OF, extension_of, source_of
from tonne.deployment.record import EXTENSION

WORD: Final = 32


@dataclass(frozen=True, slots=True)
class Code:
    """Runtime code at one address."""

    name: str
    address: str
    found: bytes

    @property
    def hash(self) -> bytes:
        return keccak(self.found)


@dataclass(frozen=True, slots=True)
class Coded:
    """An address and the contract whose code it must have."""

    name: str
    address: str
    artifact: Artifact


@cache
def _artifacts() -> dict[str, Artifact]:
    return compiler.contracts()


def wanted(chain: Chain) -> list[Coded]:
    """Every contract known to `chain` whose source is here, each with its extension."""
    artifacts, found = _artifacts(), []
    for name, contract in chain.contracts.items():
        of = source_of(name)
        if of not in artifacts:
            continue
        found.append(Coded(name, contract.address, artifacts[of]))
        extension = extension_of(of)
        if extension in artifacts:
            address = contract_address(contract.address_bytes, 1)
            found.append(Coded(name + EXTENSION, address, artifacts[extension]))
    return found


def read(chain: Chain, block: int) -> tuple[list[Code], list[Finding]]:
    """The code of each wanted contract at `block`, and findings where it is not the compiler's."""
    asked = wanted(chain)
    answers = chain.rpc.batch_or_raise([("eth_getCode", [w.address, hex(block)]) for w in asked])
    codes: dict[str, Code] = {}
    for each, answer in zip(asked, answers, strict=True):
        try:
            codes[each.name] = Code(each.name, each.address, data(answer))
        except MALFORMED:
            codes[each.name] = Code(each.name, each.address, b"")
    findings = []
    for each in asked:
        code = codes[each.name]
        fault = _fault(code.found, each.artifact) or _extension_fault(each, codes)
        if fault:
            findings.append(_finding(code, fault, block))
    return list(codes.values()), findings


def against_record(codes: list[Code], recorded: Mapping[str, str], block: int) -> list[Finding]:
    """Findings where the whole code has not the recorded hash; a name without one is not compared."""
    return [
        _finding(code, "is not the one that was recorded at the deployment", block)
        for code in codes
        if recorded.get(code.name, code.hash.hex()) != code.hash.hex()
    ]


def _finding(code: Code, fault: str, block: int) -> Finding:
    message = f"The code of {code.name} at {code.address} {fault}."
    return Finding("AUDIT_CODE_OTHER", message, block)


def _fault(found: bytes, artifact: Artifact) -> str:
    """Why code is not that of an artifact; empty if it is."""
    compiled = bytes.fromhex(artifact.runtime.removeprefix("0x"))
    if len(found) != len(compiled):
        return f"has {len(found)} bytes, its source {len(compiled)}"
    masked = bytearray(found)
    for places in artifact.immutables.values():
        if len({found[at : at + WORD] for at in places}) > 1:
            return "has an immutable with two values"
        for at in places:
            masked[at : at + WORD] = bytes(WORD)
    return "" if masked == compiled else "is not that of its source"


def _extension_fault(each: Coded, codes: Mapping[str, Code]) -> str:
    """An extension's contract must delegate to this address: it is one of its immutables."""
    name = AHEAD_OF.get(each.name) or each.name.removesuffix(EXTENSION)
    if name == each.name or name not in codes:
        return ""
    word = bytes.fromhex(each.address[2:]).rjust(WORD, b"\0")
    return "" if word in codes[name].found else f"is not where {name} delegates to"
