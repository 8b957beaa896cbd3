"""`tonne energy interval`, `bill`, `complain`: a customer's interval, bill, complaint, from the chain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import parse_day, table
from tonne.cli.core.session import Session, Signer
from tonne.cli.energy import day as energy_day
from tonne.cli.energy.line_window import require_time
from tonne.constants import DAY_S, HOUR_S
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.crypto.accounts import Account
    from tonne.meters.leaves import OpenedLeaf
    from tonne.power.line_requests import LineInquiry, ProvedLine
    from tonne.power.meter_bills import BilledMeter, MeterBill

Meter = Annotated[int, typer.Argument(help="Meter whose reader or owner you are.", min=1)]
Day = Annotated[str, typer.Option("--day", help="Day (UTC), e.g. 2026-04-15.")]
At = Annotated[
    str | None,
    typer.Option(
        help="Start of the interval (UTC), e.g. 18:30; default: the day's last, with its sums."
    ),
]
MINUTE_S: Final = 60
#: Grounds of a complaint after which it is told what was held against nothing.
UNHEARD: Final = ("none", "arithmetic")


@command(needs=Signer)
def interval(session: Signer, meter: Meter, day: Day, at: At = None) -> None:
    """Ask the operator for your line of an interval, or show it once it is answered.

    It is asked for in the first half of the window of the day's list, by the key of your account, which
    follows from your wallet's; so does the key that opens the answer. On chains with fees the account's key
    pays the gas. With the day's last line the one before it is asked for, which its sums are held against.
    """
    from tonne.power import bill_page, line_requests, meter_bills

    of = _meter(session, meter, day)
    number = interval_at(of.interval_s, day, at)
    asked = _request(session, of, number)
    if asked is None or (_is_over(session, asked) and _in_time(session, of, number)):
        _ask(session, of, number, with_ahead=of.ends_day(number))
        return
    found = line_requests.proved_line(
        session.chain, session.account.key, asked, session.first_block
    )
    data = {"meter": meter, "account": of.account, "interval": number, "deadline": asked.deadline}
    if found is None:
        until = session.local_time(asked.deadline)
        session.show(
            data | {"answered": False}, f"It was asked for; the operator has until {until}."
        )
        return
    row = bill_page.line_row(found, meter_bills.legs(session.chain, found), _when(of))
    session.show(
        data | {"answered": True, **_line_data(found)},
        table(f"Meter {meter}", bill_page.LINE_HEADS, [row]),
        "It is the line that the operator posted: it lies under the root of this interval on the chain.",
    )


@command(needs=Signer)
def bill(
    session: Signer,
    customers: Annotated[
        list[int] | None,
        typer.Argument(help="Customers of a simulated day; default: ten of all kinds."),
    ] = None,
    meter: Annotated[
        int | None, typer.Option(help="Meter whose reader or owner you are.", min=1)
    ] = None,
    day: Annotated[
        str | None,
        typer.Option(help="Day (UTC), e.g. 2026-04-15; default: the latest shown to you."),
    ] = None,
    page: Annotated[
        Path | None, typer.Option(help="Folder for the bill as a page to print.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Folder of a simulated day's report; default: the latest.")
    ] = None,
) -> None:
    """Show the bill of your meter's day by the line that the operator proved to you.

    Everything is read from the chain and opened by your key: no folder of the operator is needed. Without
    --meter, bills of customers of a simulated day, of its report.
    """
    if meter is None:
        energy_day.simulated_bills(session, customers, report)
        return
    from tonne.power import bill_page, meter_bills

    number = None if day is None else parse_day(day, "day")
    wallet = key_at_hand(session)
    found = meter_bills.own_bill(session.chain, wallet, meter, number, session.first_block)
    when = _when(found.of)
    lines = sorted([*found.shown, found.last], key=lambda shown: shown.interval)
    rows = [bill_page.line_row(x, meter_bills.legs(session.chain, x), when) for x in lines]
    said = bill_page.sentences(found)
    if found.left and not found.must_wait:
        said.append(f"To pay: tonne credit bill pay --meter {meter} --day {found.date}")
    if page is not None:
        _write(session, found, rows, page)
        said = [*said, f"The page to print: {page / 'index.html'}"]
    session.show(_bill_data(found), *said, table("\nIntervals", bill_page.LINE_HEADS, rows))


@command(needs=Signer)
def complain(
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
) -> None:
    """Complain about your line or its payment: a proved wrong fails; half the penalty is the account's.

    Grounds: an operator that was silent, an answer that is not your line, figures that are wrong, sums of the
    day that do not go on from the line before, a payment that is not what your lines come to. Where nothing
    was asked for yet, it asks, for the line before too: come back when they are answered or late. The half
    of an account that a supplier opened waits for the account's key: `tonne energy award`.
    """
    from tonne.power import asked_lines, complaints

    of = _meter(session, meter, day)
    interval = interval_at(of.interval_s, day, at)
    asked = _request(session, of, interval)
    if asked is None or (_is_over(session, asked) and _in_time(session, of, interval)):
        _ask(session, of, interval, with_ahead=True)
        return
    chain, key = session.chain, session.account.key
    opened = opened_reading(session, reading, challenge, key_file)
    leaf = None if opened is None else asked_lines.leaf_of(opened)
    ahead = _request_ahead(session, of, interval)
    found = complaints.about(chain, asked, key, session.first_block, leaf, ahead)
    data = {"meter": meter, "interval": interval, "ground": found.ground}
    if found.function is None:
        until = f" Time: until {session.local_time(found.until)}." if found.until else ""
        more = _unheard(session, of, interval, leaf, ahead) if found.ground in UNHEARD else []
        session.show(data | {"sent": False, "until": found.until}, found.says + until, *more)
        return
    receipt = session.send("PowerSettlement", found.function, *found.arguments)
    award = complaints.award_of(chain, receipt, of.account)
    session.show(
        data | {"sent": True, "transaction": receipt.hash, "account": of.account, "award": award},
        found.says,
        _award(of, award),
    )


def _award(of: BilledMeter, award: int) -> str:
    """The amount that a complaint brought, and whose it is."""
    from tonne.units.energy_credits import credits

    if not award:
        return f"Account {of.account} got nothing: no bond of the operator was left."
    said = f"Account {of.account} got {credits(award)} credits, half of the penalty."
    if of.payer_is_billed:
        return (
            f"{said} They wait for its key, and are not your supplier's:"
            " `tonne energy award --to ACCOUNT --keystore FILE`."
        )
    return f"{said} They are your own: `tonne energy pay-out CREDITS` moves them into your wallet."


def opened_reading(
    session: Session, receipt: Path | None, challenge: int | None, key_file: Path | None
) -> OpenedLeaf | None:
    """A reading's leaf, by its receipt or the oracle's answer to a challenge; None where neither is given.

    LINE_READING_UNREADABLE, LINE_READING_CHALLENGE.
    """
    from tonne.crypto.sealing import OneTimeKey
    from tonne.meters import asking
    from tonne.power import asked_lines

    if receipt is not None:
        return asked_lines.read_opened(receipt)
    if challenge is None and key_file is None:
        return None
    if challenge is not None and key_file is not None:
        answer = asking.answer_of(session.chain, challenge, OneTimeKey.read(key_file))
        if answer is not None and answer.is_good and answer.leaf is not None:
            return answer.leaf
    raise refused("LINE_READING_CHALLENGE", challenge=challenge)


def _unheard(
    session: Signer, of: BilledMeter, interval: int, leaf: Any, ahead: LineInquiry | None
) -> list[str]:
    """What was not held against anything yet, and how it is; asks for the line before where it still may."""
    said = []
    if ahead is None and not of.starts_day(interval):
        if _in_time(session, of, interval) and _send_request(session, of, interval - 1) is not None:
            said.append(
                "The line before it was not asked for yet, and is now: its sums are held against it. Give the"
                " same command again when it is answered."
            )
        else:
            said.append(
                "Its sums of the day were held against no line before it: none was asked for in time with"
                " this key."
            )
    if leaf is None:
        start = interval * of.interval_s
        said.append(
            "Its energy was held against no reading; a reading that is another could still convict: give its"
            f" receipt with --reading, which the oracle's operator writes (`tonne meters receipt {of.meter}"
            f" --start {start}`), or its answer with --challenge and --key."
            f" {time_to_ask(session, of.meter, start)}"
        )
    return said


def time_to_ask(session: Session, meter: int, start: int) -> str:
    """Until when an oracle is asked for a reading, which is ahead of the list."""
    node = session.chain.call("MeterOracle", "meter", meter).node
    terms, state = session.chain.call_many(
        [("MeterOracle", "node", (node,)), ("MeterOracle", "stateOf", (node, start))]
    )
    until = state.postedAt + terms.challengeS
    ask = f"`tonne meters ask --meter {meter} --start {start} --key FILE --as NAME`"
    if session.chain.now() <= until:
        return f"The oracle is asked until {session.local_time(until)}: {ask}."
    return (
        f"The oracle was to be asked until {session.local_time(until)} ({ask}): ahead of the list, for the"
        " intervals that you want to check."
    )


def key_at_hand(session: Signer) -> Account:
    """The account with the key that opens answers; raises LINE_NEEDS_KEY where a wallet elsewhere has it."""
    if session.wallet is not None:
        raise refused("LINE_NEEDS_KEY", wallet=session.wallet)
    return session.account


def _meter(session: Signer, meter: int, day: str) -> BilledMeter:
    """A meter with its account of a day."""
    from tonne.power import meter_bills

    return meter_bills.meter_of(session.chain, meter, key_at_hand(session), parse_day(day, "day"))


def interval_at(interval_s: int, day: str, at: str | None) -> int:
    """Number of the interval of a day that begins at a time of its clock; the day's last without one.

    LINE_NO_START where none begins then.
    """
    from tonne.power import line_requests

    number = parse_day(day, "day")
    if at is None:
        return line_requests.last_interval(number, interval_s)
    hours, _, minutes = at.partition(":")
    valid = hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60
    second = int(hours) * HOUR_S + int(minutes) * MINUTE_S if valid else 1
    if second % interval_s:
        raise refused("LINE_NO_START", start=at, interval_s=interval_s // MINUTE_S)
    return (number * DAY_S + second) // interval_s


def _request(session: Signer, of: BilledMeter, interval: int) -> LineInquiry | None:
    """The latest request of this key for the line of an interval."""
    from tonne.power import line_requests

    chain = session.chain
    found = [
        asked
        for asked in line_requests.requests_of(chain, of.account, session.first_block)
        if asked.place == (of.node, interval, of.account, of.by_key)
        and asked.is_of(session.account.key, chain.chain_id)
    ]
    return found[-1] if found else None


def _request_ahead(session: Signer, of: BilledMeter, interval: int) -> LineInquiry | None:
    """The request for the line before, of the same day, which still counts."""
    from tonne.power import meter_bills

    found = None if of.starts_day(interval) else _request(session, of, interval - 1)
    if found is None and not of.starts_day(interval):  # one that the node leaves out is told of
        meter_bills.asked_first(session.chain, of, interval - 1, session.first_block)
    return None if found is None or _is_over(session, found) else found


def _is_over(session: Signer, asked: LineInquiry) -> bool:
    """Whether the run that a request was made of, or its list, stands no more."""
    from tonne.power.asked_lines import Answered, reply_to

    chain = session.chain
    request = asked.opened_by(session.account.key, chain)
    return reply_to(chain, request, session.first_block).state is Answered.OVER


def _in_time(session: Signer, of: BilledMeter, interval: int) -> bool:
    """Whether it is early enough to ask for lines of an interval's day, and late enough."""
    try:
        require_time(session, of.node, of.day_of(interval), "")
    except TonneError:
        return False
    return True


