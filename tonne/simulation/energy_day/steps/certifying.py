"""Step 7, first half: certificates of renewable electricity by the hour, from final readings; and claims."""

from __future__ import annotations

from tonne.chain.clock import zone_of
from tonne.constants import DAY_S, HOUR_S
from tonne.crypto.hashing import text_hash
from tonne.simulation.energy_day.model.grid import ELECTRICITY, carrier_of
from tonne.simulation.energy_day.model.results import Certified
from tonne.simulation.energy_day.model.state import SCHEME, DayState, aggregator_of
from tonne.simulation.energy_day.steps.daemon import MeterDaemon
from tonne.types.ids import DeviceId, SchemeId
from tonne.units.energy_certificates import SOURCES, certificate_id, device_of, shown

#: What plants make electricity of.
ENERGY = {"wind park": "wind", "hydro plant": "hydro"}

#: Hours of one call.
HOURS = 50


def certify(state: DayState, daemon: MeterDaemon) -> None:
    """A device for each renewable plant; strangers bring its hours, aggregators claim them."""
    per_hour = HOUR_S // state.line.interval_s
    hours = state.line.count // per_hour
    if hours == 0 or state.line.start % HOUR_S:
        state.driver.note("no whole hour to certify")
        return
    for place, plant in enumerate(state.grid.plants):
        if not plant.renewable or carrier_of(plant.node) is not ELECTRICITY:
            continue
        energy = SOURCES.index(ENERGY[plant.name.rstrip(" 0123456789")])
        source = text_hash(plant.name)
        args = (energy, state.line.start, source, [state.plants[place]])
        state.driver.send(state.bureau, "EnergyCertificates", "registerDevice", *args)
        number = state.chain.call("EnergyCertificates", "deviceCount")
        meter = state.plants[place]
        if not any(state.flows[index].of(meter)[1] for index in range(hours * per_hour)):
            state.driver.note(f"{plant.name}: nothing was delivered")
            continue
        _hours(state, daemon, number, hours)
        _claim(state, plant.name, number, hours)


def _hours(state: DayState, daemon: MeterDaemon, number: int, hours: int) -> None:
    device, before = device_of(state.chain, number), 0
    for first in range(0, hours, HOURS):
        count = min(HOURS, hours - first)
        start = state.line.start + first * HOUR_S
        found = shown(state.chain, device, start, count, daemon.folder / "leaves")
        stranger = state.keys.account("outsider")
        args = (number, start, count, found, before)
        state.driver.send(stranger, "EnergyCertificates", "certify", *args)
        before = start


def _claim(state: DayState, plant: str, number: DeviceId, hours: int) -> None:
    """The plant gives an hour's certificates to one aggregator after the other, who claim them for the
    customers of their regions."""
    owner = state.account_of(plant)
    zone = zone_of(state.chain, SCHEME)
    ids = [
        certificate_id(number, SchemeId(SCHEME), state.line.start + h * HOUR_S, zone)
        for h in range(hours)
    ]
    held = state.chain.call_many(("EnergyCertificates", "balanceOf", (owner, i)) for i in ids)
    made = {i: amount for i, amount in zip(ids, held, strict=True) if amount}
    day = state.line.start // DAY_S
    claimed = 0
    for region, name in enumerate(state.grid.names):
        aggregator = state.account_of(aggregator_of(region))
        for unit, amount in list(made.items())[region :: state.grid.regions]:
            state.driver.send(
                owner,
                "EnergyCertificates",
                "safeTransferFrom",
                owner,
                aggregator,
                unit,
                amount,
                b"",
            )
            claim = (
                f"customers of the {name}",
                b"\0" * 32,
                f"{plant}, an hour",
                day,
                day + 1,
                b"DE",
            )
            state.driver.send(aggregator, "RetirementRegistry", "retire", unit, amount, claim)
            claimed += amount
    state.results.certified.append(Certified(plant, len(made), sum(made.values()), claimed))
