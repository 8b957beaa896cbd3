"""`tonne authority false-report`: fines for annulled reports, on operators and verification bodies."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final

import typer

from tonne.cli.authority.penalty import OUTCOMES, STATES, outcome_of
from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import AMOUNT, ON_RECORD, Plant, Reason
from tonne.cli.core.output import cents, parse_money, table
from tonne.cli.core.session import Session, text_hash
from tonne.constants import PPM
from tonne.errors import refused
from tonne.types.charge_id import Charge
from tonne.types.ids import ChargeId, InstallationId, ParticipantId
from tonne.types.installation_word import InstallationWord

app = typer.Typer(
    help="Charges over a report annulled in a dispute: its operator and its verification bodies.",
    no_args_is_help=True,
)

ACCUSED: Final = ("operator", "body")

Number = Annotated[int, typer.Argument(help="Charge number, from `list`.", min=1)]


@command(needs=OfficerAct)
def charge(
    act: OfficerAct,
    plant: Plant,
    year: Annotated[int, typer.Argument(help="Reporting year.", min=1970)],
    who: Annotated[
        str, typer.Argument(help="Accused: operator, or body for the verification body.")
    ],
    reason: Reason,
    gains: Annotated[
        str, typer.Option(help=f"Illegal gains, which set the bounds. {AMOUNT}")
    ] = "0",
    body: Annotated[
        int | None,
        typer.Option(help="Verification body number; default: the first that signed.", min=1),
    ] = None,
) -> None:
    """Charge the operator or the verification body of a year's last annulled report; open the hearing."""
    if who not in ACCUSED:
        raise refused("CHARGE_WHOM", who=who, accused=", ".join(ACCUSED))
    chain = act.chain
    fallen = chain.call("EmissionsOracle", "fallenReport", plant, year)
    from tonne.evidence.report_encoding import ReportRecord

    record = ReportRecord.unpack(fallen)
    operator = InstallationWord.unpack(chain.call("Participants", "installation", plant)).operator
    signer = ParticipantId(body or record.body) if who == "body" else ParticipantId(0)
    party = signer or operator
    number = Charge(InstallationId(plant), year, record.revision, signer).pack()
    amount = parse_money(gains)
    change = Effect(
        f"participant {party}, for revision {record.revision} of installation {plant} in {year}",
        "not charged",
        f"charged, gains of {cents(amount)}",
    )
    args = (plant, year, signer, amount, text_hash(reason))
    title = f"Charge the {who} with a false report of installation {plant} for {year}"
    call = OfficerCall("FalseReports", "charge", args, [change])
    act.do(title, [call], {"charge": number}, [f"  number of the charge: {number}"])


@command(needs=Session)
def list_(session: Session) -> None:
    """List the charges on record: plant, accused, gains, fine, state."""
    chain = session.chain
    numbers = [
        e["id"] for e in chain.logs("FalseReports", "FalseReportCharged", session.first_block)
    ]
    held = chain.call_many(("FalseReports", "chargeOf", (number,)) for number in numbers)
    found = [
        {
            "charge": number,
            "installation": (about := Charge.unpack(ChargeId(number))).installation,
            "year": about.year,
            "revision": about.revision,
            "accused": "body" if about.body else "operator",
            "participant": charge.party,
            "gains": cents(charge.gainsCents),
            "fine": cents(charge.fineCents),
            "paid": cents(charge.paidCents),
            "state": STATES[charge.state],
        }
        for number, charge in zip(numbers, held, strict=True)
    ]
    columns = (">charge", ">plant", ">year", ">revision", "accused", ">fine", ">paid", "state")
    keys = ("charge", "installation", "year", "revision", "accused", "fine", "paid", "state")
    rows = [tuple(str(row[key]) for key in keys) for row in found]
    session.show({"charges": found}, table("", columns, rows) if rows else "No charge on record.")


@command(needs=OfficerAct)
def decide(
    act: OfficerAct,
    number: Number,
    fine: Annotated[str, typer.Option(help=f"Fine, e.g. 500000.00. {AMOUNT}")],
    reason: Reason,
) -> None:
    """Decide the fine, within the bounds of the scheme, after the hearing."""
    held = _charge(act, number)
    chain = act.chain
    about = Charge.unpack(ChargeId(number))
    word = chain.call("Participants", "installation", about.installation)
    scheme = InstallationWord.unpack(word).scheme
    asked = (scheme, about.body != 0, held.gainsCents, held.noticedAt)
    low, high = chain.call("FalseReports", "fineBounds", *asked)
    amount = parse_money(fine)
    args = (number, amount, text_hash(reason))
    change = _change(number, held, f"decided, {cents(amount)}")
    bounds = f"  between {cents(low)} and {cents(high)} for gains of {cents(held.gainsCents)}"
    title = f"Decide charge {number}"
    act.do(title, [OfficerCall("FalseReports", "decide", args, [change])], {}, [bounds])


