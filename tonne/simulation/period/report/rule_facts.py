"""What became of the pack's keys, and how supply was decided, in words."""

from __future__ import annotations

from collections import Counter

from tonne.rules import key_account
from tonne.rules.key_account import KeyFate
from tonne.simulation.period.model.state import PeriodState


def keys_left_out(state: PeriodState) -> list[tuple[str, str]]:
    """Keys of the pack that hold in the period and had no effect, each with the reason."""
    return key_account.left_out(state.results.keys)


def keys_in_words(state: PeriodState) -> str:
    """How many keys of the pack hold, and what became of them."""
    fates = Counter(one.fate for one in state.results.keys)
    told = ", ".join(f"{fates[fate]} {fate.value}" for fate in KeyFate if fates[fate])
    return f"keys of {state.pack.scheme.name} that hold in period {state.period.name}: {told}"


def supply(state: PeriodState) -> list[tuple[str, str]]:
    """How the auctioned amount follows from cap and rules; nothing without an auction."""
    found = state.results.supply
    if found is None:
        return []
    name, parts, ratio = state.pack.scheme.name, found.scheme, found.before.auctioned
    return [
        (f"cap of {name}", f"{parts.cap:,} t, of which {parts.share:,} t are auctioned"),
        ("into the stability reserve", f"{parts.intake:,} t"),
        ("out of it", f"{parts.release:,} t; void in it {parts.void:,} t"),
        ("released because prices rose", f"{parts.spike:,} t"),
        ("auctions of the scheme", f"{parts.auctioned:,} t; of the year before {ratio:,} t"),
        ("lacked by the run's emitters, the year before", f"{found.lacked:,} t"),
        ("auctioned in the run", f"{state.auctioned:,} t"),
    ]
