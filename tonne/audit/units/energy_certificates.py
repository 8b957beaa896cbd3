"""Replay of EnergyCertificates: devices, hours certified once from final runs, claims and expiries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Any, Final

from tonne.audit.evidence.meter_oracle import MeterOracleReplay
from tonne.audit.evidence.projects import ProjectsReplay
from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, Handler
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.audit.rules.schemes import SchemesReplay
from tonne.audit.units.unit_balances import CANCELLED, EXPIRED, RETIRED, Unit1155Replay
from tonne.chain.client import Chain
from tonne.constants import HOUR_S, PPM, ZERO_ADDRESS
from tonne.crypto.merkle_sum import Sums
from tonne.types import lanes, unit_id
from tonne.types.ids import DeviceId, MeterId, ParticipantId, SchemeId, UnitId
from tonne.units.energy_certificates import ELECTRICITY, RENEWABLE, certificate_id, meters_of

CERTIFICATE: Final = 2  # `ClaimKind`
REGISTER: Final = 256  # `Powers` of ISchemes


@dataclass(slots=True)
class CertifiedDevice:
    """A production device, rebuilt from its events."""

    owner: ParticipantId
    scheme: SchemeId
    jurisdiction: int
    energy: int
    since: int  # [s]
    until: int  # [s], 0 while open
    source: bytes
    meters: list[MeterId]

    def word(self) -> tuple[Any, ...]:
        """`Device` of IEnergyCertificates."""
        (packed,) = lanes.pack(self.meters) or [0]
        return (
            *(self.owner, self.scheme, self.jurisdiction, self.energy),
            *(self.since, self.until, len(self.meters), self.source, packed),
        )


class EnergyCertificatesReplay(Unit1155Replay, PausableReplay):
    """Devices and hours certified, on the balances of certificates."""

    rights_at = 7

    def __init__(
        self,
        chain: Chain,
        parties: ParticipantsReplay,
        schemes: SchemesReplay,
        meters: MeterOracleReplay,
        projects: ProjectsReplay,
    ) -> None:
        address = chain["EnergyCertificates"].address
        contracts = [contract.address for contract in chain.contracts.values()]
        super().__init__("EnergyCertificates", address, parties, schemes, contracts)
        self.meters, self.projects = meters, projects
        self.lifetime: int = chain.call(self.contract, "LIFETIME")  # [s]
        self.margin_ppm: int = chain.call(self.contract, "MARGIN_PPM")
        self.devices: dict[DeviceId, CertifiedDevice] = {}
        self.device_of: dict[MeterId, DeviceId] = {}  # by meter
        self.hours: dict[UnitId, int] = {}  # [Wh] certified, by id
        self.claimed: dict[tuple[str, UnitId], int] = defaultdict(int)
        self._time = 0
        self._topics: dict[UnitId, int] = {}  # of issues, until their hours are certified

    def take(self, handler: Handler, at: Dated) -> None:
        self._time = at.time
        super().take(handler, at)

    def _may(self, officer: str, device: CertifiedDevice) -> bool:
        return self.schemes.may(officer, device.scheme, device.jurisdiction, REGISTER)

    # Devices

    def _on_DeviceRegistered(self, a: Args, _: Dated) -> None:
        number, told = a["id"], a["device"]
        meters = meters_of(told)
        device = CertifiedDevice(
            *(told.owner, told.scheme, told.jurisdiction, told.energy),
            *(told[4], told.until, told.source, meters),  # `from` is no name in Python
        )
        self._require(
            number == len(self.devices) + 1
            and device.energy in RENEWABLE
            and device.until == 0
            and 0 < len(meters) <= 8
            and self._may(a["officer"], device),
            f"device {number} registered",
        )
        for meter in meters:
            self._join(number, device, meter)
        self.devices[number] = device

    def _join(self, number: DeviceId, device: CertifiedDevice, meter: MeterId) -> None:
        read = self.meters.meters[meter]
        node = self.meters.nodes[read.node]
        place = (read.owner, node.scheme, node.jurisdiction, node.carrier)
        mine = (device.owner, device.scheme, device.jurisdiction, ELECTRICITY)
        before = self.devices.get(self.device_of.get(meter, DeviceId(0)))
        free = before is None or 0 < before.until <= device.since
        bound = (
            self.projects.meter_sources.get(meter.to_bytes(32, "big")) == device.source
            and self.projects.names.get(device.source) == device.scheme
        )
        fits = place == mine and HOUR_S % node.intervalS == 0
        self._require(fits and free and bound, f"meter {meter} given to device {number}")
        self.device_of[meter] = number

    def _on_DeviceClosed(self, a: Args, _: Dated) -> None:
        device = self.devices[a["id"]]
        right = device.until == 0 and a["until"] > device.since
        self._require(right and self._may(a["officer"], device), f"device {a['id']} closed")
        device.until = a["until"]

    # Hours

    def _on_IssuanceSingle(self, a: Args, _: Dated) -> None:
        self._topics[a["id"]] = a["topic"]

    def _on_HoursCertified(self, a: Args, _: Dated) -> None:
        number, first, device = a["id"], a["from"], self.devices[a["id"]]
        until = first + HOUR_S * len(a["energyWh"])
        batch = unit_id.batch_of(self._id_of(number, device, first))
        claim = self.projects.claims.get(device.source, {}).get(first)
        self._require(
            first % HOUR_S == 0
            and first >= device.since
            and (device.until == 0 or until <= device.until)
            and a["owner"] == device.owner
            and sum(a["energyWh"]) > 0
            and claim == (CERTIFICATE, batch, until),
            f"hours of device {number} from {first} on",
        )
        for place, energy in enumerate(a["energyWh"]):
            self._certified(number, device, first + place * HOUR_S, energy)

    def _id_of(self, number: DeviceId, device: CertifiedDevice, hour: int) -> UnitId:
        zone = timezone(timedelta(seconds=self.schemes.schemes[device.scheme].utc_offset))
        return certificate_id(number, device.scheme, hour, zone)

    def _certified(self, number: DeviceId, device: CertifiedDevice, hour: int, energy: int) -> None:
        nameplate, seen, final = 0, 0, True
        for meter in device.meters:
            read = self.meters.meters[meter]
            nameplate += read.nameplateW
            step = self.meters.nodes[read.node].intervalS
            begun = hour >= read.validFrom
            final &= begun and (read.validUntil == 0 or hour + HOUR_S <= read.validUntil)
            for start in range(hour, hour + HOUR_S, step):
                place = (read.node, start)
                final &= place in self.meters.roots and self.meters.is_final(place, self._time)
                if final:
                    seen += Sums.of(self.meters.roots[place].sums).export_wh
        id_ = self._id_of(number, device, hour)
        most = min(seen, nameplate * self.margin_ppm // PPM)
        about = f"{energy} Wh of device {number} in the hour from {hour} on"
        topic = self._topics.pop(id_, device.energy if energy == 0 else None)
        fresh = id_ not in self.hours and topic == device.energy
        self._require(final and fresh and energy <= most, about)
        if energy:
            self.hours[id_] = energy

    # Transfers and exits

    def expiry(self, id_: UnitId) -> int:
        """Last moment at which a certificate can move or retire [s]."""
        return (unit_id.hour_of(id_) + 1) * HOUR_S + self.lifetime

    def _transfer(self, source: str, target: str, id_: UnitId, amount: int) -> None:
        super()._transfer(source, target, id_, amount)
        if target != ZERO_ADDRESS:
            self._require(self._time <= self.expiry(id_), f"{id_:#x} moved after its expiry")

    def _on_UnitsExited(self, a: Args, at: Dated) -> None:
        super()._on_UnitsExited(a, at)
        good = self._time <= self.expiry(a["id"])
        right = a["kind"] in (RETIRED, CANCELLED) if good else a["kind"] == EXPIRED
        self._require(right, f"{a['amount']} of {a['id']:#x} left as {a['kind']}")

    def _on_ClaimSingle(self, a: Args, _: Dated) -> None:
        self.claimed[a["claimSubject"], a["id"]] += a["value"]
        energy = self.devices[unit_id.device_of(a["id"])].energy
        told = self.exits_for[RETIRED, bytes(a["claimData"]), a["id"]]
        self._require(a["topic"] == energy and told >= a["value"], f"claim of {a['id']:#x}")

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        tally.value(self.contract, "issues without certified hours", {}, self._topics)
        for id_ in sorted(self.hours.keys() | self.issued.keys()):
            certified = self.hours.get(id_, 0)
            about = f"hour of {id_:#x} certified"
            tally.value(self.contract, about, certified, self.issued.get(id_, 0))
            claimed = sum(v for (_, of), v in self.claimed.items() if of == id_)
            retired = self.exited[id_, RETIRED]
            tally.value(self.contract, f"claims of {id_:#x}", retired, claimed)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "deviceCount", (), len(self.devices), "number of devices")
        for number, device in self.devices.items():
            yield Check(self.contract, "device", (number,), device.word(), f"device {number}")
        for meter, number in self.device_of.items():
            yield Check(self.contract, "deviceOf", (meter,), number, f"device of meter {meter}")
        for (owner, id_), amount in sorted(self.claimed.items()):
            about = f"claimed by {owner} of {id_:#x}"
            yield Check(self.contract, "claimedBalanceOf", (owner, id_), amount, about)
        for id_ in sorted(self.hours):
            yield Check(self.contract, "expiryOf", (id_,), self.expiry(id_), f"expiry of {id_:#x}")
