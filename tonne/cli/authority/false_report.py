"""`tonne authority false-report`: fines for a report that fell, and for the bodies that signed it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final

import typer

from tonne.cli.authority.penalty import OUTCOMES, STATES, outcome_of
from tonne.cli.core.officer_act import Act, Change, Hand, acting
from tonne.cli.core.session import MarketNumber, cents, parse_money
from tonne.crypto.accounts import keccak
from tonne.errors import TonneError

app = typer.Typer(
    help="What follows when a report fell in a dispute: for its operator, and for the bodies that signed it.",
    no_args_is_help=True,
)

ACCUSED: Final = ("operator", "body")
#: Of a charge's number, above it: the body that is charged, or 0 for the operator.
BODY_SHIFT: Final = 56
PPM: Final = 10**6

Number = Annotated[int, typer.Argument(help="Number of the charge, as `charge` tells it.", min=1)]
Reason = Annotated[str, typer.Option(help="Why; its hash goes on record.")]


def charge(
    hand: Hand,
    plant: Annotated[int, typer.Argument(help="Number of the installation.", min=1)],
    year: Annotated[int, typer.Argument(help="Reporting year.", min=1970)],
    who: Annotated[str, typer.Argument(help="operator, or body: who verified the report.")],
    reason: Reason,
    gains: Annotated[str, typer.Option(help="Illegal gains, on which bounds depend.")] = "0",
    body: Annotated[
        int | None,
        typer.Option(help="Which of several bodies that signed; else the first.", min=1),
    ] = None,
) -> None:
    """Charge who answers for the last report of a year that fell, and open the hearing."""
    if who not in ACCUSED:
        raise TonneError(
            "CHARGE_WHOM",
            f"A charge is against the operator or the body, not {who}.",
            field="who",
            value=who,
            remedy=f"Known: {', '.join(ACCUSED)}.",
        )
    chain = hand.desk.chain
    fallen = chain.call("EmissionsOracle", "fallenReport", plant, year)
    first, revision = fallen >> 216 & 0xFFFFFF, fallen >> 120 & 0xFF
    operator = chain.call("Participants", "installation", plant) & 0xFFFFFF
    signer = (body or first) if who == "body" else 0
    party = signer or operator
    number = signer << BODY_SHIFT | revision << 48 | year << 32 | plant
    amount = parse_money(gains)
    change = Change(
        f"participant {party}, for revision {revision} of installation {plant} in {year}",
        "not charged",
        f"charged, gains of {cents(amount)}",
    )
    args = (plant, year, signer, amount, keccak(reason.encode()))
    title = f"Charge the {who} with a false report of installation {plant} for {year}"
    act = Act("FalseReports", "charge", args, [change])
    hand.do(title, [act], {"charge": number}, [f"  number of the charge: {number}"])


def decide(
    hand: Hand,
    number: Number,
    fine: Annotated[str, typer.Option(help="The fine, e.g. 500000.00.")],
    reason: Reason,
) -> None:
    """Decide the fine within the bounds of the scheme, after the hearing."""
    held = _charge(hand, number)
    chain = hand.desk.chain
    scheme = chain.call("Participants", "installation", number & 0xFFFFFFFF) >> 24 & 0xFFFF
    asked = (scheme, number >> BODY_SHIFT != 0, held.gainsCents, held.noticedAt)
    low, high = chain.call("FalseReports", "fineBounds", *asked)
    amount = parse_money(fine)
    args = (number, amount, keccak(reason.encode()))
    change = _change(number, held, f"decided, {cents(amount)}")
    bounds = f"  between {cents(low)} and {cents(high)} for gains of {cents(held.gainsCents)}"
    title = f"Decide charge {number}"
    hand.do(title, [Act("FalseReports", "decide", args, [change])], {}, [bounds])


def outcome(
    hand: Hand,
    number: Number,
    result: Annotated[str, typer.Argument(help="upheld, reduced or annulled.")],
    reason: Reason,
    fine: Annotated[str | None, typer.Option(help="The lower fine, if reduced.")] = None,
) -> None:
    """Decide an appeal. Not for who decided the fine."""
    held = _charge(hand, number)
    amount = outcome_of(result, fine, held.fineCents)
    args = (number, OUTCOMES.index(result), amount, keccak(reason.encode()))
    change = _change(number, held, f"{result}, {cents(amount)}")
    title = f"Decide the appeal against charge {number}"
    hand.do(title, [Act("FalseReports", "decideAppeal", args, [change])])


def debit(hand: Hand, number: Number, market: MarketNumber = 1) -> None:
    """Take what is open of a fine out of the party's account, as far as it goes."""
    held = _charge(hand, number)
    account = hand.desk.chain.call("Exchange", "account", held.party, market)
    taken = min(held.fineCents - held.paidCents, account.cash // 100)
    voided = taken * 100 > account.cash - account.cashInBids
    changes = [
        Change(
            f"account of participant {held.party} in market {market}",
            cents(account.cash // 100),
            cents(account.cash // 100 - taken) + ("; its open orders are void" if voided else ""),
        ),
        _change(number, held, f"{cents(held.paidCents + taken)} of it paid"),
    ]
    act = Act("FalseReports", "debit", (number, market), changes)
    hand.do(f"Debit the fine of charge {number}", [act])


def cut(
    hand: Hand,
    number: Number,
    period: Annotated[int, typer.Option(help="Period of the year after the report's.", min=1)],
    share: Annotated[str, typer.Option(help="Share of the allocation, e.g. 0.5.")],
    reason: Reason,
) -> None:
    """Cut the operator's next allocation, where its fine was not paid in time."""
    chain, plant = hand.desk.chain, number & 0xFFFFFFFF
    scheme = chain.call("Participants", "installation", plant) >> 24 & 0xFFFF
    _, given = chain.call("Allocation", "allocationOf", scheme, period, plant)
    debt = chain.call("Allocation", "debtOf", plant)
    ppm = _ppm(share)
    more = -(-given * ppm // PPM)
    change = Change("taken off its next allocation", f"{debt:,} t", f"{debt + more:,} t")
    act = Act("FalseReports", "cut", (number, period, ppm, keccak(reason.encode())), [change])
    hand.do(f"Cut {share} of the {given:,} t of installation {plant} for period {period}", [act])


def _ppm(share: str) -> int:
    try:
        ppm = Decimal(share) * PPM
    except ArithmeticError:
        ppm = Decimal(-1)
    if not 0 < ppm <= PPM or ppm != int(ppm):
        raise TonneError(
            "CUT_SHARE",
            f"{share} is no share of an allocation.",
            field="share",
            value=share,
            remedy="Give a share above 0 and up to 1, with at most six decimals.",
        )
    return int(ppm)


def publish(
    hand: Hand,
    number: Number,
    text: Annotated[str, typer.Option(help="The published text; its hash goes on record.")],
) -> None:
    """Make public how a charge ended, once it stands."""
    held = _charge(hand, number)
    change = _change(number, held, f"{STATES[held.state]}, published")
    act = Act("FalseReports", "publish", (number, keccak(text.encode())), [change])
    hand.do(f"Publish charge {number}", [act])


def appeal(
    hand: Hand,
    number: Number,
    reason: Annotated[str, typer.Option(help="The grounds; their hash goes on record.")],
) -> None:
    """Appeal against a fine, for who was charged."""
    held = _charge(hand, number)
    change = _change(number, held, "appealed")
    act = Act("FalseReports", "appeal", (number, keccak(reason.encode())), [change])
    hand.do(f"Appeal against charge {number}", [act])


def _charge(hand: Hand, number: int) -> Any:
    return hand.desk.chain.call("FalseReports", "chargeOf", number)


def _change(number: int, held: Any, after: str) -> Change:
    before = STATES[held.state] + (f", {cents(held.fineCents)}" if held.fineCents else "")
    return Change(f"charge {number} against participant {held.party}", before, after)


for command in (charge, decide, appeal, outcome, debit, cut, publish):
    acting(app)(command)
