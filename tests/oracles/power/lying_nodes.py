"""Three nodes of a chain, of which one lies about some views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from oracles.runtime.rpc_pool import RpcPool
from tonne.chain.client import Chain
from tonne.chain.rpc import Request, Rpc


class LyingViews(Rpc):
    """Answers some views otherwise than the chain has it."""

    def __init__(self, url: str, told: Mapping[str, str]) -> None:
        super().__init__(url)
        self.told = told  # by call data

    def call(self, method: str, *params: Any) -> Any:
        return self._said(method, params, super().call(method, *params))

    def batch(self, requests_: Iterable[Request], size: int = 500) -> list[Any]:
        asked = list(requests_)
        answers = super().batch(asked, size)
        return [self._said(*one, answer) for one, answer in zip(asked, answers, strict=True)]

    def _said(self, method: str, params: Sequence[Any], answer: Any) -> Any:
        if method != "eth_call":
            return answer
        return self.told.get(str(params[0].get("data") or params[0].get("input")), answer)


def among_liars(chain: Chain, place: int, told: Mapping[str, str]) -> Chain:
    """The same chain by three nodes; that at `place` answers views as they are `told`, by call data."""
    nodes: list[Rpc] = [Rpc(chain.url), Rpc(chain.url)]
    nodes.insert(place, LyingViews(chain.url, told))
    shown = Chain(chain.url, rpc=RpcPool(nodes, sleep=lambda _: None))
    for contract in chain.contracts.values():
        shown.add(contract)
    shown.contracts |= chain.contracts
    return shown
