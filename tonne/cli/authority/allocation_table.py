"""Allocation by a table of the authority, and the free share that every allocation stays within."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Final

from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.output import many
from tonne.cli.core.session import text_hash
from tonne.errors import refused
from tonne.types.installation_word import InstallationWord

#: Installations in one call.
BATCH: Final = 200
#: `AllocationState` of IAllocation.
STATES: Final = ("not allocated", "allocated early", "final", "by table")
#: `AllocationReason` of IAllocation, in the words of a file.
KINDS: Final = ("table", "new-entrant", "change", "return", "closure")


def allocate(act: OfficerAct, file: Path, period: int, reason: str | None) -> None:
    """Sets the allocation of a file's installations to its tonnes; lower amounts are taken back."""
    from tonne.cli.core import decision_files

    if not reason:
        raise refused("ALLOCATION_NO_REASON")
    rows = sorted(
        decision_files.read(file, decision_files.Tabled),
        key=lambda row: (KINDS.index(row.kind), row.installation),
    )
    decision_files.check_once(file, [(row.installation,) for row in rows])
    asked = [row.installation for row in rows]
    words = act.chain.call_many(("Participants", "installation", (plant,)) for plant in asked)
    debts = act.chain.call_many(("Allocation", "debtOf", (plant,)) for plant in asked)
    stands = act.chain.call_many(
        ("Allocation", "allocationOf", (act.scheme, period, plant)) for plant in asked
    )
    effects = {}
    issued = 0
    for row, word, debt, (state, had) in zip(rows, words, debts, stands, strict=True):
        rise = max(row.allocation_t - had, 0)
        netted = min(debt, rise)
        issued += rise - netted
        back = had - row.allocation_t
        told = f", of which {netted:,} t pay its debt" if netted else ""
        told = f", {back:,} t are taken back" if back > 0 else told
        operator = InstallationWord.unpack(word).operator
        effects[row.installation] = Effect(
            f"installation {row.installation} of participant {operator}",
            f"{STATES[state]}, {had:,} t",
            f"{row.allocation_t:,} t by table ({row.kind}){told}",
        )
    returned = sum(
        max(had - row.allocation_t, 0) for row, (_, had) in zip(rows, stands, strict=True)
    )
    total = free_share(act, period, issued - returned)
    calls = [
        OfficerCall(
            "Allocation",
            "allocate",
            (
                act.scheme,
                period,
                [row.installation for row in part],
                [row.allocation_t for row in part],
                KINDS.index(kind),
                text_hash(reason),
            ),
            [effects[row.installation] for row in part],
        )
        for kind, group in groupby(rows, key=lambda row: row.kind)
        for own in (list(group),)
        for part in (own[i : i + BATCH] for i in range(0, len(own), BATCH))
    ]
    title = f"Allocate by table to {many(len(rows), 'installation')} in period {period}"
    act.do(title, calls, {"issued": issued, "returned": returned}, [f"  {total}"])


def free_share(act: OfficerAct, period: int, issued: int) -> Effect:
    """Effect of all batches on the free share; raises where they exceed it together."""
    chain, scheme = act.chain, act.scheme
    vintage = chain.call("Schemes", "period", scheme, period).vintage
    free = chain.call("Schemes", "disclosure", scheme, vintage).freeT
    before = chain.call("Allocation", "freeIssuedOf", scheme, vintage)
    if before + issued > free:
        raise refused(
            "ALLOCATION_FREE_SHARE_EXCEEDED",
            before=before + issued,
            already=before,
            vintage=vintage,
            issued=issued,
            free=free,
        )
    what = f"free allowances of {vintage}, of {free:,} t disclosed"
    return Effect(what, f"{before:,} t", f"{before + issued:,} t")
