"""`tonne energy reading`: on whose account's line the reading of one's own meter is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.session import Signer
from tonne.cli.energy.line_window import require_time
from tonne.cli.energy.meter_bill import (
    At,
    Day,
    interval_at,
    key_at_hand,
    opened_reading,
    time_to_ask,
)
from tonne.constants import EPOCH
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.meters.leaves import OpenedLeaf
    from tonne.power.asked_readings import EnteredMeter, ReadingInquiry, ReadingReply

app = typer.Typer(
    help="On whose account's line your meter's reading is: ask, read the answer, dispute a false one.",
    no_args_is_help=True,
)

Meter = Annotated[int, typer.Argument(help="Meter that you own.", min=1)]

#: Of the window: there is time left to ask for the line of the account that is named.
QUARTER: Final = 4
#: Whose account was named, in words.
SAID: Final = {
    "open": "It is not answered yet; the operator has until {until}.",
    "silent": "It was not answered in time: with the meter's reading the run is false.",
    "own": "The operator names account {account}, which is yours.",
    "idle": "The operator names account {account}, which is yours and has no line there: with the meter's"
    " reading the run is false.",
    "other": "The operator names account {account}, which is not yours: with the meter's reading the run is"
    " false.",
    "none": "The operator names no account. That is right where the interval has no reading of this meter;"
    " with its reading the run is false.",
    "over": "The run or the list that it was asked of does not stand any more; it is asked again once a new"
    " list is posted.",
}


@app.command()
@command(needs=Signer)
def enter(session: Signer, meter: Meter) -> None:
    """Enter a meter at its node, for the days from tomorrow on: its reading then belongs on a line of yours.

    For each meter that is entered you need an account of your own there. It is entered once.
    """
    from tonne.power import asked_readings as asked

    chain = session.chain
    node = asked.nodes_of(chain, meter)[0]
    asked.require_owner(chain, meter, session.account.address)
    entered = chain.call("PowerSettlement", "enteredAt", node, meter)
    if entered.owner != session.participant:
        _require_account(session, node, meter)
        session.send("PowerSettlement", "enter", node, [meter])
        entered = chain.call("PowerSettlement", "enteredAt", node, meter)
    since = EPOCH + timedelta(days=entered.since)
    session.show(
        {"meter": meter, "node": node, "owner": entered.owner, "since": since.isoformat()},
        f"Meter {meter} is entered at node {node}, for the days from {since} (UTC) on.",
    )


@app.command()
@command(needs=Signer)
def ask(session: Signer, meter: Meter, day: Day, at: At = None) -> None:
    """Ask on whose account's line your meter's reading is, in the first quarter of the list's window.

    Were it on a line of another's, you would not see it: you are shown your own lines alone. It is asked once
    a list. The key that opens the answer follows from your wallet's.
    """
    from tonne.power import asked_readings as asked
    from tonne.power.shown_lines import point_of

    chain, key = session.chain, key_at_hand(session).key
    of, number = _place(session, meter, day, at)
    asked.require_entered_by(chain, of, session.account.address, number)
    again = f"tonne energy reading ask {meter} --day DAY --as NAME"
    require_time(session, of.node, of.day_of(number), again, QUARTER)
    present = asked.present_request(chain, of, number, session.first_block)
    if present is not None:
        raise _asked_before(session, of, present)
    place = (of.node, number, meter)
    before = asked.requests_of(chain, *place, session.first_block)
    point = point_of(asked.secret_of(key, chain.chain_id, *place, len(before)))
    sent = session.send("PowerSettlement", "askReading", *place, *point)
    deadline = session.sent_event(sent, "ReadingAsked")["deadline"]
    session.show(
        {"meter": meter, "node": of.node, "interval": number, "deadline": deadline},
        f"It is asked; the operator has until {session.local_time(deadline)}.",
        f"Read the answer: tonne energy reading show {meter} --day {of.on(number)} --at {of.at(number)}",
    )


@app.command()
@command(needs=Signer)
def show(session: Signer, meter: Meter, day: Day, at: At = None) -> None:
    """Show the account that the operator named, opened by your wallet's key, and whether it is yours."""
    of, number = _place(session, meter, day, at)
    request, reply = _reply(session, of, number)
    said = [_said(session, request, reply)]
    if reply.state.value == "own":
        said.append(f"Whether its line is on this reading, its line tells: {_command(of, number)}")
    elif reply.state.value in ("silent", "idle", "other", "none"):
        said.append(f"To dispute it: {_command(of, number)}")
    session.show(_data(request, reply), *said)


