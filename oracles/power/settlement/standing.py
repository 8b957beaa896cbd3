"""Whether a run in the journal is the valid one on the chain.

An older backup, or a second copy of the daemon with other readings or books, may have
kept another run of an interval than the posted one. Anything built on it (the next run's sums, the day's
list, an answer) is false and costs the bond.
"""

from __future__ import annotations

from oracles.power.settlement.journal import KeptRun, SettlementJournal
from tonne.chain.client import Chain
from tonne.errors import TonneError, refused
from tonne.power.standing import CONTRACT, commitment_of


def standing_run(chain: Chain, journal: SettlementJournal, node: int, interval: int) -> KeptRun:
    """The valid run of a node and interval, with its lines.

    Raises SETTLEMENT_RUN_UNKNOWN if the journal lacks it, SETTLEMENT_RUN_OTHER if it has another one.
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
