"""ERC-1155 ids of units: `class 8 | scheme 16 | vintage 16 | batch 64`, as in `UnitIdLib`."""

from __future__ import annotations

from typing import Final

from tonne.types.ids import BatchId, DeviceId, SchemeId, UnitId
from tonne.types.packing import Layout

ALLOWANCE: Final = 1  # [t]
OFFSET_CREDIT: Final = 2  # [t]
ENERGY_CREDIT: Final = 3  # [micro-credit]
ENERGY_CERTIFICATE: Final = 4  # [Wh]

#: First batch numbers of credits set apart for use abroad, promised, and immobilised from another registry.
AUTHORISED: Final = 2**61
EX_ANTE: Final = 2**62
IMMOBILISED: Final = 2**63

_KINDS: Final = {
    ALLOWANCE: "allowance",
    OFFSET_CREDIT: "credit",
    ENERGY_CREDIT: "energy credit",
    ENERGY_CERTIFICATE: "certificate",
}

_ID: Final = Layout(batch=64, vintage=16, scheme=16, unit_class=8)

#: The batch of an energy certificate: its device, and the hour since the epoch.
_HOUR: Final = Layout(hour=32, device=32)


def pack(unit_class: int, scheme: SchemeId, vintage: int, batch: BatchId = BatchId(0)) -> UnitId:
    return UnitId(_ID.pack(unit_class=unit_class, scheme=scheme, vintage=vintage, batch=batch))


def allowance(scheme: SchemeId, vintage: int) -> UnitId:
    """The allowance of a vintage."""
    return pack(ALLOWANCE, scheme, vintage)


def immobilised(scheme: SchemeId, vintage: int, number: int) -> UnitId:
    """The credit of a batch of another registry's units."""
    return pack(OFFSET_CREDIT, scheme, vintage, BatchId(IMMOBILISED + number))


def class_of(unit: UnitId) -> int:
    """The class; 0 where bits above the id are set."""
    return 0 if _ID.above(unit) else _ID.get(unit, "unit_class")


def scheme_of(unit: UnitId) -> SchemeId:
    return SchemeId(_ID.get(unit, "scheme"))


def vintage_of(unit: UnitId) -> int:
    return _ID.get(unit, "vintage")


def batch_of(unit: UnitId) -> BatchId:
    return BatchId(_ID.get(unit, "batch"))


def is_allowance(unit: UnitId, scheme: SchemeId) -> bool:
    """Whether it is an allowance of the scheme."""
    return class_of(unit) == ALLOWANCE and scheme_of(unit) == scheme


def is_immobilised(unit: UnitId) -> bool:
    """Whether a credit stands for one of another registry."""
    return batch_of(unit) >= IMMOBILISED


def is_authorised(unit: UnitId) -> bool:
    """Whether a credit was set apart for use abroad."""
    return AUTHORISED <= batch_of(unit) < EX_ANTE


def certificate_batch(device: DeviceId, hour: int) -> BatchId:
    """The batch of a device's hour, counted from the epoch."""
    return BatchId(_HOUR.pack(device=device, hour=hour))


def device_of(unit: UnitId) -> DeviceId:
    """The device of an energy certificate."""
    return DeviceId(_HOUR.get(unit, "device"))


def hour_of(unit: UnitId) -> int:
    """The hour of an energy certificate, counted from the epoch."""
    return _HOUR.get(unit, "hour")


def unit_name(unit: UnitId) -> str:
    """A unit as people write it, e.g. `allowance 2020` or `credit 2020 #3`."""
    kind = _KINDS.get(class_of(unit), "unit")
    batch = batch_of(unit)
    foreign, ahead = (kind == "credit" and batch >= limit for limit in (IMMOBILISED, EX_ANTE))
    apart = kind == "credit" and is_authorised(unit)
    number = batch % EX_ANTE if ahead else batch % AUTHORISED if apart else batch
    name = f"{kind} {vintage_of(unit)}" + (f" #{number}" if number else "")
    if apart:
        return name + " set apart for use abroad"
    return name + (" of another registry" if foreign else " ex ante" if ahead else "")