@app.command()
@command(needs=Signer)
def dispute(
    session: Signer,
    meter: Meter,
    day: Day,
    at: At = None,
    reading: Annotated[
        Path | None,
        typer.Option(help="Receipt of the meter's reading in that interval, from its oracle."),
    ] = None,
    challenge: Annotated[
        int | None,
        typer.Option(help="Or the oracle's answer to this challenge of `tonne meters ask`.", min=1),
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option("--key", help="File of the challenge's one-time key.")
    ] = None,
    line_file: Annotated[
        Path | None,
        typer.Option(
            "--line",
            help="Request for the line of the account that was named, answered; default: the one that"
            " `tonne energy interval` asked for with this wallet.",
        ),
    ] = None,
) -> None:
    """Dispute that your meter's reading is on no line of yours: silence, no account, another's, a wrong one.

    The chain is asked first, so that nothing is sent that it would refuse. The run falls, and half of the
    penalty is yours.
    """
    from tonne.power import asked_lines, complaints
    from tonne.power import asked_readings as asked

    chain, key = session.chain, key_at_hand(session).key
    of, number = _place(session, meter, day, at)
    request, reply = _reply(session, of, number)
    opened = opened_reading(session, reading, challenge, key_file)
    if reply.state.value in ("open", "over"):
        raise _not_false(session, of, request, reply)
    opened = _its_reading(session, of, request, reply, opened)
    shown = None
    if reply.state.value == "own":
        shown = _its_line(session, of, request, reply, line_file)
        if shown[1] == opened.index:
            raise _not_false(session, of, request, reply, "Its line is on this reading.")
    call = asked.dispute_of(chain, key, request, reply, opened, shown)
    if not asked_lines.holds(chain, call, session.account):
        late = complaints.closed_since(chain, of.node, number)
        raise _not_false(session, of, request, reply, _why_not(session, late))
    sent = session.send("PowerSettlement", call[0], *call[1])
    award = complaints.award_of(chain, sent, of.owner)
    session.show(
        {
            **_data(request, reply),
            "falls": "run",
            "transaction": sent.hash,
            "owner": of.owner,
            "award": award,
        },
        f"The run is false and does not stand any more: {_why(reply)}.",
        _award(of, award),
    )


def _place(session: Signer, meter: int, day: str, at: str | None) -> tuple[EnteredMeter, int]:
    """The meter as it was entered, and the number of the interval."""
    from tonne.power import asked_readings as asked

    of = asked.entered_meter(session.chain, meter)
    return of, interval_at(of.interval_s, day, at)


def _reply(session: Signer, of: EnteredMeter, number: int) -> tuple[ReadingInquiry, ReadingReply]:
    """The request of this key, and what became of it."""
    from tonne.power import asked_readings as asked

    chain, key = session.chain, key_at_hand(session).key
    request = asked.own_request(chain, key, of, number, session.first_block)
    return request, asked.reply_to(chain, key, request, session.first_block)


def _command(of: EnteredMeter, number: int) -> str:
    """The dispute of a reading's account."""
    on, at = of.on(number), of.at(number)
    return (
        f"tonne energy reading dispute {of.meter} --day {on} --at {at} --reading RECEIPT --as NAME"
    )


def _data(request: ReadingInquiry, reply: ReadingReply) -> dict[str, Any]:
    return {
        "meter": request.meter,
        "node": request.node,
        "interval": request.interval,
        "state": reply.state.value,
        "account": reply.account,
        "deadline": request.deadline,
    }


def _said(session: Signer, request: ReadingInquiry, reply: ReadingReply) -> str:
    until = session.local_time(request.deadline)
    return SAID[reply.state.value].format(until=until, account=reply.account)


def _why(reply: ReadingReply) -> str:
    """The ground of a dispute that the chain took."""
    return {
        "silent": "the operator did not answer in time",
        "none": "the reading is there, and the operator names no account",
        "idle": f"account {reply.account} has no line in this interval",
        "other": f"the reading is on account {reply.account}, which is not yours",
        "own": f"the line of account {reply.account} is on another reading",
    }[reply.state.value]


def _why_not(session: Signer, late: int) -> str:
    """Why the chain does not take a dispute that the files bear out."""
    if late:
        return f"The day's list could be disputed until {session.local_time(late)}."
    return "The chain does not take it."


def _award(of: EnteredMeter, award: int) -> str:
    from tonne.units.energy_credits import credits

    if not award:
        return f"Account {of.owner} got nothing: no bond of the operator was left."
    return (
        f"Account {of.owner} got {credits(award)} credits, half of the penalty:"
        " `tonne energy pay-out CREDITS` moves them into your wallet."
    )


