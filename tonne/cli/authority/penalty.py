"""`tonne authority penalty`: notice, decision, the outcome of an appeal, debit, publication, closing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from tonne.cli.core.officer_act import Act, Change, Hand, acting
from tonne.cli.core.session import MarketNumber, SchemeNumber, cents, many, parse_money
from tonne.crypto.accounts import keccak
from tonne.errors import TonneError
from tonne.rules.pack.keys import MEASURES_OF_PENALTY

app = typer.Typer(help="What follows when units are missing at the deadline.", no_args_is_help=True)

STATES: Final = ("no notice", "noticed", "decided", "paid", "appealed", "annulled")
OUTCOMES: Final = ("none", "upheld", "reduced", "annulled")
#: Installations in one call.
BATCH: Final = 200

PeriodNumber = Annotated[int, typer.Option("--period", help="Number of the period.", min=1)]
Plant = Annotated[int, typer.Argument(help="Number of the installation.", min=1)]
Money = Annotated[str, typer.Option("--fine", help="The fine, e.g. 25000.00.")]
Reason = Annotated[str, typer.Option(help="Why; its hash goes on record.")]


def notify(
    hand: Hand,
    plants: Annotated[list[int], typer.Argument(help="Numbers of installations.", min=1)],
    period: PeriodNumber,
) -> None:
    """Fix what was missing at the deadline, and open the hearing. Anybody can."""
    stands = hand.desk.chain.call_many(
        ("Compliance", "standing", (plant, period)) for plant in plants
    )
    changes = [
        Change(
            f"installation {plant} of participant {s.operator}",
            STATES[s.penalty],
            f"noticed, {s.shortfallT:,} t were missing",
        )
        for plant, s in zip(plants, stands, strict=True)
    ]
    acts = [
        Act("Compliance", "notify", (period, plants[i : i + BATCH]), changes[i : i + BATCH])
        for i in range(0, len(plants), BATCH)
    ]
    hand.do(f"Give notice to {many(len(plants), 'installation')} for period {period}", acts)


def price(
    hand: Hand,
    period: PeriodNumber,
    scheme: SchemeNumber = 1,
    state: Annotated[
        str | None, typer.Option(help="The price, e.g. 98.00, where the market gives none.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="Why it is stated; needed with --state.")
    ] = None,
) -> None:
    """Fix the price that fines are a multiple of: the market's, of the months the pack names. Anybody can."""
    chain = hand.desk.chain
    held = chain.call("Compliance", "finePriceOf", scheme, period)
    if (state is None) != (reason is None):
        raise TonneError(
            "PRICE_REASON",
            "A price is stated with a reason, and only then.",
            field="state",
            remedy="Give both --state and --reason, or neither.",
        )
    before = cents(held.cents) if held.fixedAt else "open"
    if state is None or reason is None:
        act = Act("Compliance", "fixFinePrice", (scheme, period))
        found = chain.call_many(
            [("Compliance", "fixFinePrice", (scheme, period))], check=False, sender=hand.officer
        )[0]
        after = cents(found) if isinstance(found, int) else "of the market"
    else:
        amount = parse_money(state)
        args = (scheme, period, amount, keccak(reason.encode()))
        act = Act("Compliance", "stateFinePrice", args)
        after = f"{cents(amount)}, stated"
    change = Change(f"price of fines for period {period}", before, after)
    title = f"Fix the price that fines of scheme {scheme} for period {period} are a multiple of"
    hand.do(title, [Act(act.contract, act.function, act.args, [change])])


