"""Step 7, first half: certificates of renewable electricity by the hour, from final readings; and claims."""

from __future__ import annotations

from tonne.crypto.accounts import keccak
from tonne.simulation.energy_day.model.grid import ELECTRICITY, PLANTS, REGIONS, carrier_of
from tonne.simulation.energy_day.model.results import Certified
from tonne.simulation.energy_day.model.state import SCHEME, World, aggregator_of
from tonne.simulation.energy_day.steps.daemon import MeterDaemon
from tonne.units.energy_certificates import HOUR_S, SOURCES, certificate_id, device_of, shown

#: What plants make electricity of.
ENERGY = {"wind park": "wind", "hydro plant": "hydro"}

#: Intervals of an hour, and hours of one call.
PER_HOUR, HOURS = 4, 50


def certify(world: World, daemon: MeterDaemon) -> None:
    """A device for each renewable plant; anybody brings the hours, aggregators claim for their customers."""
    hours = world.line.count // PER_HOUR
    if hours == 0 or world.line.start % HOUR_S:
        world.note("no whole hour to certify")
        return
    for place, plant in enumerate(PLANTS):
        if not plant.renewable or carrier_of(plant.node) is not ELECTRICITY:
            continue
        energy = SOURCES.index(ENERGY[plant.name])
        source = keccak(plant.name.encode())
        args = (energy, world.line.start, source, [world.plants[place]])
        world.send(world.bureau, "EnergyCertificates", "registerDevice", *args)
        number = world.chain.call("EnergyCertificates", "deviceCount")
        meter = world.plants[place]
        if not any(
            flows.by_meter.get(meter, (0, 0))[1] for flows in world.flows[: hours * PER_HOUR]
        ):
            world.note(f"{plant.name}: nothing was delivered")
            continue
        _hours(world, daemon, number, hours)
        _claim(world, plant.name, number, hours)


def _hours(world: World, daemon: MeterDaemon, number: int, hours: int) -> None:
    device, before = device_of(world.chain, number), 0
    for first in range(0, hours, HOURS):
        count = min(HOURS, hours - first)
        start = world.line.start + first * HOUR_S
        found = shown(world.chain, device, start, count, daemon.folder / "leaves")
        anybody = world.keys.account("outsider")
        args = (number, start, count, found, before)
        world.send(anybody, "EnergyCertificates", "certify", *args)
        before = start


def _claim(world: World, plant: str, number: int, hours: int) -> None:
    """The plant gives an hour's certificates to one aggregator after the other, who claim them for the
    customers of their regions."""
    owner = world.account_of(plant)
    ids = [certificate_id(number, SCHEME, world.line.start + h * HOUR_S) for h in range(hours)]
    held = world.chain.call_many(("EnergyCertificates", "balanceOf", (owner, i)) for i in ids)
    made = {i: amount for i, amount in zip(ids, held, strict=True) if amount}
    day = world.line.start // 86_400
    claimed = 0
    for region, name in enumerate(REGIONS):
        aggregator = world.account_of(aggregator_of(region))
        for unit, amount in list(made.items())[region :: len(REGIONS)]:
            world.send(
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
            world.send(aggregator, "RetirementRegistry", "retire", unit, amount, claim)
            claimed += amount
    world.found.certified.append(Certified(plant, len(made), sum(made.values()), claimed))