def _require_account(session: Signer, node: int, meter: int) -> None:
    """READING_NO_ACCOUNT where an owner has no account at the node for one more meter."""
    own = session.chain.call("PowerSettlement", "ownerAt", node, session.participant)
    if own.meters < own.accounts:
        return
    raise refused(
        "READING_NO_ACCOUNT",
        meter=meter,
        participant=session.participant,
        accounts=own.accounts,
        node=node,
        meters=own.meters,
    )


def _asked_before(session: Signer, of: EnteredMeter, present: ReadingInquiry) -> TonneError:
    """READING_ASKED_BEFORE, READING_ASKED_BY_OTHER."""
    from tonne.power import asked_readings as asked

    if not present.is_of(key_at_hand(session).key, session.chain.chain_id):
        return asked.asked_by_other(of, present)
    return refused(
        "READING_ASKED_BEFORE",
        meter=of.meter,
        deadline=session.local_time(present.deadline),
        day=of.on(present.interval),
        time=of.at(present.interval),
    )


def _its_reading(
    session: Signer,
    of: EnteredMeter,
    request: ReadingInquiry,
    reply: ReadingReply,
    opened: OpenedLeaf | None,
) -> OpenedLeaf:
    """The meter's reading under the root of the run; READING_NEEDED, READING_OTHER."""
    from tonne.power import asked_readings as asked

    start = of.start(request.interval)
    receipt = f"`tonne meters receipt {of.meter} --start {start}`"
    if opened is None:
        raise refused(
            "READING_NEEDED",
            reason=_said(session, request, reply),
            receipt=receipt,
            time_to_ask=time_to_ask(session, of.meter, start),
        )
    if opened.meter == of.meter and asked.is_counted(reply, opened):
        return opened
    raise TonneError(
        "READING_OTHER",
        f"It is a reading of meter {opened.meter}."
        if opened.meter != of.meter
        else "It is a reading of another interval, or one that the run was not made from.",
        field="reading",
        value=opened.meter,
        remedy=f"Give the receipt of meter {of.meter} of the interval: {receipt}.",
    )


def _its_line(
    session: Signer,
    of: EnteredMeter,
    request: ReadingInquiry,
    reply: ReadingReply,
    file: Path | None,
) -> tuple[Any, ...]:
    """The line of the account that was named (`ShownLine`); READING_LINE_NEEDED, READING_LINE_UNFIT."""
    from tonne.cli.energy import line
    from tonne.power import asked_readings as asked

    assert reply.account is not None
    if file is not None:
        wanted, its = line.read(session, file)
        if wanted.about != (of.node, request.interval, reply.account):
            raise TonneError(
                "READING_LINE_UNFIT",
                "It is of another account, node or interval than the one that was named.",
                field="line",
                value=str(file),
                remedy=_ask_line(of, request, reply),
            )
    else:
        its_own = asked.line_of(
            session.chain, key_at_hand(session).key, request, reply.account, session.first_block
        )
        if its_own is None:
            raise TonneError(
                "READING_LINE_NEEDED",
                f"{_said(session, request, reply)} Whether its line is on this reading, its line tells.",
                field="line",
                remedy=_ask_line(of, request, reply),
            )
        its = its_own
    if its.shown is None:
        raise TonneError(
            "READING_LINE_UNFIT",
            line.SAID[its.state.value].replace("FILE", str(file)),
            field="line",
            value=str(file),
            remedy=f"`tonne energy line show {file}` tells when it is there.",
        )
    return its.shown


def _ask_line(of: EnteredMeter, request: ReadingInquiry, reply: ReadingReply) -> str:
    """How the line of an account that was named is asked for."""
    since = datetime.fromtimestamp(of.start(request.interval), UTC).strftime("%Y-%m-%dT%H:%MZ")
    return (
        f"Ask for its line: `tonne energy line ask FILE --account {reply.account} --node {of.node}"
        f" --since {since} --as NAME`, and give the file by --line once it is answered."
    )


def _not_false(
    session: Signer,
    of: EnteredMeter,
    request: ReadingInquiry,
    reply: ReadingReply,
    why: str = "",
) -> TonneError:
    """READING_NOT_FALSE, and what could be given."""
    on, at = of.on(request.interval), of.at(request.interval)
    remedy = (
        f"`tonne energy reading show {of.meter} --day {on} --at {at} --as NAME` has the answer."
    )
    if reply.state.value == "open":
        remedy = (
            f"After that silence is false: `tonne energy reading dispute {of.meter} --day {on} --at {at}"
            " --reading FILE --as NAME`."
        )
    elif reply.state.value == "over":
        remedy = (
            "Once a list stands:"
            f" `tonne energy reading ask {of.meter} --day {on} --at {at} --as NAME`."
        )
    return TonneError(
        "READING_NOT_FALSE",
        f"{_said(session, request, reply)} {why}".strip(),
        field="meter",
        value=of.meter,
        remedy=remedy,
    )
