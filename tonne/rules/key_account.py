"""What became of each key of a pack in a run: none that holds in it goes unsaid.

A key is on the chain, read by the run, built into the contracts, or left out with its reason. Whatever is
none of these is silent: a defect of the run, which a test holds at none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tonne.rules.pack import Period, RulePack
from tonne.rules.pack.key_spec import OF_YEARS
from tonne.rules.pack.keys import sector_of, spec_of


class KeyFate(StrEnum):
    """What became of a key."""

    CHAIN = "on the chain"  # kept by Schemes, read by contracts
    RUN = "in the run"  #      read by a step of the run
    BUILT = "built in"  #      the contracts know no other value; packs with another are refused
    LEFT = "left out"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class KeyOutcome:
    """A key and what became of it; `reason` where it is left out."""

    key: str
    fate: KeyFate
    reason: str = ""


def valid_keys(pack: RulePack, period: Period) -> list[str]:
    """Keys that hold in a period: in its reporting years, or on the days from their end to the deadline."""
    years = date(period.first_year, 1, 1), date(period.last_year, 12, 31)
    acts = date(period.last_year + 1, 1, 1), pack.local_day(period.surrender_deadline)
    return [
        key
        for key in pack.values
        if pack.holds_between(key, *(years if key.partition(".")[0] in OF_YEARS else acts))
    ]


def account(
    pack: RulePack,
    period: Period,
    read: frozenset[str],
    sectors: Iterable[str],
    without: Mapping[str, str],
) -> list[KeyOutcome]:
    """The fate of each key that holds in a period.

    `read`: keys that the run read. `sectors`: those that its emitters are of. `without`: beginnings of keys
    of which the run had no use, and why.
    """
    return [_fate(key, read, frozenset(sectors), without) for key in valid_keys(pack, period)]


def _fate(
    key: str, read: frozenset[str], sectors: frozenset[str], without: Mapping[str, str]
) -> KeyOutcome:
    spec, sector = spec_of(key), sector_of(key)
    if spec.chain_key is not None:
        return KeyOutcome(key, KeyFate.CHAIN)
    if key in read:
        return KeyOutcome(key, KeyFate.RUN)
    if spec.built is not None:
        return KeyOutcome(key, KeyFate.BUILT)
    if sector is not None and sector not in sectors:
        return KeyOutcome(key, KeyFate.LEFT, f"No emitter of the run is of the sector {sector}.")
    for beginning, reason in without.items():
        if key.startswith(beginning):
            return KeyOutcome(key, KeyFate.LEFT, reason)
    if spec.left:
        return KeyOutcome(key, KeyFate.LEFT, spec.left)
    return KeyOutcome(key, KeyFate.SILENT)


def left_out(outcomes: Iterable[KeyOutcome]) -> list[tuple[str, str]]:
    """Keys and reasons as a report lists them; a silent key says that it is one."""
    return [
        (one.key, one.reason or "Read by no step of the run: its value had no effect.")
        for one in outcomes
        if one.fate in (KeyFate.LEFT, KeyFate.SILENT)
    ]
