"""Whether a run in the journal is the one that stands on the chain.

An older backup, or a copy of the daemon that ran beside this one with other readings or books, may have
kept another run of an interval than was posted. Whatever is built on it (the next run's sums, the day's
list, an answer) is false, and costs the bond.
"""

from __future__ import annotations

from oracles.power.settlement.journal import KeptRun, SettlementJournal
from tonne.chain.client import Chain
from tonne.errors import TonneError, refused
from tonne.power.standing import CONTRACT, commitment_of


def standing_run(chain: Chain, journal: SettlementJournal, node: int, interval: int) -> KeptRun:
    """The run of a node and interval that stands, with its lines.

    SETTLEMENT_RUN_UNKNOWN where the journal has none, SETTLEMENT_RUN_OTHER where it has another one.
    """
    run = journal.run(node, interval)
    about = f"The run of node {node}, interval {interval},"
    if run is None:
        raise TonneError(
            "SETTLEMENT_RUN_UNKNOWN",
            f"{about} is not in this journal.",
            field="journal",
            value=interval,
            remedy="Restore the newest backup, or start the copy that posted it.",
        )
    posted = chain.call(CONTRACT, "intervalOf", node, interval).commitment
    if posted != commitment_of(run.totals):
        raise refused("SETTLEMENT_RUN_OTHER", interval=interval, about=about)
    return run