def decide(
    hand: Hand,
    plant: Plant,
    period: PeriodNumber,
    fine: Money,
    reason: Reason,
    measure: Annotated[
        list[str] | None,
        typer.Option(help=f"Beside money, of the pack: {', '.join(MEASURES_OF_PENALTY)}."),
    ] = None,
) -> None:
    """Decide a fine within the bounds of the scheme, and measures beside it, after the hearing."""
    penalty, scheme = _penalty(hand, plant, period)
    amount = parse_money(fine)
    low, high = hand.desk.chain.call("Compliance", "fineBounds", scheme, period, penalty.shortfall)
    ordered = measure or []
    bits = measures_of(ordered)
    units = _units(hand, scheme, period, penalty.shortfall)
    after = f"decided, {cents(amount)}" + "".join(f", {_word(name)}" for name in ordered)
    if units:
        after += f", {units:,} t beside the missing ones"
    bounds = f"  between {cents(low)} and {cents(high)} for {penalty.shortfall:,} t missing"
    args = (plant, period, amount, bits, keccak(reason.encode()))
    act = Act("Compliance", "decide", args, [_change(plant, period, penalty, after)])
    hand.do(f"Decide the fine of installation {plant} for period {period}", [act], {}, [bounds])


def appeal(
    hand: Hand,
    plant: Plant,
    period: PeriodNumber,
    reason: Annotated[str, typer.Option(help="The grounds; their hash goes on record.")],
) -> None:
    """Appeal against a fine, for its operator: nothing is paid or debited until it is decided."""
    penalty, _ = _penalty(hand, plant, period)
    args = (plant, period, keccak(reason.encode()))
    act = Act("Compliance", "appeal", args, [_change(plant, period, penalty, "appealed")])
    hand.do(f"Appeal against the fine of installation {plant} for period {period}", [act])


def outcome(
    hand: Hand,
    plant: Plant,
    period: PeriodNumber,
    result: Annotated[str, typer.Argument(help="upheld, reduced or annulled.")],
    reason: Reason,
    fine: Annotated[str | None, typer.Option("--fine", help="The lower fine, if reduced.")] = None,
) -> None:
    """Decide an appeal. Not for who decided the fine."""
    penalty, _ = _penalty(hand, plant, period)
    amount = outcome_of(result, fine, penalty.fineCents)
    args = (plant, period, OUTCOMES.index(result), amount, keccak(reason.encode()))
    after = "annulled, and its measures" if result == "annulled" else f"{result}, {cents(amount)}"
    act = Act("Compliance", "decideAppeal", args, [_change(plant, period, penalty, after)])
    hand.do(f"Decide the appeal of installation {plant} for period {period}", [act])


def outcome_of(result: str, fine: str | None, old: int) -> int:
    """The fine that an appeal leaves [0.01 currency]."""
    if result not in OUTCOMES[1:] or (result == "reduced") != (fine is not None):
        raise TonneError(
            "APPEAL_OUTCOME",
            "An appeal is upheld, reduced to a lower fine, or annulled.",
            field="result",
            value=result,
            remedy="With `reduced`, and only then, give --fine.",
        )
    return parse_money(fine) if fine is not None else old if result == "upheld" else 0