def _send_request(session: Signer, of: BilledMeter, interval: int) -> int | None:
    """Sends a request by the account's key; its deadline [s], None where the chain would not take it."""
    from tonne.power import line_requests
    from tonne.power.shown_lines import point_of

    chain, about = session.chain, (of.node, interval, of.account)
    before = line_requests.requests_of(chain, of.account, session.first_block)
    attempt = sum(r.place == (*about, of.by_key) for r in before)
    secret = line_requests.secret_of(session.account.key, chain.chain_id, *about, attempt)
    call = ("PowerSettlement", "ask", (*about, *point_of(secret)))
    (taken,) = chain.call_many([call], check=False, sender=of.asker)
    if isinstance(taken, TonneError):
        return None
    chain.fund([of.asker])
    receipt = chain.send(of.asker, call[0], call[1], *call[2])
    return int(session.sent_event(receipt, "LineAsked")["deadline"])


def _ask(session: Signer, of: BilledMeter, interval: int, with_ahead: bool) -> None:
    """Asks for a line; where it is wanted for the one before it, too, which the sums are held against.

    LINE_NOT_YET, LINE_TOO_LATE, LINE_ASKED_BY_OTHER, LINE_NO_MEMBER.
    """
    from tonne.power import meter_bills

    again = f"tonne energy interval {of.meter} --day DAY --as NAME"
    require_time(session, of.node, of.day_of(interval), again)
    other = meter_bills.asked_first(session.chain, of, interval, session.first_block)
    if other is not None:
        raise other
    if with_ahead and not of.starts_day(interval):
        _send_request(session, of, interval - 1)
    deadline = _send_request(session, of, interval)
    if deadline is None:
        raise refused("LINE_NO_MEMBER", account=of.account, node=of.node)
    session.show(
        {
            "meter": of.meter,
            "account": of.account,
            "interval": interval,
            "deadline": deadline,
            "answered": False,
        },
        f"The line is asked for; the operator has until {session.local_time(deadline)}."
        " The same command shows it then.",
    )


