"""Numbers and addresses that mean the same everywhere."""

from __future__ import annotations

from datetime import date
from typing import Final

HOUR_S: Final = 3_600
DAY_S: Final = 86_400

#: Furthest that an officer dates a change, and that a term ends, ahead: `Horizon` of the contracts.
CHANGE_S: Final = 366 * DAY_S
TERM_S: Final = 100 * CHANGE_S

#: Parts per million: shares, fees and efficiencies are whole numbers of them.
PPM: Final = 1_000_000

#: Day 0 of days that are counted.
EPOCH: Final = date(1970, 1, 1)

#: The address of no account.
ZERO_ADDRESS: Final = "0x" + "00" * 20

#: 32 bytes that refer to nothing.
ZERO_WORD: Final = bytes(32)
