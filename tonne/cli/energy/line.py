"""`tonne energy line`: a customer's own line of an interval, asked for, shown and disputed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import WHO
from tonne.cli.core.session import Keeper, Session, Signer
from tonne.cli.energy.line_window import require_not_asked, require_time
from tonne.constants import DAY_S
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.power.asked_lines import AskedLine, LineReply

app = typer.Typer(
    help="Your own line of a settled interval: ask for it, read it, dispute a false one.",
    no_args_is_help=True,
)

File = Annotated[Path, typer.Argument(help="File of the request; its secret is yours alone.")]

#: A state in words.
SAID: Final = {
    "open": "It is not answered yet.",
    "silent": "It was not answered in time: `tonne energy dispute FILE`.",
    "shown": "",
    "false": "The answer is no line of this account: `tonne energy dispute FILE`.",
    "over": "The chain has no such request: its run or list fell, or it was never sent. Ask again once a list"
    " stands: `tonne energy line ask --help`.",
}


@app.command()
@command(needs=Signer)
def ask(
    session: Signer,
    file: File,
    account: Annotated[
        str, typer.Option(help=f"Its account. Number, address of a pseudonym, or: {WHO}")
    ],
    node: Annotated[int, typer.Option(help="Node of the market.", min=0, max=255)],
    since: Annotated[str, typer.Option(help="Start of the interval, e.g. 2026-06-01T12:00.")],
) -> None:
    """Ask who settles for an account's line, in the first half of the window of the day's list.

    The answer is encrypted to a key that is drawn here and kept in the file.
    """
    from dataclasses import replace

    from tonne.chain.reverts import ChainError
    from tonne.cli.energy import trade_terms as terms
    from tonne.power.asked_lines import AskedLine

    step = terms.interval_s(session)
    interval = terms.time_of(session, since, step) // step
    number = _account(session, account)
    by_key = session.chain.call("PowerMarket", "pseudonymOf", session.account) == number
    made = AskedLine.make(session.chain, node, interval, number, by_key=by_key)
    _require_askable(session, file, made, interval * step // DAY_S)
    made.write(file)  # before it is sent: an answer without its secret is of no use
    try:
        sent = session.send("PowerSettlement", "ask", *made.about, *made.point)
    except ChainError:  # refused: nothing will be answered
        file.unlink()
        raise
    deadline = session.sent_event(sent, "LineAsked")["deadline"]
    replace(made, deadline=deadline).write(file)
    session.show(
        {"file": str(file), "deadline": deadline, "transaction": sent.hash},
        f"It has to be shown until {session.local_time(deadline)}.",
        f"Read it: tonne energy line show {file}",
    )


@app.command()
@command(needs=Session)
def show(session: Session, file: File) -> None:
    """Show a line that was asked for, decrypted and held against its run: one page in plain words."""
    request, reply = read(session, file)
    data: dict[str, Any] = {
        "node": request.node,
        "interval": request.interval,
        "account": request.account,
        "state": reply.state.value,
        "deadline": reply.deadline,
    }
    if reply.line is None:
        session.show(data, SAID[reply.state.value].replace("FILE", str(file)))
        return
    from tonne.power.asked_lines import told

    data |= {**told(reply.line), "cleared": reply.totals.cleared}
    session.show(data, *_page(session, request, reply))


@command(needs=Keeper)
def dispute(
    session: Keeper,
    file: File,
    ahead: Annotated[
        Path | None,
        typer.Option("--ahead", help="Request for the line of the interval before, answered."),
    ] = None,
    reading: Annotated[
        Path | None,
        typer.Option(help="Receipt of the meter's reading in that interval, from its oracle."),
    ] = None,
) -> None:
    """Dispute a line that was asked for: silence, a false answer, false figures or payment.

    The chain is asked first, so that nothing is sent that it would refuse. Half of the penalty is the
    account's. Open to all who have the file.
    """
    from tonne.power import asked_lines as asked

    request, reply = read(session, file)
    before = None
    if ahead is not None:
        before = _line_ahead(session, request, ahead)
    leaf = asked.read_leaf(reading) if reading else None
    calls = asked.disputes_of(session.chain, request, reply, session.first_block, before, leaf)
    for call in calls:
        if asked.holds(session.chain, call, session.account):
            sent = session.send("PowerSettlement", call[0], *call[1])
            what = "list" if call[0] == "disputePayment" else "run"
            session.show(
                {"dispute": call[0], "falls": what, "transaction": sent.hash},
                f"The {what} is false and does not stand any more ({call[0]}).",
            )
            return
    raise _not_false(
        session,
        file,
        request,
        reply,
        [name for name, given in (("--ahead", ahead), ("--reading", reading)) if given is None],
    )


def _line_ahead(session: Session, request: AskedLine, file: Path) -> Any:
    """The account's line of the interval before (`ShownLine`); LINE_AHEAD_UNFIT where it is another."""
    earlier, reply = read(session, file)
    node, interval, account = request.about
    if earlier.about != (node, interval - 1, account):
        said = "It is of another account, node or interval than the one before."
        remedy = (
            f"Give the request for account {account}, node {node}, of the interval just before."
        )
    elif reply.shown is None:
        said = SAID[reply.state.value].replace("FILE", str(file))
        remedy = f"`tonne energy line show {file}` tells when it is there."
    else:
        return reply.shown
    raise TonneError("LINE_AHEAD_UNFIT", said, field="ahead", value=str(file), remedy=remedy)


