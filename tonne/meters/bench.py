"""How many readings a machine verifies, and what they cost on a chain, by design."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tonne.crypto.accounts import Account
from tonne.meters.leaves import IntervalLeaves
from tonne.meters.readings import Quality, parse_own
from tonne.meters.series import Flow, IntervalReading
from tonne.meters.signatures import Claim, Curve, check_all
from tonne.meters.simulated_fleet import MeterFleet, meters

#: Meters whose keys and records are made; the others repeat them, which costs a checker the same.
KEYS: Final = 200

START: Final = 1_780_264_800

#: Of a reading in call data: meter, registers of import and export, sequence (4 + 5 + 5 + 2 bytes).
CALLDATA_BYTES: Final = 16

#: EIP-7623: the floor for each byte of call data, zero and other.
FLOOR_ZERO, FLOOR_OTHER = 10, 40

#: EIP-2929: a slot that is written for the first time, and one that is written again.
SLOT_NEW, SLOT_AGAIN = 22_100, 5_000

#: Gas per reading as it was measured elsewhere, by other code of the same designs (Prague rules).
ELSEWHERE: Final = {"root": 69_301, "calldata": 461, "stored again": 5_594, "stored new": 22_682}


@dataclass(frozen=True, slots=True)
class Verified:
    """Signatures of one curve that were checked."""

    curve: Curve
    count: int
    seconds: float

    @property
    def per_second(self) -> int:
        return int(self.count / self.seconds)


@dataclass(frozen=True, slots=True)
class Rooted:
    """One root over many meters."""

    meters: int
    seconds: float
    root: bytes
    import_wh: int
    proof_bytes: int


def pool_of(workers: int) -> Executor:
    """Processes, started and warm."""
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    warm = claims(Curve.P256, 2)
    check_all(warm * workers * 2, pool, chunk=1)
    return pool


def claims(curve: Curve, count: int) -> list[Claim]:
    """Genuine claims of simulated meters, of one curve."""
    fleet = MeterFleet(1, 1, 2 * KEYS, 1, START, 900)
    made = list[Claim]()
    for meter in meters(fleet, Account.from_seed("bench")):
        if meter.key.public.curve is curve and len(made) < count:
            _, record = parse_own(meter.record(1))
            made.append(Claim(meter.key.public, record.digest, record.signature))
    return [made[i % len(made)] for i in range(count)]


def verify(curve: Curve, count: int, pool: Executor) -> Verified:
    """Checks as the oracle does, shared out over the pool."""
    given = claims(curve, count)
    began = time.perf_counter()
    good = check_all(given, pool)
    seconds = time.perf_counter() - began
    assert all(good)
    return Verified(curve, count, seconds)


def readings(count: int) -> list[tuple[int, IntervalReading]]:
    """A street of any length: one interval of each meter."""
    return [
        (
            number,
            IntervalReading(
                100 + number % 211,
                number % 7,
                Flow(1_000_000 + 97 * number, 3 * number),
                Quality.SETTLED,
                number % 1000,
                hashlib.sha256(number.to_bytes(4, "big")).digest(),
            ),
        )
        for number in range(1, count + 1)
    ]


def root(count: int) -> Rooted:
    """From readings to root, sums and the hash of the file, and one proof."""
    given = readings(count)
    began = time.perf_counter()
    made = IntervalLeaves.of(b"bench".ljust(32, b"\0"), 1, START, given)
    tree, _ = made.tree, made.data
    seconds = time.perf_counter() - began
    wanted = sum(reading.import_wh for _, reading in given)
    assert made.sums.import_wh == wanted and made.sums.count == count
    return Rooted(count, seconds, tree.root, wanted, len(tree.proof(count // 2)))


def gas_per_reading(count: int, snapshots: Path) -> dict[str, tuple[float | None, float]]:
    """Gas by design: (ours, elsewhere). A root is as measured for this version, the others are reckoned from
    the bytes of our readings and the price of slots; a value that is not measured here is None."""
    try:
        measured = int(json.loads(snapshots.read_text("utf-8"))["interval_root"])
    except (OSError, KeyError, ValueError):
        measured = None
    floor = sum(
        FLOOR_OTHER if byte else FLOOR_ZERO
        for number, reading in readings(min(count, 1000))
        for byte in _calldata(number, reading)
    ) / min(count, 1000)
    return {
        "root": (None if measured is None else measured / count, ELSEWHERE["root"] / count),
        "calldata": (floor, ELSEWHERE["calldata"]),
        "stored again": (floor + SLOT_AGAIN, ELSEWHERE["stored again"]),
        "stored new": (floor + SLOT_NEW, ELSEWHERE["stored new"]),
    }


def _calldata(number: int, reading: IntervalReading) -> bytes:
    parts = ((number, 4), (reading.registers[0], 5), (reading.registers[1], 5))
    words = b"".join(value.to_bytes(size, "big") for value, size in parts)
    made = words + reading.sequence.to_bytes(2, "big")
    assert len(made) == CALLDATA_BYTES
    return made