def debit(hand: Hand, plant: Plant, period: PeriodNumber, market: MarketNumber = 1) -> None:
    """Take what is open of a fine out of the operator's account, as far as it goes."""
    penalty, _ = _penalty(hand, plant, period)
    chain = hand.desk.chain
    operator = chain.call("Participants", "installation", plant) & 0xFFFFFF
    held = chain.call("Exchange", "account", operator, market)
    open_ = penalty.fineCents - penalty.paidCents
    taken = min(open_, held.cash // 100)
    voided = taken * 100 > held.cash - held.cashInBids
    changes = [
        Change(
            f"account of participant {operator} in market {market}",
            cents(held.cash // 100),
            cents(held.cash // 100 - taken) + ("; its open orders are void" if voided else ""),
        ),
        _change(plant, period, penalty, f"{cents(penalty.paidCents + taken)} of it paid"),
    ]
    act = Act("Compliance", "debitPenalty", (plant, period, market), changes)
    hand.do(f"Debit the fine of installation {plant} for period {period}", [act])


def publish(
    hand: Hand,
    plant: Plant,
    period: PeriodNumber,
    text: Annotated[str, typer.Option(help="The published text; its hash goes on record.")],
) -> None:
    """Make public how a penalty ended, once it stands."""
    penalty, _ = _penalty(hand, plant, period)
    args = (plant, period, keccak(text.encode()))
    after = f"{STATES[penalty.state]}, published"
    act = Act("Compliance", "publishPenalty", args, [_change(plant, period, penalty, after)])
    hand.do(f"Publish the penalty of installation {plant} for period {period}", [act])


def close(hand: Hand, plant: Plant, period: PeriodNumber) -> None:
    """Close an obligation for good: what never came is taken off the next allocation."""
    chain = hand.desk.chain
    stand = chain.call("Compliance", "standing", plant, period)
    key = keccak(b"penalty.deduction_ppm")
    factor = chain.call("Schemes", "paramOr", stand.scheme, key, stand.deadline, 0)
    debt = chain.call("Allocation", "debtOf", plant)
    more = -(-stand.openT * factor // 1_000_000)
    changes = [
        Change(f"obligation of installation {plant}", f"{stand.openT:,} t open", "closed"),
        Change("taken off its next allocation", f"{debt:,} t", f"{debt + more:,} t"),
    ]
    title = f"Close the obligation of installation {plant} for period {period}"
    hand.do(title, [Act("Compliance", "deduct", (plant, period), changes)])


def treasury(
    hand: Hand,
    payee: Annotated[str, typer.Argument(help="Address that fines are paid to.")],
    currency: Annotated[
        str | None, typer.Option(help="Address of the currency; else the settlement currency.")
    ] = None,
    scheme: SchemeNumber = 1,
) -> None:
    """Name who receives the fines of a scheme, and in which currency."""
    chain = hand.desk.chain
    money = currency or chain["SettlementCurrency"].address
    old_money, old_payee = chain.call("Compliance", "treasuryOf", scheme)
    changes = [
        Change(f"payee of scheme {scheme}", old_payee, payee),
        Change("currency", old_money, money),
    ]
    act = Act("Compliance", "setTreasury", (scheme, money, payee), changes)
    hand.do(f"Set the treasury of scheme {scheme}", [act])


def _units(hand: Hand, scheme: int, period: int, shortfall: int) -> int:
    """What the pack orders in place of missing units, beside them [t]."""
    chain = hand.desk.chain
    deadline = chain.call("Schemes", "period", scheme, period).surrenderDeadline
    key = keccak(b"penalty.units_for_each_ppm")
    factor = chain.call("Schemes", "paramOr", scheme, key, deadline, 0)
    return -(-shortfall * max(0, factor - 1_000_000) // 1_000_000)


def _penalty(hand: Hand, plant: int, period: int) -> tuple[Any, int]:
    chain = hand.desk.chain
    penalty = chain.call("Compliance", "penaltyOf", plant, period)
    return penalty, chain.call("Participants", "installation", plant) >> 24 & 0xFFFF


def _change(plant: int, period: int, penalty: Any, after: str) -> Change:
    before = STATES[penalty.state]
    if penalty.fineCents:
        before += f", {cents(penalty.fineCents)}"
    return Change(f"penalty of installation {plant} for period {period}", before, after)


def measures_of(names: Sequence[str]) -> int:
    """The bits of measures beside money, as a rule pack's set has them."""
    for name in names:
        if name not in MEASURES_OF_PENALTY:
            raise TonneError(
                "PENALTY_MEASURE",
                f"{name} is no measure.",
                field="measure",
                value=name,
                remedy=f"Known: {', '.join(MEASURES_OF_PENALTY)}.",
            )
    return sum(1 << MEASURES_OF_PENALTY.index(name) + 1 for name in set(names))


def _word(name: str) -> str:
    return name.replace("_", " ")


for command in (notify, price, decide, appeal, outcome, debit, publish, close, treasury):
    acting(app)(command)
