"""`tonne authority penalty`: notice, decision, appeal, debit, publication and closing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import AMOUNT, ON_RECORD, PeriodNumber, Plant, Reason
from tonne.cli.core.output import cents, many, parse_money
from tonne.cli.core.session import address_of, text_hash
from tonne.constants import PPM
from tonne.errors import refused
from tonne.types.installation_word import InstallationWord
from tonne.types.packing import bit_set

app = typer.Typer(
    help="Penalties for units missing at the surrender deadline.", no_args_is_help=True
)

STATES: Final = ("no notice", "noticed", "decided", "paid", "appealed", "annulled")
OUTCOMES: Final = ("none", "upheld", "reduced", "annulled")
#: Installations in one call.
BATCH: Final = 200

#: Measures beside a fine; `MEASURES_OF_PENALTY` of rule packs, which a test compares.
MEASURES: Final = (
    "publication",
    "credit_record",
    "loss_of_subsidies",
    "loss_of_preference",
    "production_stop",
)

Fine = Annotated[str, typer.Option("--fine", help=f"Fine, e.g. 25000.00. {AMOUNT}")]


@command(needs=OfficerAct)
def notify(
    act: OfficerAct,
    plants: Annotated[list[int], typer.Argument(help="Installation numbers.", min=1)],
    period: PeriodNumber,
) -> None:
    """Record the units missing at the deadline and open the hearing. Open to all."""
    chain = act.chain
    stands = chain.call_many(("Compliance", "standing", (plant, period)) for plant in plants)
    told = chain.call_many(
        ("CumulativeCompliance", "shortfallOf", (plant, period)) for plant in plants
    )
    changes = [
        Effect(
            f"installation {plant} of participant {s.operator}",
            STATES[s.penalty],
            f"noticed, {s.shortfallT or by_totals:,} t were missing",
        )
        for plant, s, by_totals in zip(plants, stands, told, strict=True)
    ]
    calls = [
        OfficerCall("Compliance", "notify", (period, plants[i : i + BATCH]), changes[i : i + BATCH])
        for i in range(0, len(plants), BATCH)
    ]
    act.do(f"Give notice to {many(len(plants), 'installation')} for period {period}", calls)


@command(needs=OfficerAct, scheme=1)
def price(
    act: OfficerAct,
    period: PeriodNumber,
    state: Annotated[
        str | None, typer.Option(help="Price, e.g. 98.00, where the market gives none.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="Reason for the stated price; required with --state.")
    ] = None,
) -> None:
    """Fix the price that fines are multiples of: the market's, over the pack's months. Open to all."""
    chain = act.chain
    held = chain.call("Compliance", "finePriceOf", act.scheme, period)
    if (state is None) != (reason is None):
        raise refused("PRICE_REASON")
    before = cents(held.cents) if held.fixedAt else "open"
    if state is None or reason is None:
        call = OfficerCall("Compliance", "fixFinePrice", (act.scheme, period))
        found = chain.call_many(
            [("Compliance", "fixFinePrice", (act.scheme, period))], check=False, sender=act.officer
        )[0]
        after = cents(found) if isinstance(found, int) else "of the market"
    else:
        amount = parse_money(state)
        args = (act.scheme, period, amount, text_hash(reason))
        call = OfficerCall("Compliance", "stateFinePrice", args)
        after = f"{cents(amount)}, stated"
    change = Effect(f"price of fines for period {period}", before, after)
    title = f"Fix the price that fines of scheme {act.scheme} for period {period} are a multiple of"
    act.do(title, [OfficerCall(call.contract, call.function, call.args, [change])])


@command(needs=OfficerAct)
def decide(
    act: OfficerAct,
    plant: Plant,
    period: PeriodNumber,
    fine: Fine,
    reason: Reason,
    measure: Annotated[
        list[str] | None,
        typer.Option(help=f"Measure beside the fine, repeatable: {', '.join(MEASURES)}."),
    ] = None,
) -> None:
    """Decide the fine, within the bounds of the scheme, and measures beside it, after the hearing."""
    penalty, scheme = _penalty(act, plant, period)
    amount = parse_money(fine)
    low, high = act.chain.call("Compliance", "fineBounds", scheme, period, penalty.shortfall)
    ordered = measure or []
    bits = measures_of(ordered)
    units = _units(act, scheme, period, penalty.shortfall)
    after = f"decided, {cents(amount)}" + "".join(f", {_word(name)}" for name in ordered)
    if units:
        after += f", {units:,} t beside the missing ones"
    bounds = f"  between {cents(low)} and {cents(high)} for {penalty.shortfall:,} t missing"
    args = (plant, period, amount, bits, text_hash(reason))
    call = OfficerCall("Compliance", "decide", args, [_change(plant, period, penalty, after)])
    act.do(f"Decide the fine of installation {plant} for period {period}", [call], {}, [bounds])


@command(needs=OfficerAct)
def appeal(
    act: OfficerAct,
    plant: Plant,
    period: PeriodNumber,
    reason: Annotated[str, typer.Option(help="Grounds; their hash goes on record.")],
) -> None:
    """Appeal against a fine, as the operator; nothing is debited until the appeal is decided."""
    penalty, _ = _penalty(act, plant, period)
    args = (plant, period, text_hash(reason))
    call = OfficerCall("Compliance", "appeal", args, [_change(plant, period, penalty, "appealed")])
    act.do(f"Appeal against the fine of installation {plant} for period {period}", [call])


@command(needs=OfficerAct)
def outcome(
    act: OfficerAct,
    plant: Plant,
    period: PeriodNumber,
    result: Annotated[str, typer.Argument(help="Result: upheld, reduced or annulled.")],
    reason: Reason,
    fine: Annotated[
        str | None, typer.Option("--fine", help="Reduced fine, with `reduced`.")
    ] = None,
) -> None:
    """Decide an appeal, as another officer than the one who decided the fine."""
    penalty, _ = _penalty(act, plant, period)
    amount = outcome_of(result, fine, penalty.fineCents)
    args = (plant, period, OUTCOMES.index(result), amount, text_hash(reason))
    after = "annulled, and its measures" if result == "annulled" else f"{result}, {cents(amount)}"
    call = OfficerCall("Compliance", "decideAppeal", args, [_change(plant, period, penalty, after)])
    act.do(f"Decide the appeal of installation {plant} for period {period}", [call])


def outcome_of(result: str, fine: str | None, old: int) -> int:
    """Fine after an appeal [0.01 currency]."""
    if result not in OUTCOMES[1:] or (result == "reduced") != (fine is not None):
        raise refused("APPEAL_OUTCOME", result=result)
    return parse_money(fine) if fine is not None else old if result == "upheld" else 0


@command(needs=OfficerAct, market=1)
def debit(act: OfficerAct, plant: Plant, period: PeriodNumber) -> None:
    """Debit the unpaid part of a fine from the operator's account, up to its balance."""
    penalty, _ = _penalty(act, plant, period)
    chain = act.chain
    operator = InstallationWord.unpack(chain.call("Participants", "installation", plant)).operator
    held = chain.call("Exchange", "account", operator, act.market)
    open_ = penalty.fineCents - penalty.paidCents
    taken = min(open_, held.cash // 100)
    voided = taken * 100 > held.cash - held.cashInBids
    changes = [
        Effect(
            f"account of participant {operator} in market {act.market}",
            cents(held.cash // 100),
            cents(held.cash // 100 - taken) + ("; its open orders are void" if voided else ""),
        ),
        _change(plant, period, penalty, f"{cents(penalty.paidCents + taken)} of it paid"),
    ]
    call = OfficerCall("Compliance", "debitPenalty", (plant, period, act.market), changes)
    act.do(f"Debit the fine of installation {plant} for period {period}", [call])


@command(needs=OfficerAct)
def publish(
    act: OfficerAct,
    plant: Plant,
    period: PeriodNumber,
    text: Annotated[str, typer.Option(help=f"Published text. {ON_RECORD}")],
) -> None:
    """Publish a penalty that can no longer be appealed."""
    penalty, _ = _penalty(act, plant, period)
    args = (plant, period, text_hash(text))
    after = f"{STATES[penalty.state]}, published"
    call = OfficerCall(
        "Compliance", "publishPenalty", args, [_change(plant, period, penalty, after)]
    )
    act.do(f"Publish the penalty of installation {plant} for period {period}", [call])


@command(needs=OfficerAct)
def close(act: OfficerAct, plant: Plant, period: PeriodNumber) -> None:
    """Close an obligation for good; its missing units are deducted from the next allocation."""
    chain = act.chain
    stand = chain.call("Compliance", "standing", plant, period)
    key = text_hash("penalty.deduction_ppm")
    factor = chain.call("Schemes", "paramOr", stand.scheme, key, stand.deadline, 0)
    debt = chain.call("Allocation", "debtOf", plant)
    more = -(-stand.openT * factor // PPM)
    changes = [
        Effect(f"obligation of installation {plant}", f"{stand.openT:,} t open", "closed"),
        Effect("taken off its next allocation", f"{debt:,} t", f"{debt + more:,} t"),
    ]
    title = f"Close the obligation of installation {plant} for period {period}"
    act.do(title, [OfficerCall("Compliance", "deduct", (plant, period), changes)])


@command(needs=OfficerAct, scheme=1)
def treasury(
    act: OfficerAct,
    payee: Annotated[
        str,
        typer.Argument(help="Payee: address, keystore file or account name."),
    ],
    currency: Annotated[
        str | None,
        typer.Option(help="Address of the currency contract; default: the settlement currency."),
    ] = None,
) -> None:
    """Set the payee and the currency of a scheme's fines."""
    chain = act.chain
    money = currency or chain["SettlementCurrency"].address
    wallet = address_of(payee, "payee")
    old_money, old_payee = chain.call("Compliance", "treasuryOf", act.scheme)
    changes = [
        Effect(f"payee of scheme {act.scheme}", old_payee, wallet),
        Effect("currency", old_money, money),
    ]
    call = OfficerCall("Compliance", "setTreasury", (act.scheme, money, wallet), changes)
    act.do(f"Set the treasury of scheme {act.scheme}", [call])


def _units(act: OfficerAct, scheme: int, period: int, shortfall: int) -> int:
    """Units that the rules demand beyond the missing ones [t]."""
    chain = act.chain
    deadline = chain.call("Schemes", "period", scheme, period).surrenderDeadline
    key = text_hash("penalty.units_for_each_ppm")
    factor: int = chain.call("Schemes", "paramOr", scheme, key, deadline, 0)
    return -(-shortfall * max(0, factor - PPM) // PPM)


def _penalty(act: OfficerAct, plant: int, period: int) -> tuple[Any, int]:
    chain = act.chain
    penalty = chain.call("Compliance", "penaltyOf", plant, period)
    return penalty, InstallationWord.unpack(
        chain.call("Participants", "installation", plant)
    ).scheme


def _change(plant: int, period: int, penalty: Any, after: str) -> Effect:
    before = STATES[penalty.state]
    if penalty.fineCents:
        before += f", {cents(penalty.fineCents)}"
    return Effect(f"penalty of installation {plant} for period {period}", before, after)


def measures_of(names: Sequence[str]) -> int:
    """Bit set of measures, as rule packs encode it."""
    for name in names:
        if name not in MEASURES:
            raise refused("PENALTY_MEASURE", measure=name, measures=", ".join(MEASURES))
    return bit_set(MEASURES.index(name) + 1 for name in names)


def _word(name: str) -> str:
    return name.replace("_", " ")


for _act in (notify, price, decide, appeal, outcome, debit, publish, close, treasury):
    app.command()(_act)