def _when(of: BilledMeter) -> Callable[[int], str]:
    """How an interval is named: its start in UTC, by which days are settled."""
    from tonne.chain import clock

    return lambda interval: clock.shown(interval * of.interval_s, UTC)


def _line_data(found: ProvedLine) -> dict[str, Any]:
    line = found.line
    return {
        "index": found.index,
        "lines": found.totals.count,
        "meteredWh": line.metered_wh,
        "soldWh": line.sold_wh,
        "boughtWh": line.bought_wh,
        "lossWh": line.loss_wh,
        "net": line.net,
        "dayNet": line.day.net,
        "dayVolumeWh": line.day.volume_wh,
        "root": found.totals.lines,
        "run": found.transaction,
    }


def _bill_data(found: MeterBill) -> dict[str, Any]:
    return {
        "meter": found.of.meter,
        "account": found.of.account,
        "supplier": found.of.sponsor or None,
        "day": found.date.isoformat(),
        "listed": found.listed,
        "returned": found.returned,
        "byLine": found.by_line,
        "listFalse": found.is_list_false,
        "sumFalse": found.is_sum_false,
        "disputedUntil": found.disputed_until,
        "due": found.due,
        "payment": found.payment,
        "paid": found.paid,
        "line": _line_data(found.last),
        "intervals": [{"interval": x.interval, **_line_data(x)} for x in found.shown],
    }


def _write(session: Signer, found: MeterBill, rows: list[Any], folder: Path) -> None:
    from tonne.html_report import page
    from tonne.power import bill_page

    words = zip(("energy", "money", "day"), found.last.line.shown(), strict=False)
    told = [
        ("run of the operator", found.last.transaction),
        ("root of all lines", "0x" + found.last.totals.lines.hex()),
        ("line", f"{found.last.index} of {found.last.totals.count}, account {found.of.account}"),
        *((name, f"{word:#066x}") for name, word in words),
        ("salt", "0x" + found.last.line.salt.hex()),
        ("way to the root", "0x" + found.last.proof.hex()),
        *([("payment of the bill", found.payment)] if found.payment else []),
    ]
    chain = session.chain
    market = f"Chain {chain.chain_id}, PowerSettlement {chain['PowerSettlement'].address}."
    page.write(bill_page.page_of(found, rows, told, market), folder)
