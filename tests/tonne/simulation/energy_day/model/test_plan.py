"""When things happen in a day, what its grid is like, and what flows in it."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from tonne.constants import PPM
from tonne.errors import TonneError
from tonne.meters.profiles import Kind, energy_wh
from tonne.simulation.energy_day.model import grid
from tonne.simulation.energy_day.model.plan import (
    AHEAD,
    COMMITTED_S,
    CORRECTION,
    FINAL_LEAD,
    GATE_LEAD_S,
    GRACE,
    INTERVALS_S,
    NOTICE_S,
    WINDOW_S,
    DayOptions,
    timeline,
)
from tonne.simulation.energy_day.model.state import Feeder, Flows
from tonne.simulation.energy_day.steps import power_flow


def test_a_day_is_one_of_settlement() -> None:
    line = timeline(DayOptions(day=date(2026, 3, 29)))  # clocks go forward; the chain's does not
    assert line.start % 86_400 == 0
    assert line.count == 96
    assert line.end - line.start == 86_400


@pytest.mark.parametrize(
    "options, code",
    [
        (DayOptions(first=90, intervals=7), "ENERGY_DAY_INTERVALS"),
        (DayOptions(first=96), "ENERGY_DAY_INTERVALS"),
        (DayOptions(meters=19), "ENERGY_DAY_METERS"),
        (DayOptions(meters=10_001), "ENERGY_DAY_METERS"),
        (DayOptions(meters=95, regions=16), "ENERGY_DAY_METERS"),
        (DayOptions(regions=2), "ENERGY_DAY_REGIONS"),
        (DayOptions(regions=17), "ENERGY_DAY_REGIONS"),
        (DayOptions(interval_s=600), "ENERGY_DAY_INTERVAL"),
        (DayOptions(interval_s=3_600, first=24), "ENERGY_DAY_INTERVALS"),
    ],
)
def test_what_cannot_be_a_day_is_refused(options: DayOptions, code: str) -> None:
    with pytest.raises(TonneError) as refused:
        timeline(options)
    assert refused.value.code == code


def test_curves_are_committed_after_the_interval_before_has_begun() -> None:
    """Else the clock would have to go back: it is moved from event to event."""
    assert WINDOW_S <= GATE_LEAD_S <= NOTICE_S
    for step in INTERVALS_S:
        line = timeline(DayOptions(interval_s=step))
        assert COMMITTED_S <= line.committed_s < step - GATE_LEAD_S
    assert AHEAD < GRACE < CORRECTION - FINAL_LEAD


@pytest.mark.parametrize("regions", range(grid.LEAST_REGIONS, grid.MOST_REGIONS + 1))
def test_every_node_can_be_reached_and_no_arc_leads_nowhere(regions: int) -> None:
    made = grid.DayGrid(regions)
    arcs = [(start, end) for link in made.links for start, end in link.ends]
    assert {end for _, end in arcs} | {p.node for p in made.plants} == set(range(made.nodes))
    assert len(set(arcs)) == len(arcs)
    for names in (made.names, [link.name for link in made.links], [p.name for p in made.plants]):
        assert len(set(names)) == len(names)
    for link in made.links:
        assert link.start != link.end
        assert link.line == (grid.carrier_of(link.start) is grid.carrier_of(link.end))
        if link.line:
            assert link.efficiency <= PPM
    assert len(set(arcs)) == len(arcs)


def test_twenty_customers_are_of_nearly_every_kind() -> None:
    kinds = {grid.place_of(place)[1] for place in range(20)}
    assert kinds >= {Kind.HOUSEHOLD, Kind.PV, Kind.HEATED, Kind.GAS, Kind.HEAT_PUMP, Kind.FILLING}
    regions = [grid.place_of(place)[0] for place in range(20)]
    assert [regions.count(r) for r in range(3)] == [7, 7, 6]
    assert {grid.place_of(place)[1] for place in range(200)} == set(Kind)


def test_sixteen_regions_have_as_many_nodes_and_arcs_as_a_chain_takes() -> None:
    made = grid.DayGrid(16)
    assert (made.nodes, sum(len(link.ends) for link in made.links)) == (64, 128)
    assert made.lands == 6


@pytest.mark.parametrize("kind", list(Kind))
def test_no_interval_of_a_kind_is_beyond_its_nameplate(kind: Kind) -> None:
    from tonne.meters.profiles import NAMEPLATE_W

    start = timeline(DayOptions()).start
    most = max(
        max(energy_wh(kind, 1, meter, start + quarter * 900, 900))
        for meter in range(30)
        for quarter in range(96)
    )
    assert 0 < most <= NAMEPLATE_W[kind] // 4


@pytest.mark.parametrize("demand", [0, 1, 500, 40_000, -1, -500, -40_000])
def test_what_a_street_takes_passes_its_feeder(demand: int) -> None:
    """In at one end, out at the other, and the loss between them."""
    from random import Random

    feeder = Feeder(0, 1, 2, grid.feeder_curve(grid.ELECTRICITY, 200))
    flows = Flows()
    taken = power_flow._feed(Random(1), flows, feeder, demand, False)
    assert flows.net(2) == demand  # at the street's end
    assert -flows.net(1) == taken
    assert taken >= demand
    assert taken - demand <= feeder.curve.modelled_wh(abs(taken)) * 3 + 3


def test_a_wrong_meter_shows_more_out_than_in() -> None:
    from random import Random

    feeder = Feeder(0, 1, 2, grid.feeder_curve(grid.HEAT, 200))
    flows = Flows()
    power_flow._feed(Random(1), flows, feeder, 5_000, True)
    assert flows.by_meter[2][1] > flows.by_meter[1][0]


def test_every_node_closes_to_what_no_line_explains() -> None:
    """Injected less withdrawn over all meters of a node is small and never negative."""
    customers = [
        SimpleNamespace(place=n, kind=kind, meter=n + 1, node=grid.node_of(region, carrier))
        for n in range(60)
        for region, kind in [grid.place_of(n)]
        for carrier in [grid.CARRIER_OF.get(kind, grid.ELECTRICITY)]
    ]
    line = timeline(DayOptions(meters=60))
    state = SimpleNamespace(
        options=DayOptions(meters=60),
        line=line,
        grid=grid.DayGrid(3),
        customers=customers,
        rounds=[None],
        plants=list(range(100, 100 + len(grid.DayGrid(3).plants))),
        balancing=list(range(200, 200 + grid.DayGrid(3).nodes)),
        feeders={0: Feeder(0, 300, 301, grid.feeder_curve(grid.ELECTRICITY, 60))},
        arcs=[],
        number_of=lambda label: 0,
    )
    flows = power_flow.flow(state, 0, None)
    at = {c.meter: c.node for c in customers} | {200 + n: n for n in range(grid.DayGrid(3).nodes)}
    at |= {300: 0, 301: 0} | {100 + n: plant.node for n, plant in enumerate(grid.DayGrid(3).plants)}
    left = [0] * grid.DayGrid(3).nodes
    for meter in flows.by_meter:
        left[at[meter]] += flows.net(meter)
    used = sum(sum(flows.by_meter[c.meter]) for c in customers)
    assert all(0 <= rest <= used * power_flow.UNEXPLAINED // PPM + 3 for rest in left)
