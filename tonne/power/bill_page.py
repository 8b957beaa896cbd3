"""A meter's bill as one page to print: the amount, its parts and its proof, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Final

from tonne.chain import clock
from tonne.html_report.data_files import Column, DataTable
from tonne.html_report.page import Facts, Page, PageTable, Section, Text
from tonne.power.line_requests import ProvedLine
from tonne.power.meter_bills import LineLegs, MeterBill
from tonne.units.energy_credits import credits

#: [Wh] of a kWh.
KWH: Final = 1_000


def kwh(energy_wh: int) -> str:
    """Energy [Wh] as text in kWh."""
    return f"{energy_wh / KWH:,.3f} kWh"


def sentences(bill: MeterBill) -> list[str]:
    """The bill in plain words, as the terminal and the page have it."""
    line, of = bill.last.line, bill.of
    said = [
        f"Meter {of.meter} measured {kwh(line.day.volume_wh)} on {bill.date:%A, %d %B %Y}, from midnight to"
        " midnight UTC; energy taken and energy fed in are added.",
        _worth(bill.listed),
        _how_to_check(bill),
    ]
    if bill.is_sum_false:
        said.append(
            f"YOUR SUMS ARE FALSE. The day's last line does not go on from the one before it. {_remedy(bill)}"
        )
    if bill.is_list_false:
        said.append(_false_list(bill))
    elif bill.returned:
        said.append(
            f"Your lines of the day come to {signed(line.day.net)} credits; {credits(bill.returned)} more are"
            " your part of the day's surplus, which goes back by metered energy. The list has both."
        )
    if not of.payer_is_billed:
        when = "was" if bill.is_paid_out else "will be"
        said.append(
            f"It {when} settled with your own account {of.account}: there is no bill to pay."
        )
    elif bill.payment is not None:
        said.append(_paid(bill))
    elif bill.must_wait:
        said.append("Pay nothing yet: complain first, and pay by the next list.")
    elif bill.due:
        said.append(
            f"Participant {of.sponsor}, your supplier, settled it for you."
            f" You owe {credits(bill.due)} credits."
        )
    else:
        said.append(
            f"Participant {of.sponsor}, your supplier, has it for you:"
            f" it owes you {credits(bill.listed)} credits."
        )
    return said


def _false_list(bill: MeterBill) -> str:
    """That the list has another amount than the account's line."""
    part = (
        f", {credits(bill.returned)} of the day's surplus included that go back to you"
        if bill.returned
        else ""
    )
    return (
        f"THE LIST IS FALSE. It has {signed(bill.listed)} credits for your account {bill.of.account}; your"
        f" own line, proved on the chain, comes to {signed(bill.by_line)}{part}. They differ by"
        f" {credits(abs(bill.listed - bill.by_line))} credits. {_remedy(bill)}"
    )


def _remedy(bill: MeterBill) -> str:
    """How a false day is complained of, and until when."""
    until = clock.shown(bill.disputed_until, UTC)
    if not bill.is_open:
        return (
            f"Its window closed {until}: it stands, and cannot be disputed on the chain any more."
        )
    return f"Complain until {until}: tonne energy complain {bill.of.meter} --day {bill.date}"


def _paid(bill: MeterBill) -> str:
    """The sum that was really paid, which may be of a list that fell since, and the difference."""
    paid, due = credits(bill.paid), credits(bill.due)
    if bill.paid > bill.due:
        more = credits(bill.paid - bill.due)
        return (
            f"You paid {paid} credits. By the list that stands now the bill is {due}: you paid {more} too"
            f" much, which participant {bill.of.sponsor}, your supplier, owes you."
        )
    if bill.left:
        return f"You paid {paid} of {due} credits: {credits(bill.left)} are left to pay."
    return f"You paid {paid} credits. Nothing is left to pay."


