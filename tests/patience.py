"""How long tests wait for a state: a limit that only ends what hangs, on the slowest machine, too."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

#: [s] No limit of a test is shorter, except where the time itself is tested: see tests/test_slow_machines.py.
HANGING_S: Final = 300


def wait_until(true: Callable[[], object], every_s: float = 0.02) -> None:
    """Returns once `true` holds; raises TimeoutError after HANGING_S."""
    end = time.monotonic() + HANGING_S
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"after {HANGING_S} s: {true}")
        time.sleep(every_s)
