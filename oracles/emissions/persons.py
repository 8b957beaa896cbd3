"""Persons behind a file's signatures, and the transaction a checked file becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oracles.runtime.refusal import Refusal
from tonne.chain.client import Chain
from tonne.chain.wallet_signers import signer_of
from tonne.crypto.eip712 import Domain, SignatureError, Struct
from tonne.evidence.monitoring_files import MonitoringFile
from tonne.evidence.report_files import BatchFile, ReportFile

#: A file of the inbox.
SignedFile = ReportFile | BatchFile | MonitoringFile


@dataclass(frozen=True, slots=True)
class Submission:
    """A checked file as the transaction it becomes. `key` is what must happen exactly once; of two keys with
    one `queue` the second waits until the first is on record."""

    key: str
    contract: str
    function: str
    args: tuple[Any, ...]
    queue: str = ""


class NotYet(Exception):
    """The file is valid as far as it can be checked, but another act has to come first. It stays in the
    inbox."""


class Persons:
    """Accredited persons and rules of a scheme at a block; its refusals begin with `prefix`."""

    def __init__(self, chain: Chain, domain: Domain, prefix: str, block: int | str) -> None:
        self._chain = chain
        self._domain = domain
        self._prefix = prefix
        self._block = block
        self._known: dict[
            tuple[Any, ...], Any
        ] = {}  # the same for all files that are looked at together

    def _call(self, function: str, *args: Any) -> Any:
        asked = (function, *args)
        if asked not in self._known:
            answer = self._chain.call("EmissionsOracle", function, *args, block=self._block)
            self._known[asked] = answer
        return self._known[asked]

    def check_config(self, name: str, scheme: int, field: str, given: bytes) -> None:
        """The contract hashes with its own digest: a stale one looks to it like a wrong key."""
        _, digest, _ = self._call("configOf", scheme)
        if given != digest:
            raise refusal(
                f"{self._prefix}_STALE_CONFIG",
                f"{name} was signed for rules or persons that do not hold now.",
                field,
                "0x" + given.hex(),
                "Sign again for the rules that hold now.",
            )

    def signers(self, scheme: int) -> dict[str, int]:
        """Key to place in the signer set, of the persons accredited in the scheme."""
        signers = self._call("signersOf", scheme)
        return {signer.key.lower(): place for place, signer in enumerate(signers)}

    def person(
        self, name: str, struct: Struct, signature: bytes, signers: dict[str, int], field: str
    ) -> int:
        """The signer's place in the signer set."""
        address = self.recovered(name, struct, signature, field)
        place = signers.get(address.lower())
        if place is None:
            raise refusal(
                f"{self._prefix}_UNACCREDITED",
                f"{name}: {address} is not an accredited person of any verification body.",
                field,
                address,
                "Let an accredited lead verifier and an accredited reviewer sign.",
            )
        return place

    def recovered(self, name: str, struct: Struct, signature: bytes, field: str) -> str:
        """The signer's address."""
        try:
            return signer_of(self._chain, struct, self._domain, signature, self._block)
        except SignatureError as error:
            raise refusal(
                error.code, f"{name}: {error.message}", field, error.value, error.remedy
            ) from None


def refusal(
    code: str, message: str, field: str | None, value: object, remedy: str | None
) -> Refusal:
    return Refusal(code, message, field=field, value=value, remedy=remedy or "")
