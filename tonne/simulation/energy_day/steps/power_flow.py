"""What flows, whatever was traded: customers do as they do, plants deliver nearly what they sold, lines
carry what was scheduled and lose what they lose, and the grid operator evens out the rest."""

from __future__ import annotations

import math
from functools import lru_cache
from random import Random

from tonne.constants import DAY_S, HOUR_S, PPM
from tonne.meters.profiles import Kind, energy_wh
from tonne.power.encoding import OFFER
from tonne.power.losses import LossCurve
from tonne.power.rounds import accepted_by
from tonne.simulation.energy_day.model.state import Customer, DayState, Feeder, Flows

#: [ppm] A loss is up to so much off what its curve says: wires are warmer or colder.
CURVE_ERROR = 40_000
#: [ppm] A plant delivers up to so much less or more than it sold.
DELIVERY_ERROR = 10_000
#: [ppm] Of what a street takes is not explained by any line, at most: theft, and meters that are tired.
UNEXPLAINED = 6_000


def customer_wh(state: DayState, customer: Customer, index: int) -> tuple[int, int]:
    """(drawn, given) in an interval."""
    return _customer(
        customer.kind,
        state.options.seed,
        customer.meter,
        state.line.at(index),
        state.line.interval_s,
    )


@lru_cache(maxsize=2**15)
def _customer(kind: Kind, seed: int, meter: int, start: int, interval_s: int) -> tuple[int, int]:
    return energy_wh(kind, seed, meter, start, interval_s)


def wind_ppm(seed: int, moment: int) -> int:
    """Of a wind park's power, what the wind gives: slow waves, never quite still."""
    phase = Random(f"wind/{seed}/{moment // DAY_S}").random() * 2 * math.pi
    hours = moment / HOUR_S
    wave = math.sin(hours / 24 * 2 * math.pi + phase) + 0.5 * math.sin(hours / 5 + 2 * phase)
    return int((0.5 + 0.27 * wave) * PPM)


def flow(state: DayState, index: int, faulty: int | None) -> Flows:
    """One interval; at the `faulty` node a feeder's meter shows more out than goes in."""
    random = Random(f"flow/{state.options.seed}/{index}")
    flows = Flows()
    street = [0] * state.grid.nodes  # net demand of each node's customers
    bus = [0] * state.grid.nodes  #    what is left at each busbar
    for customer in state.customers:
        drawn, given = customer_wh(state, customer, index)
        flows.add(customer.meter, drawn, given)
        street[customer.node] += drawn - given
    for place, plant in enumerate(state.grid.plants):
        sold = _sold(state, index, state.number_of(plant.name), plant.node)
        delivered = _near(random, sold, DELIVERY_ERROR)
        flows.add(state.plants[place], export_wh=delivered)
        bus[plant.node] += delivered
    _links(state, index, random, flows, bus)
    for node in range(state.grid.nodes):
        demand = street[node]
        if demand:  # without demand there is no loss
            demand += random.randrange(abs(demand) * UNEXPLAINED // PPM + 3)
        feeder = state.feeders.get(node)
        if feeder is None:
            bus[node] -= demand
        else:
            bus[node] -= _feed(random, flows, feeder, demand, node == faulty)
        flows.add(state.balancing[node], max(bus[node], 0), max(-bus[node], 0))
    return flows


def _sold(state: DayState, index: int, account: int, node: int) -> int:
    cleared = state.rounds[index]
    if cleared is None:
        return 0
    return accepted_by(cleared.round, cleared.clearing).get((account, node, OFFER), 0)


def _links(state: DayState, index: int, random: Random, flows: Flows, bus: list[int]) -> None:
    cleared = state.rounds[index]
    if cleared is None:
        return
    for (number, start, end), sent in zip(state.arcs, cleared.clearing.flows, strict=True):
        link = state.grid.links[number]
        near, far = state.ends[number] if start == link.start else state.ends[number][::-1]
        lost = sent * (PPM - link.efficiency) // PPM
        arriving = sent - _near(random, lost, CURVE_ERROR)
        flows.add(near, import_wh=sent)
        flows.add(far, export_wh=arriving)
        bus[start] -= sent
        bus[end] += arriving


def _feed(random: Random, flows: Flows, feeder: Feeder, demand: int, fault: bool) -> int:
    """Sends a street's demand through its feeder; returns what that takes at the busbar."""
    meters = (feeder.substation, feeder.street)
    if demand >= 0:
        into = _input(feeder.curve, demand, random)
        shown = into + into // 50 + 1 if fault else demand
        flows.add(meters[0], import_wh=into)
        flows.add(meters[1], export_wh=shown)
        return into
    lost = min(-demand, _near(random, feeder.curve.modelled_wh(-demand), CURVE_ERROR))
    flows.add(meters[1], import_wh=-demand)
    flows.add(meters[0], export_wh=-demand - lost)
    return demand + lost


def _input(curve: LossCurve, out: int, random: Random) -> int:
    """What must go in for `out` to come out."""
    into = out
    for _ in range(8):
        into = out + curve.modelled_wh(into)
    return out + _near(random, into - out, CURVE_ERROR)


def _near(random: Random, value: int, error_ppm: int) -> int:
    off = abs(value) * error_ppm // PPM
    return value + random.randint(-off, off)
