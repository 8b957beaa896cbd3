"""What households, roofs, heat pumps and batteries draw and give, in whole watt-hours.

Every value follows from the seed, the meter and the moment alone: the same each time, in any order.
The shapes are of a middle latitude; they are plausible, not measured.
"""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from tonne.constants import DAY_S, HOUR_S

#: Local time of the shapes; its days have 92 or 100 quarter-hours twice a year.
ZONE: Final[tzinfo] = ZoneInfo("Europe/Berlin")


class Kind(StrEnum):
    """What stands behind a meter."""

    HOUSEHOLD = "household"
    PV = "pv"
    HEAT_PUMP = "heat pump"
    BATTERY = "battery"
    HEATED = "district heat"
    GAS = "gas boiler"
    FILLING = "hydrogen filling station"


#: [W] Nameplate, as it is registered: no interval of a kind comes near a quarter above it.
NAMEPLATE_W: Final = {
    Kind.HOUSEHOLD: 15_000,
    Kind.PV: 12_000,
    Kind.HEAT_PUMP: 6_000,
    Kind.BATTERY: 5_000,
    Kind.HEATED: 20_000,
    Kind.GAS: 24_000,
    Kind.FILLING: 40_000,
}

#: Share of a day's energy in each hour of local time [1/1000]; the second row is for weekends.
_HOUSEHOLD: Final = (
    (
        22,
        18,
        16,
        15,
        16,
        22,
        38,
        50,
        46,
        40,
        38,
        40,
        48,
        44,
        40,
        40,
        46,
        60,
        76,
        80,
        74,
        62,
        42,
        27,
    ),
    (
        26,
        21,
        18,
        16,
        16,
        18,
        24,
        34,
        46,
        54,
        56,
        58,
        62,
        56,
        48,
        46,
        48,
        56,
        66,
        70,
        64,
        52,
        33,
        12,
    ),
)
_HEAT_PUMP: Final = (
    (
        40,
        40,
        40,
        42,
        48,
        56,
        60,
        54,
        46,
        40,
        36,
        32,
        30,
        30,
        32,
        36,
        40,
        46,
        50,
        48,
        44,
        40,
        36,
        34,
    ),
) * 2

#: Share of a day's heat in each hour [1/1000]: mornings and evenings, less at night.
_HEATING: Final = (
    *(28, 26, 26, 28, 36, 52, 66, 64, 54, 46, 40, 36),
    *(34, 34, 34, 38, 46, 54, 60, 58, 52, 42, 32, 14),
)

#: [1/1000 of the nameplate] Vehicles fill up from early morning to late evening.
_FILLING: Final = dict(zip(range(5, 22), (300, *(500,) * 14, 400, 300)))

#: [1/1000 of the nameplate] A battery fills at noon and empties in the evening.
_CHARGE: Final = dict(zip(range(10, 16), (200, 400, 500, 500, 350, 150)))
_DISCHARGE: Final = dict(zip(range(17, 23), (250, 400, 450, 400, 250, 140)))


def energy_wh(kind: Kind, seed: int, meter: int, start: int, seconds: int) -> tuple[int, int]:
    """(drawn, given) in one interval."""
    local = datetime.fromtimestamp(start, UTC).astimezone(ZONE)
    size = 500 + lot(seed, meter, 0, 1000)  # half to one and a half of the usual
    chance = lot(seed, meter, start, 1000)
    if kind is Kind.HOUSEHOLD:
        day_wh = 9_500 * size // 1000
        share = _HOUSEHOLD[local.weekday() > 4][local.hour]
        return day_wh * share * seconds * (400 + chance * 6 // 5) // (HOUR_S * 1000 * 1000), 0
    if kind is Kind.HEAT_PUMP:
        day_wh = 18_000 * size // 1000 * _cold(local) // 1000
        share = _HEAT_PUMP[0][local.hour]
        return day_wh * share * seconds * (700 + chance * 3 // 5) // (HOUR_S * 1000 * 1000), 0
    if kind is Kind.PV:
        peak_w = 7_500 * size // 1000
        return 0, peak_w * _sun(local) * sky(seed, start) * (900 + chance // 10) * seconds // (
            HOUR_S * 10**9
        )
    if kind in (Kind.HEATED, Kind.GAS):
        day_wh = (40_000 if kind is Kind.HEATED else 48_000) * size // 1000 * _cold(local) // 1000
        share = _HEATING[local.hour]
        return day_wh * share * seconds * (700 + chance * 3 // 5) // (HOUR_S * 1000 * 1000), 0
    if kind is Kind.FILLING:
        busy = _FILLING.get(local.hour, 0) * (chance > 350)  # a vehicle comes, or none
        return NAMEPLATE_W[kind] * size // 4000 * busy * seconds // (HOUR_S * 1000), 0
    power_w = NAMEPLATE_W[Kind.BATTERY] * size // 1500
    drawn = power_w * _CHARGE.get(local.hour, 0) * seconds // (HOUR_S * 1000)
    given = power_w * _DISCHARGE.get(local.hour, 0) * seconds // (HOUR_S * 1000)
    return drawn, given


def sky(seed: int, moment: int) -> int:
    """[1/1000] Light of a clear day that comes through: one sky above all roofs."""
    return 250 + lot(seed, 0, moment // DAY_S, 750)


def lot(seed: int, meter: int, moment: int, below: int) -> int:
    """A number that looks like chance and is the same each time."""
    text = f"{seed}/{meter}/{moment}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") % below


def _day(local: datetime) -> float:
    """Angle of the year, 0 at midwinter."""
    return 2 * math.pi * ((local.timetuple().tm_yday + 10) % 365.25) / 365.25


def _cold(local: datetime) -> int:
    """[1/1000] Heat needed: all at midwinter, hot water alone in summer."""
    return 150 + int(425 * (1 + math.cos(_day(local))))


def _sun(local: datetime) -> int:
    """[1/1000] Of a clear sky's peak: half a sine between sunrise and sunset, lower in winter."""
    season = math.cos(_day(local))
    half_day = 6 - 2 * season  # [h]
    noon = 13 if local.dst() else 12
    away = abs(local.hour + local.minute / 60 - noon)
    return int(
        max(math.cos(away / half_day * math.pi / 2), 0) * (650 - 350 * season) * (away < half_day)
    )