@command(needs=OfficerAct)
def outcome(
    act: OfficerAct,
    number: Number,
    result: Annotated[str, typer.Argument(help="Result: upheld, reduced or annulled.")],
    reason: Reason,
    fine: Annotated[str | None, typer.Option(help="Reduced fine, with `reduced`.")] = None,
) -> None:
    """Decide an appeal, as another officer than the one who decided the fine."""
    held = _charge(act, number)
    amount = outcome_of(result, fine, held.fineCents)
    args = (number, OUTCOMES.index(result), amount, text_hash(reason))
    change = _change(number, held, f"{result}, {cents(amount)}")
    title = f"Decide the appeal against charge {number}"
    act.do(title, [OfficerCall("FalseReports", "decideAppeal", args, [change])])


@command(needs=OfficerAct, market=1)
def debit(act: OfficerAct, number: Number) -> None:
    """Debit the unpaid part of a fine from the party's account, up to its balance."""
    held = _charge(act, number)
    account = act.chain.call("Exchange", "account", held.party, act.market)
    taken = min(held.fineCents - held.paidCents, account.cash // 100)
    voided = taken * 100 > account.cash - account.cashInBids
    changes = [
        Effect(
            f"account of participant {held.party} in market {act.market}",
            cents(account.cash // 100),
            cents(account.cash // 100 - taken) + ("; its open orders are void" if voided else ""),
        ),
        _change(number, held, f"{cents(held.paidCents + taken)} of it paid"),
    ]
    call = OfficerCall("FalseReports", "debit", (number, act.market), changes)
    act.do(f"Debit the fine of charge {number}", [call])


@command(needs=OfficerAct)
def cut(
    act: OfficerAct,
    number: Number,
    period: Annotated[
        int, typer.Option(help="Compliance period of the year after the report.", min=1)
    ],
    share: Annotated[str, typer.Option(help="Share of the allocation to deduct, e.g. 0.5.")],
    reason: Reason,
) -> None:
    """Cut the operator's next allocation when its fine was not paid in time."""
    chain, plant = act.chain, Charge.unpack(ChargeId(number)).installation
    scheme = InstallationWord.unpack(chain.call("Participants", "installation", plant)).scheme
    _, given = chain.call("Allocation", "allocationOf", scheme, period, plant)
    debt = chain.call("Allocation", "debtOf", plant)
    ppm = _ppm(share)
    more = -(-given * ppm // PPM)
    change = Effect("taken off its next allocation", f"{debt:,} t", f"{debt + more:,} t")
    call = OfficerCall("FalseReports", "cut", (number, period, ppm, text_hash(reason)), [change])
    act.do(f"Cut {share} of the {given:,} t of installation {plant} for period {period}", [call])


def _ppm(share: str) -> int:
    try:
        ppm = Decimal(share) * PPM
    except ArithmeticError:
        ppm = Decimal(-1)
    if not 0 < ppm <= PPM or ppm != int(ppm):
        raise refused("CUT_SHARE", share=share)
    return int(ppm)


@command(needs=OfficerAct)
def publish(
    act: OfficerAct,
    number: Number,
    text: Annotated[str, typer.Option(help=f"Published text. {ON_RECORD}")],
) -> None:
    """Publish a charge that can no longer be appealed."""
    held = _charge(act, number)
    change = _change(number, held, f"{STATES[held.state]}, published")
    call = OfficerCall("FalseReports", "publish", (number, text_hash(text)), [change])
    act.do(f"Publish charge {number}", [call])


@command(needs=OfficerAct)
def appeal(
    act: OfficerAct,
    number: Number,
    reason: Annotated[str, typer.Option(help="Grounds; their hash goes on record.")],
) -> None:
    """Appeal against a fine, as the accused."""
    held = _charge(act, number)
    change = _change(number, held, "appealed")
    call = OfficerCall("FalseReports", "appeal", (number, text_hash(reason)), [change])
    act.do(f"Appeal against charge {number}", [call])


def _charge(act: OfficerAct, number: int) -> Any:
    return act.chain.call("FalseReports", "chargeOf", number)


def _change(number: int, held: Any, after: str) -> Effect:
    before = STATES[held.state] + (f", {cents(held.fineCents)}" if held.fineCents else "")
    return Effect(f"charge {number} against participant {held.party}", before, after)


app.command("list")(list_)
for _act in (charge, decide, appeal, outcome, debit, cut, publish):
    app.command()(_act)
