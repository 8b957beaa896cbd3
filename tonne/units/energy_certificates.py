"""Energy certificates as people speak of them: devices, hours, and the leaves that prove an hour."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.chain.clock import zone_of
from tonne.chain.contract import topic
from tonne.constants import HOUR_S
from tonne.errors import TonneError, refused
from tonne.meters import leaves
from tonne.types import lanes, unit_id
from tonne.types.ids import DeviceId, MeterId, SchemeId, UnitId

#: The carrier that is certified, see `Carrier`.
ELECTRICITY: Final = 1

#: `EnergySource` of IEnergyCertificates; those from 1 to 6 are certified.
SOURCES: Final = ("none", "solar", "wind", "hydro", "biomass", "geothermal", "marine")
RENEWABLE: Final = range(1, len(SOURCES))

#: Ways out, by the numbers of `Exit` of IUnit1155.
RETIRED, CANCELLED, EXPIRED = 2, 3, 5

Shown = tuple[bytes, tuple[tuple[bytes, int, bytes], int, int, bytes]]


@dataclass(frozen=True, slots=True)
class Hour:
    """One certified hour of a device [Wh]."""

    device: int
    start: int  # [s]
    id: int
    issued: int
    claimed: int
    cancelled: int
    expired: int
    expiry: int  # [s]

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "id": hex(self.id)}


def certificate_id(device: DeviceId, scheme: SchemeId, hour: int, zone: tzinfo) -> UnitId:
    """The ERC-1155 id of the hour that begins at `hour` [s]; its vintage is the year in the scheme's zone."""
    year = datetime.fromtimestamp(hour, zone).year
    batch = unit_id.certificate_batch(device, hour // HOUR_S)
    return unit_id.pack(unit_id.ENERGY_CERTIFICATE, scheme, year, batch)


def device_of(chain: Chain, number: int) -> Any:
    """`Device` of IEnergyCertificates."""
    count = chain.call("EnergyCertificates", "deviceCount")
    if not 0 < number <= count:
        raise TonneError(
            "CERTIFICATE_UNKNOWN_DEVICE",
            f"There is no device {number}.",
            field="device",
            value=number,
            remedy=f"Known: 1 to {count}, see `tonne energy certificate show`."
            if count
            else "None was registered yet: `tonne energy certificate device --help`.",
        )
    return chain.call("EnergyCertificates", "device", number)


def meters_of(device: Any) -> list[MeterId]:
    """Its meters, out of their lanes."""
    return [
        MeterId(meter)
        for meter in lanes.unpack([device.meters], min(device.meterCount, lanes.PER_WORD))
    ]


def hint(chain: Chain, source: bytes, start: int, first_block: int = 0) -> int:
    """Start of the last claim on a source that begins before `start` [s]; 0 when there is none."""
    topics = [topic(int.from_bytes(source, "big"))]
    claimed, released = (
        chain.logs("Projects", name, first_block, topics=topics)
        for name in ("SourceClaimed", "SourceReleased")
    )
    standing = Counter(event["from"] for event in claimed)
    standing.subtract(event["from"] for event in released)
    return max((at for at, count in standing.items() if count and at < start), default=0)


def shown(chain: Chain, device: Any, start: int, hours: int, folder: Path) -> list[Shown]:
    """`MeteredLeaf`s of hours that follow one another, by hour, meter, interval; from the oracle's files."""
    found: list[Shown] = []
    read: dict[tuple[int, int], leaves.IntervalLeaves] = {}
    meters = meters_of(device)
    nodes = [chain.call("MeterOracle", "meter", meter).node for meter in meters]
    steps = {node: chain.call("MeterOracle", "node", node).intervalS for node in {*nodes}}
    for hour in range(start, start + hours * HOUR_S, HOUR_S):
        for meter, node in zip(meters, nodes, strict=True):
            for at in range(hour, hour + HOUR_S, steps[node]):
                place = (node, at)
                if place not in read:
                    read[place] = _read(chain, folder, node, at)
                found.append(_leaf(read[place], meter, node, at))
    return found


def _read(chain: Chain, folder: Path, node: int, start: int) -> leaves.IntervalLeaves:
    state = chain.call("MeterOracle", "stateOf", node, start)
    path = leaves.path_of(folder, node, start, state.run)
    if state.run == 0 or not path.is_file():
        what = "No root was posted for it" if state.run == 0 else f"There is no {path}"
        raise refused("CERTIFICATE_NO_LEAVES", start=start, node=node, reason=what)
    return leaves.IntervalLeaves.read(path)


def _leaf(interval: leaves.IntervalLeaves, meter: int, node: int, start: int) -> Shown:
    try:
        index = interval.index_of(meter)
    except StopIteration:
        raise refused("CERTIFICATE_NO_READING", meter=meter, node=node, start=start) from None
    return interval.leaves[index].salt, interval.proof(index)


def hours(chain: Chain, device: int | None = None, first_block: int = 0) -> list[Hour]:
    """What became of each hour that was certified, of one device or of all."""
    told: list[tuple[int, int, int]] = []
    for event in chain.logs("EnergyCertificates", "HoursCertified", first=first_block):
        if device in (None, event["id"]):
            starts = range(event["from"], event["from"] + len(event["energyWh"]) * HOUR_S, HOUR_S)
            told += [
                (event["id"], start, energy)
                for start, energy in zip(starts, event["energyWh"], strict=True)
                if energy
            ]
    schemes = {number: device_of(chain, number).scheme for number in {n for n, _, _ in told}}
    zones = {scheme: zone_of(chain, scheme) for scheme in set(schemes.values())}
    found = []
    for number, start, energy in sorted(told):
        scheme = schemes[number]
        id_ = certificate_id(DeviceId(number), scheme, start, zones[scheme])
        calls: list[tuple[str, tuple[int, ...]]] = [
            ("exitedOf", (id_, kind)) for kind in (RETIRED, CANCELLED, EXPIRED)
        ]
        calls.append(("expiryOf", (id_,)))
        answers = chain.call_many(("EnergyCertificates", *call) for call in calls)
        found.append(Hour(number, start, id_, energy, *answers))
    return found
