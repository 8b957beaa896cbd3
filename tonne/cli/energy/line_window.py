"""When a line, or the account of a reading, can be asked for: while the window of a list is new, once."""

from __future__ import annotations

from datetime import timedelta

from tonne.cli.core.session import Session
from tonne.constants import EPOCH
from tonne.errors import TonneError, refused


def require_time(session: Session, node: int, day: int, again: str, part: int = 2) -> None:
    """Raises LINE_NOT_YET, LINE_TOO_LATE outside the time in which lines of a day are asked for.

    `again` is the command that asks for a line of a later day; `part` of the window it is taken in: a half.
    """
    chain, on = session.chain, EPOCH + timedelta(days=day)
    state = chain.call("PowerSettlement", "listOf", node, day)
    until = state.postedAt + chain.call("PowerSettlement", "WINDOW") // part
    if state.complete and chain.now() <= until:
        return
    late = state.complete
    raise TonneError(
        "LINE_TOO_LATE" if late else "LINE_NOT_YET",
        f"Lines of this day were shown to who asked until {session.local_time(until)}."
        if late
        else "The day's list of payments is not posted yet; lines are asked for when it is.",
        field="day",
        value=on.isoformat(),
        remedy=f"Ask while a later day's list is new: `{again}`."
        if late
        else f"Come back within half the window from then on: `tonne energy settle show {node} {on}` tells.",
    )


def require_not_asked(
    session: Session, day: int, node: int, interval: int, account: int, by_key: bool
) -> None:
    """Raises LINE_ASKED_BEFORE where the line was asked for under the day's list, by the same side."""
    asked, list_, its = session.chain.call_many(
        [
            ("PowerSettlement", "askOf", (node, interval, account, by_key)),
            ("PowerSettlement", "listOf", (node, day)),
            ("PowerSettlement", "dayOf", (node, day)),
        ]
    )
    if not asked.deadline or asked.listAt != list_.postedAt + its.failures:
        return
    raise refused("LINE_ASKED_BEFORE", account=account, deadline=session.local_time(asked.deadline))