def _how_to_check(bill: MeterBill) -> str:
    taken, fed_in = map(credits, bill.fees)
    return (
        f"The grid's fee was {taken} credits per kWh taken and {fed_in} per kWh fed in. The day is proved as"
        " a whole; while it can be disputed you may ask for each interval's energy, losses and price: tonne"
        f" energy interval {bill.of.meter} --day {bill.date} --at HH:MM (UTC)."
    )


def _worth(listed: int) -> str:
    if listed < 0:
        return f"All of the day comes to {credits(-listed)} credits to pay, grid fees included."
    return f"All of the day comes to {credits(listed)} credits in your favour, grid fees included."


def line_row(
    shown: ProvedLine, parts: LineLegs, when: Callable[[int], str]
) -> tuple[str, str, str, str, str, str, str]:
    """An interval of the customer's: when, energy taken and fed in, loss, price, amounts of energy and fee.

    The price times energy taken and lost, less fed in, is the amount of energy.
    """
    line = shown.line
    energy, amount = line.metered_wh - line.loss_wh, parts.agreed + parts.imbalance
    return (
        when(shown.interval),
        f"{max(-line.metered_wh, 0) / KWH:.3f}",
        f"{max(line.metered_wh, 0) / KWH:.3f}",
        f"{line.loss_wh / KWH:.3f}",
        f"{Decimal(amount) / energy / KWH:.4f}" if energy else "-",
        signed(amount),
        signed(parts.fee),
    )


#: Heads of `line_row`'s columns.
LINE_HEADS: Final = (
    "interval",
    ">taken kWh",
    ">fed in kWh",
    ">losses kWh",
    ">price credits/kWh",
    ">energy credits",
    ">grid fee credits",
)


def signed(amount: int) -> str:
    """[micro-credit] in credits; payments have a minus."""
    return f"{'-' if amount < 0 else ''}{credits(abs(amount))}"


def page_of(
    bill: MeterBill,
    rows: Sequence[Sequence[str]],
    told: Sequence[tuple[str, str]],
    market: str,
) -> Page:
    """The page: rows are of the quarter-hours that were shown, `told` is what proves the day's last line."""
    heads = [Column(head.lstrip(">")) for head in LINE_HEADS]
    shown = DataTable(
        "intervals", "Intervals of the meter that were shown.", heads, [tuple(r) for r in rows]
    )
    return Page(
        title=f"Bill of meter {bill.of.meter}, {bill.date:%d %B %Y}",
        kicker="Electricity bill",
        intro=[Text(said) for said in sentences(bill)],
        headline=[_headline(bill)],
        sections=[
            Section(
                "Intervals you asked for",
                [
                    Text("Compare them with your meter's display. Payments have a minus."),
                    PageTable("", shown),
                ],
            ),
            Section("How to pay and to complain", [Text(text) for text in _next_steps(bill)]),
            Section(
                "Proof",
                [
                    Text(
                        "The operator's line for you lies under a root that the chain has, with the sums of"
                        " all others. Any program that reads the chain checks it from these values; the one"
                        " that wrote this page has just done so.",
                        "small",
                    ),
                    Facts(list(told)),
                ],
            ),
        ],
        foot=market,
        sheet=True,
    )


def _headline(bill: MeterBill) -> tuple[str, str, str]:
    if bill.must_wait:
        return "the list is false", f"{signed(bill.listed)} credits", "complain before you pay"
    if bill.payment is not None and not bill.left:
        return "paid", f"{credits(bill.paid)} credits", ""
    if bill.left:
        return "to pay", f"{credits(bill.left)} credits", "by the chain's line of your meter"
    return "to pay", "nothing", ""


def _next_steps(bill: MeterBill) -> list[str]:
    meter, day = bill.of.meter, bill.date
    found = []
    if bill.left and not bill.must_wait:
        found.append(
            f"To pay: tonne credit bill pay --meter {meter} --day {day}."
            " The amount is taken from the line; nothing is typed."
        )
    found.append(
        f"If it is wrong: tonne energy complain {meter} --day {day}, while the day's list can be disputed."
    )
    return found
