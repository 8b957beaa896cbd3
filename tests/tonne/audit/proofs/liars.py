"""Connections to a real node that alter what it answers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

from tonne.chain.rpc import Request, Rpc

#: Gets a copy of an answer, and the parameters of the question.
Alter = Callable[[Any, list[Any]], Any]


class AlteredRpc(Rpc):
    """Alters the answers to one method."""

    def __init__(self, url: str, method: str, alter: Alter) -> None:
        super().__init__(url)
        self.method, self.alter = method, alter

    def call(self, method: str, *params: Any) -> Any:
        return self._told(method, list(params), super().call(method, *params))

    def batch(self, requests_: Iterable[Request], size: int = 500) -> list[Any]:
        asked = list(requests_)
        answers = super().batch(asked, size)
        return [
            self._told(method, list(params), answer)
            for (method, params), answer in zip(asked, answers, strict=True)
        ]

    def _told(self, method: str, params: list[Any], answer: Any) -> Any:
        return self.alter(copy.deepcopy(answer), params) if method == self.method else answer
