"""`tonne energy interval`, `bill`, `complain`: a customer's interval, bill, complaint, from the chain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import parse_day, table
from tonne.cli.core.session import Signer
from tonne.cli.energy import day as energy_day
from tonne.cli.energy.line_window import require_time
from tonne.constants import DAY_S, HOUR_S
from tonne.errors import TonneError

if TYPE_CHECKING:
    from tonne.crypto.accounts import Account
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


@command(needs=Signer)
def interval(session: Signer, meter: Meter, day: Day, at: At = None) -> None:
    """Ask the operator for your line of an interval, or show it once it is answered.

    It is asked for in the first half of the window of the day's list, by the key of your account, which
    follows from your wallet's; so does the key that opens the answer. On chains with fees the account's key
    pays the gas.
    """
    from tonne.power import bill_page, line_requests, meter_bills

    of = _meter(session, meter)
    number = _interval(of, day, at)
    asked = _request(session, of, number)
    if asked is None:
        _ask(session, of, number)
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
    if found.due and found.payment is None:
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
) -> None:
    """Complain about your line or its payment: a proved wrong fails, and half the penalty is yours.

    Grounds: an operator that was silent, an answer that is not your line, figures that are wrong, a payment
    that is not what your lines come to. Where nothing was asked for yet, it asks: come back when it is
    answered or late.
    """
    from tonne.power import asked_lines, complaints

    of = _meter(session, meter)
    interval = _interval(of, day, at)
    asked = _request(session, of, interval)
    if asked is None:
        _ask(session, of, interval)
        return
    chain, key = session.chain, session.account.key
    leaf = asked_lines.read_leaf(reading) if reading else None
    found = complaints.about(chain, asked, key, session.first_block, leaf)
    data = {"meter": meter, "interval": interval, "ground": found.ground}
    if found.function is None:
        session.show(data | {"sent": False}, found.says)
        return
    receipt = session.send("PowerSettlement", found.function, *found.arguments)
    session.show(data | {"sent": True, "transaction": receipt.hash}, found.says)


def key_at_hand(session: Signer) -> Account:
    """The account with the key that opens answers; raises LINE_NEEDS_KEY where a wallet elsewhere has it."""
    if session.wallet is not None:
        raise TonneError(
            "LINE_NEEDS_KEY",
            "The answer is opened by your key, which a wallet elsewhere does not give.",
            field="wallet",
            value=session.wallet,
            remedy="Give --keystore FILE.",
        )
    return session.account


def _meter(session: Signer, meter: int) -> BilledMeter:
    from tonne.power import meter_bills

    return meter_bills.meter_of(session.chain, meter, key_at_hand(session))


def _interval(of: BilledMeter, day: str, at: str | None) -> int:
    """Number of the interval of a day that begins at a time of its clock; the day's last without one."""
    from tonne.power import line_requests

    number = parse_day(day, "day")
    if at is None:
        return line_requests.last_interval(number, of.interval_s)
    hours, _, minutes = at.partition(":")
    valid = hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60
    second = int(hours) * HOUR_S + int(minutes) * MINUTE_S if valid else 1
    if second % of.interval_s:
        raise TonneError(
            "LINE_NO_START",
            "No interval of the market begins then.",
            field="at",
            value=at,
            remedy=f"Write HH:MM, every {of.interval_s // MINUTE_S} minutes from 00:00 UTC, e.g. --at 18:00.",
        )
    return (number * DAY_S + second) // of.interval_s


def _request(session: Signer, of: BilledMeter, interval: int) -> LineInquiry | None:
    """The latest request of this key for the line of an interval."""
    from tonne.power import line_requests

    chain = session.chain
    found = [
        asked
        for asked in line_requests.requests_of(chain, of.account, session.first_block)
        if (asked.node, asked.interval) == (of.node, interval)
        and asked.is_of(session.account.key, chain.chain_id)
    ]
    return found[-1] if found else None


def _ask(session: Signer, of: BilledMeter, interval: int) -> None:
    """Sends the request by the account's key."""
    from tonne.power import line_requests
    from tonne.power.shown_lines import point_of

    chain, about = session.chain, (of.node, interval, of.account)
    again = f"tonne energy interval {of.meter} --day DAY --as NAME"
    require_time(session, of.node, of.day_of(interval), again)
    before = line_requests.requests_of(chain, of.account, session.first_block)
    attempt = sum((r.node, r.interval, r.account) == about for r in before)
    secret = line_requests.secret_of(session.account.key, chain.chain_id, *about, attempt)
    chain.fund([of.asker])
    receipt = chain.send(of.asker, "PowerSettlement", "ask", *about, *point_of(secret))
    deadline = session.sent_event(receipt, "LineAsked")["deadline"]
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
        "due": found.due,
        "payment": found.payment,
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
