"""Replay of a contract whose signers may be wallets that are contracts (ERC-1271).

A contract gave its answer on its chain, at that moment; it is not checked again as the signature of a key is.
So the events say which signatures were such answers, and each has to be of a wallet that signs for the act.
"""

from __future__ import annotations

from collections.abc import Collection

from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated


class ContractSignersReplay(ContractReplay):
    """Contracts that have answered, until the act that they signed takes them."""

    def __init__(self) -> None:
        super().__init__()
        self._contract_answers: list[str] = []

    def _on_SignedByContract(self, a: Args, _: Dated) -> None:
        self._contract_answers.append(a["wallet"])

    def _signed(self, about: str, signers: Collection[str]) -> tuple[str, ...]:
        """The contracts that signed an act; `signers` are the wallets that it names."""
        taken, self._contract_answers = tuple(self._contract_answers), []
        for wallet in taken:
            self._require(wallet in signers, f"{about}: signed by {wallet}, which it does not name")
        return taken

    def end_transaction(self) -> None:
        super().end_transaction()
        for wallet in self._contract_answers:
            self.faults.append(f"{wallet} signed nothing")
        self._contract_answers = []