def _not_false(
    session: Session, file: Path, request: AskedLine, reply: LineReply, missing: list[str]
) -> TonneError:
    """That nothing is false, and which file would show more."""
    from tonne.cli.energy import trade_terms as terms

    said, remedy = "Nothing of it is false, as far as these files show.", ""
    if reply.state.value == "open":
        until = session.local_time(reply.deadline)
        said = f"It is not answered yet; who settles has until {until}."
        remedy = f"After that silence is false: `tonne energy dispute {file}`."
    elif reply.state.value == "over":
        said = remedy = SAID["over"]
    elif request.interval * terms.interval_s(session) % DAY_S == 0:
        missing = [name for name in missing if name != "--ahead"]  # sums begin with the day
    more = {
        "--ahead": "the line before with --ahead",
        "--reading": "the meter's reading with --reading",
    }
    give = ", ".join(more[name] for name in missing)
    shown = f"`tonne energy line show {file}` has its figures."
    remedy = remedy or (f"Give {give}. {shown}" if give else shown)
    return TonneError("LINE_NOT_FALSE", said, field="file", value=str(file), remedy=remedy)


def read(session: Session, file: Path) -> tuple[AskedLine, LineReply]:
    """A request's file, and its answer."""
    from tonne.power import asked_lines as asked

    request = asked.read_request(file, session.chain)
    return request, asked.reply_to(session.chain, request, session.first_block)


def _require_askable(session: Signer, file: Path, made: AskedLine, day: int) -> None:
    """Refuses a request ahead of its file, which none that was never sent is to leave behind."""
    if file.exists():
        raise refused("LINE_REQUEST_THERE", file=str(file))
    session.account  # noqa: B018  # a key that is missing is found here
    about = f"--account {made.account} --node {made.node}"
    again = f"tonne energy line ask FILE {about} --since START --as NAME"
    require_time(session, made.node, day, again)
    require_not_asked(session, day, *made.place)


def _account(session: Session, who: str) -> int:
    """Number of an account: itself, that of a pseudonym, or of a participant."""
    from tonne.cli.energy.market_account import account_of

    return int(who) if who.isdigit() else int(account_of(session, who))


def _page(session: Session, request: AskedLine, reply: LineReply) -> list[str]:
    """A line for its customer."""
    from tonne.cli.energy import trade_terms as terms
    from tonne.units.energy_credits import credits

    line, step = reply.line, terms.interval_s(session)
    assert line is not None
    start = request.interval * step
    taken, given = max(-line.metered_wh, 0), max(line.metered_wh, 0)
    missing = line.imbalance_wh
    verb = "pays" if line.net < 0 else "gets"
    return [
        f"Account {line.account} at node {request.node}",
        f"{session.local_time(start)} to {session.local_time(start + step)}",
        "",
        f"Your meter: {taken:,} Wh taken, {given:,} Wh given.",
        f"Your bids: {line.bought_wh:,} Wh bought, {line.sold_wh:,} Wh sold, at"
        f" {reply.totals.cleared / 1e6:.4f} credits/kWh.",
        f"Your agreed trades: {line.traded_wh:+,} Wh (sold less bought).",
        f"Your share of the losses: {line.loss_wh:,} Wh.",
        f"Not as agreed: {missing:+,} Wh; energy that is missing costs {reply.totals.shortPays / 1e6:.4f},"
        f" energy left over brings {reply.totals.longGets / 1e6:.4f} credits/kWh.",
        f"The account {verb} {credits(abs(line.net))} credits for this interval, fees included;"
        f" since midnight (UTC) {credits(line.day.net)}.",
        "",
        f"Line {reply.shown[1] if reply.shown else 0} of {reply.totals.count}, in the run's root"
        f" 0x{reply.totals.lines.hex()[:44]}: checked.",
    ]
