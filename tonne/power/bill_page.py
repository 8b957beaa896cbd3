"""A meter's bill as one page to print: the amount, its parts and its proof, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

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
    if bill.returned > 0:
        said.append(f"Of that, {credits(bill.returned)} are your part of the day's surplus.")
    if not of.payer_is_billed:
        when = "was" if bill.is_paid_out else "will be"
        said.append(
            f"It {when} settled with your own account {of.account}: there is no bill to pay."
        )
    elif bill.payment is not None:
        said.append(f"You paid {credits(bill.due)} credits. Nothing is left to pay.")
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
    )


def _headline(bill: MeterBill) -> tuple[str, str, str]:
    if bill.payment is not None:
        return "paid", f"{credits(bill.due)} credits", ""
    if bill.due:
        return "to pay", f"{credits(bill.due)} credits", "by the chain's line of your meter"
    return "to pay", "nothing", ""


def _next_steps(bill: MeterBill) -> list[str]:
    meter, day = bill.of.meter, bill.date
    found = []
    if bill.due and bill.payment is None:
        found.append(
            f"To pay: tonne credit bill pay --meter {meter} --day {day}."
            " The amount is taken from the line; nothing is typed."
        )
    found.append(
        f"If it is wrong: tonne energy complain {meter} --day {day}, while the day's list can be disputed."
    )
    return found
