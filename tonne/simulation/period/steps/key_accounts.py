"""What became of each key of the pack, once a run has read all that it reads."""

from __future__ import annotations

from tonne.rules import key_account
from tonne.simulation.period.model.state import PeriodState


def close(state: PeriodState) -> None:
    """Ends the record of the pack's keys and keeps the fate of each that holds in the period."""
    state.results.keys = key_account.account(
        state.pack, state.period, state.pack.read_keys(), _sectors(state), _unused(state)
    )


def _sectors(state: PeriodState) -> set[str]:
    """Sectors of the run's emitters."""
    return {"power", *(p.class_name for p in state.fleet.plants if p.industry is not None)}


def _unused(state: PeriodState) -> dict[str, str]:
    """Beginnings of keys that this run has no use for, and why."""
    found = {}
    if not state.auctioned:
        found["auction."] = "No auction is held: how much would be auctioned is not known."
        found["supply."] = "No auction is held whose volume a reserve could change."
    if state.results.months is None:
        found["mrv.monthly_evidence"] = "No plant files monthly evidence in this run."
    if not state.results.issues:
        found["offset."] = "No project reports in this run."
    return found
