"""Bounds of the power market's terms, which its contracts check when they are made and never change
afterwards.

They are checked before anything is deployed: a constructor that reverts ends a deployment half way, and
names no option.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tonne.constants import DAY_S, HOUR_S
from tonne.errors import refused

if TYPE_CHECKING:
    from tonne.deployment.deployer import Settings

#: Of `PowerStore`, `ReferencePrices`, `PowerGrid` and `SettlementStore`.
MOST_PRICE: Final = 2**28  # [micro-credit/kWh]
LEAST_INTERVAL_S, MOST_INTERVAL_S = 60, DAY_S // 2
MICRO: Final = 1_000_000  # micro-credits of a credit
MOST_NODES: Final = 64
WEEK_S: Final = 7 * DAY_S
MOST_BOND: Final = 2**95  # [micro-credit]


def require(settings: Settings) -> None:
    """Raises POWER_TERMS for the first term out of its bounds, with its field, value and the bounds."""
    for field, value, fits, bounds in _bounds(settings):
        if not fits:
            raise refused("POWER_TERMS", term_value=value, field=field, bounds=bounds)


def _bounds(s: Settings) -> Iterator[tuple[str, int | str, bool, str]]:
    """(option, value, whether it fits, what would) of each term."""
    step = s.power_interval
    fits = LEAST_INTERVAL_S <= step <= MOST_INTERVAL_S and DAY_S % step == 0
    yield (
        *("power-interval", step, fits),
        f"in seconds that divide a day, from {LEAST_INTERVAL_S} to {MOST_INTERVAL_S}: 900",
    )
    yield (
        *("power-window", s.power_window, s.power_opening < s.power_window <= s.power_gate_lead),
        f"of more than {s.power_opening} seconds and at most the gate's {s.power_gate_lead}",
    )
    yield (
        *("power-gate", s.power_gate_lead, s.power_gate_lead < s.grid_notice),
        f"of less than the grid's notice of {s.grid_notice} seconds",
    )
    cap = s.power_price_cap
    yield (
        *("power-cap", f"{cap / MICRO:g}", 0 < cap <= MOST_PRICE),
        f"above 0 and up to {MOST_PRICE / MICRO:g} credits per kWh",
    )
    yield (
        *("grid-nodes", s.grid_share, 0 < s.grid_share <= MOST_NODES),
        f"from 1 to {MOST_NODES}",
    )
    longest = (WEEK_S - s.settlement_late - DAY_S) // 4
    yield (
        *("settlement-window", s.settlement_window // HOUR_S),
        0 < s.settlement_window <= longest,
        f"of 1 to {longest // HOUR_S} hours",
    )
    bond = s.settlement_bond
    yield (
        *("settlement-bond", f"{bond / MICRO:g}", 0 < bond < MOST_BOND),
        "above 0",
    )
