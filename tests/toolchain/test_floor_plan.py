"""The pictures of the floors are those of the present sources."""

from __future__ import annotations

from tools import floor_plan


def test_the_pictures_are_fresh():
    made = floor_plan.pictures()
    kept = {name: (floor_plan.IMAGES / name).read_text(encoding="utf-8") for name in made}
    assert kept == made, "run `make floor-plan`"


def test_an_implied_arrow_is_left_out():
    arrows = {("market", "units"), ("units", "types"), ("market", "types"), ("book", "types")}
    assert floor_plan.reduced(arrows) == arrows - {("market", "types")}


def test_an_arrow_between_floors_ends_at_the_upper_edge_of_its_target():
    picture = floor_plan.draw([("types",), ("units",)], {("units", "types")})
    assert picture.count('class="arrow"') == 1
    assert picture.index("2 rooms on 2 floors, 1 arrow") > 0
