"""What customers of a live market draw and give over a day, and what they have bid for them.

All use energy as households do (`tonne.meters.profiles`). Those of every second node also have a small plant
that runs through, and a roof: by night the plants are enough, by day the sun is, and lines carry less than
is asked for; morning and evening leave energy to who pays most. What flows is not what was ordered: the
rest is imbalance.
"""

from __future__ import annotations

from typing import Final

from tonne.constants import HOUR_S
from tonne.meters.profiles import Kind, energy_wh

SEED: Final = 1
#: [W] Of a customer's plant.
PLANT_W: Final = 240

#: Of a customer, by hours of the day (UTC): power [W] that it buys, and what it pays at most [credits/kWh],
#: every second one and the others.
BUYS: Final = (
    ("22:00", "06:00", 80, "0.30", "0.25"),
    ("06:00", "17:00", 320, "0.30", "0.25"),
    ("17:00", "22:00", 480, "0.34", "0.28"),
)
#: Likewise what it sells, and the least it takes: of who has a plant and a roof, and of who has none.
SELLS: Final = (("00:00", "00:00", PLANT_W, "0.12"), ("08:00", "16:00", 800, "0.06"))
RESELLS: Final = (("00:00", "00:00", 200, "0.4"),)


ORDER: Final = """[[{}]]
wh = {}
price = "{}"
from = {}:00
until = {}:00
"""


def gives(place: int) -> bool:
    """Whether customers of a node have plants and roofs."""
    return place % 2 == 1


def flow_wh(place: int, meter: int, start: int, seconds: int) -> tuple[int, int]:
    """(drawn, given) By a customer of a node in an interval."""
    drawn, _ = energy_wh(Kind.HOUSEHOLD, SEED, meter, start, seconds)
    if not gives(place):
        return drawn, 0
    _, roof = energy_wh(Kind.PV, SEED, meter, start, seconds)
    return drawn, roof + PLANT_W * seconds // HOUR_S


def instruction(place: int, meter: int, seconds: int) -> str:
    """The standing instruction of a customer, for intervals of a length; a TOML file."""
    buys = [("buy", *hours, dear if meter % 2 else cheap) for *hours, dear, cheap in BUYS]
    sells = [("sell", *order) for order in (SELLS if gives(place) else RESELLS)]
    orders = [
        ORDER.format(side, watts * seconds // HOUR_S, price, since, until)
        for side, since, until, watts, price in (*buys, *sells)
    ]
    return "\n".join([f"node = {place}\n", *orders])
