"""A node's answers in a file, so that what a reader does with them can be measured without the node."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tonne.chain.rpc import Request, Rpc, RpcFailure


class Recorder(Rpc):
    """A connection that keeps every answer in a file; without a URL it gives them again."""

    def __init__(self, url: str, path: Path) -> None:
        super().__init__(url or "http://recorded")
        self._records = bool(url)
        self.keeping_s = 0.0  # of this process's time
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("CREATE TABLE IF NOT EXISTS answer (asked TEXT PRIMARY KEY, told BLOB)")

    def call(self, method: str, *params: Any) -> Any:
        if not self._records:
            return self._told(method, params)
        return self._keep(method, params, super().call(method, *params))

    def batch(self, requests_: Iterable[Request], size: int = 500) -> list[Any]:
        asked = list(requests_)
        if not self._records:
            return [self._told(method, params) for method, params in asked]
        found = super().batch(asked, size)
        return [
            answer if isinstance(answer, RpcFailure) else self._keep(method, params, answer)
            for (method, params), answer in zip(asked, found, strict=True)
        ]

    def _keep(self, method: str, params: Sequence[Any], answer: Any) -> Any:
        begun = time.process_time()
        row = (json.dumps([method, list(params)]), json.dumps(answer).encode())
        self._db.execute("INSERT OR REPLACE INTO answer VALUES (?, ?)", row)
        self.keeping_s += time.process_time() - begun
        return answer

    def _told(self, method: str, params: Sequence[Any]) -> Any:
        asked = (json.dumps([method, list(params)]),)
        (told,) = self._db.execute("SELECT told FROM answer WHERE asked = ?", asked).fetchone()
        return json.loads(told)
