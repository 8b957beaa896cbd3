"""How often a client may ask: a bucket of requests that fills up again, by address."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

#: Addresses that are remembered; the one not heard of for longest is forgotten first.
MOST_CLIENTS: Final = 10_000
#: [s] of requests that may come at once.
BURST: Final = 2.0


class Limiter:
    """Allows `rate` requests a second to each client; 0 allows any number."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, when

    def wait(self, client: str) -> float:
        """0 for a request that may go on, else the seconds until one may."""
        if self._rate <= 0:
            return 0
        now, most = self._clock(), max(1.0, self._rate * BURST)
        tokens, then = self._known.pop(client, (most, now))
        tokens = min(most, tokens + (now - then) * self._rate)
        allowed = tokens >= 1
        self._known[client] = (tokens - 1 if allowed else tokens, now)
        while len(self._known) > MOST_CLIENTS:
            self._known.popitem(last=False)
        return 0 if allowed else (1 - tokens) / self._rate
