"""`tonne position`: holdings and obligations of a participant, and their outlook."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import Pack
from tonne.cli.core.output import many, money, table
from tonne.cli.core.session import Session, Signer, text_hash
from tonne.cli.core.unit_names import project_of
from tonne.cli.holder.holdings import (
    accounts,
    fine_of,
    holdings,
    latest_period,
    plant_of,
    units,
)
from tonne.cli.holder.surrender_retire import LatestPeriod
from tonne.types import unit_id
from tonne.types.ids import SchemeId, UnitId
from tonne.types.installation_word import InstallationWord
from tonne.types.unit_id import unit_name

LEDGER_PER_CENT: Final = 100


@command(needs=Signer, scheme=1)
def position(
    session: Signer,
    plant: Annotated[
        int | None, typer.Argument(help="Number of one of your plants; default: all.", min=1)
    ] = None,
    period: LatestPeriod = 0,
    pack: Pack = None,
) -> None:
    """Show your units, cash, pledges and obligations, the expected gap, and the cost of waiting.

    Allowances count once for all your plants of the scheme.
    """
    from tonne.cli.core import rule_pack
    from tonne.cli.holder import outlook

    participant, scheme = session.participant, session.scheme
    held = holdings(session, participant)
    period = period or latest_period(session, scheme)
    numbers = _plants_of(session, participant, scheme)
    shown = outlook.chosen(numbers, plant)
    rules = rule_pack.find(scheme, pack)
    plants = [plant_of(session, scheme, period, number) for number in numbers]
    for one in plants:
        one["expected"] = outlook.expect(session, rules, one)
    firm = _firm(session, rules, scheme, period, plants, held) if plants else None
    bankable = None
    if plant is None:
        owed = sum(one["open"] for one in plants)
        bankable = outlook.bankable(session, scheme, participant, held, owed)
    cash = [(m, a.cash, a.cashFree) for m, a in accounts(session, participant) if a.cash]
    data = {
        "participant": participant,
        "units": [
            {
                **h,
                "unit": str(h["unit"]),
                "name": unit_name(h["unit"]),
                "project": project_of(session, h["unit"]),
            }
            for h in held
        ],
        "pledged": [{"market": m, "lots": n} for m, n in _pledged(session, participant)],
        "cash": [{"market": m, "cash": money(a), "free": money(f)} for m, a, f in cash],
        "plants": [one for one in plants if one["plant"] in shown],
        "firm": firm,
        "bankable": bankable,
    }
    session.show(data, *_lines(session, data))


def _lines(session: Session, data: dict[str, Any]) -> list[Any]:
    """A position for people."""
    from tonne.cli.holder import outlook

    who = f"Participant {data['participant']}"
    rows = [
        (h["name"], h["project"] or "", f"{h['wallets']:,}", f"{h['exchange']:,}", f"{h['free']:,}")
        for h in data["units"]
    ]
    columns = ("unit", "project", ">on wallets", ">on the exchange", ">of it free")
    lines: list[Any] = [table(who, columns, rows) if rows else f"{who} holds no units."]
    lines += [
        f"Held for you: {h['held']:,} of {h['name']}, which a wallet refused; take them with `tonne claim`."
        for h in data["units"]
        if h["held"]
    ]
    lines += [f"Cash in market {c['market']}: {c['cash']}, {c['free']} free." for c in data["cash"]]
    lines += [
        f"Pledged in market {p['market']}: {p['lots']:,} lots, which are yours but pay no obligation."
        for p in data["pledged"]
    ]
    for one in data["plants"]:
        lines += ["", *_plant_lines(session, one), *outlook.lines(one)]
    if data["firm"]:
        lines += ["", *_firm_lines(data["firm"])]
    bankable = data["bankable"]
    if bankable and bankable["into"]:
        lines.append(
            f"{bankable['amount']:,} t to spare can be banked into {bankable['into']} today."
        )
    return lines


def _firm(
    session: Session,
    rules: Any,
    scheme: int,
    period: int,
    plants: list[dict[str, Any]],
    held: list[dict[str, Any]],
) -> dict[str, Any]:
    """Open and expected obligations of all plants, against the allowances of the firm."""
    from tonne.cli.holder import outlook

    own = outlook.allowances([h for h in held if unit_id.scheme_of(h["unit"]) == scheme])
    price = _last_price(session, scheme)
    open_ = sum(one["open"] for one in plants)
    return {
        "plants": [one["plant"] for one in plants],
        "allowances": own,
        "open": open_,
        "missing": open_ - own,
        "cost": money(max(open_ - own, 0) * price) if price else None,
        "fine": fine_of(session, scheme, period, max(open_ - own, 0)),
        "deducted": _deducts(session, scheme, plants[0]["deadline"]),
        "currency": rules.scheme.currency if rules else "",
        "expected": outlook.firm(session, rules, plants, own, price // LEDGER_PER_CENT),
    }


def _deducts(session: Session, scheme: int, deadline: int) -> bool:
    """Whether units missing at a deadline [s] are deducted from the next allocation."""
    key_ = text_hash("penalty.deduction_ppm")
    return bool(session.chain.call("Schemes", "paramOr", scheme, key_, deadline, 0))


def _firm_lines(firm: dict[str, Any]) -> list[str]:
    from tonne.cli.holder import outlook

    whom = many(len(firm["plants"]), "plant")
    own, missing = firm["allowances"], firm["missing"]
    lines = []
    if missing > 0:
        money_of = f" {firm['currency']}".rstrip()
        cost = f", {firm['cost']}{money_of} at the last price" if firm["cost"] else ""
        lines.append(
            f"You hold {own:,} allowances for {whom} with {firm['open']:,} t open:"
            f" {missing:,} t are missing{cost}."
        )
        if firm["fine"]:
            low, high = firm["fine"]
            after = "come off the next allocation" if firm["deducted"] else "stay due"
            lines.append(
                f"Staying short: a fine of {low} to {high}{money_of}, and the missing tonnes {after}."
            )
    elif firm["open"]:
        lines.append(
            f"You hold {own:,} allowances for {whom} with {firm['open']:,} t open:"
            f" {-missing:,} t to spare."
        )
    return lines + outlook.firm_lines(firm)


def _plant_lines(session: Session, plant: dict[str, Any]) -> list[str]:
    word = "owes" if plant["assessed"] else "will owe, on its report so far,"
    final = "final" if plant["allocationFinal"] else "provisional"
    lines = [
        f"Plant {plant['plant']}: allocated {plant['allocated']:,} t ({final}); {word}"
        f" {plant['due']:,} t by {session.local_time(plant['deadline'])}; {plant['surrendered']:,} t"
        f" surrendered, {plant['open']:,} t open ({plant['standing']}).",
        f"Offset credits may cover {plant['offsetRoom']:,} t of it.",
    ]
    if plant["debt"]:
        lines.append(f"{plant['debt']:,} t will be taken off its next allocation.")
    return lines


def _plants_of(session: Session, participant: int, scheme: int) -> list[int]:
    """Numbers of the participant's plants in the scheme."""
    count = session.chain.call("Participants", "installationCount")
    words = session.chain.call_many(
        ("Participants", "installation", (number,)) for number in range(1, count + 1)
    )
    plants = enumerate(map(InstallationWord.unpack, words), start=1)
    return [n for n, p in plants if (p.operator, p.scheme) == (participant, scheme)]


def _pledged(session: Session, participant: int) -> list[tuple[int, int]]:
    """(market, lots) that the participant has pledged."""
    markets = range(1, session.chain.call("Exchange", "marketCount") + 1)
    found = session.chain.call_many(("Pledges", "pledgedBy", (participant, m)) for m in markets)
    return [(market, lots) for market, lots in zip(markets, found, strict=True) if lots]


def _last_price(session: Session, scheme: int) -> int:
    """Last price of the scheme's latest allowance with a market [0.0001 currency]; 0 without any."""
    own = [u for u in units(session) if unit_id.is_allowance(UnitId(u), SchemeId(scheme))]
    for unit in reversed(own):
        market = session.chain.call("Exchange", "marketOf", unit)
        if market:
            day = session.chain.call("ExchangeLens", "market", market)
            price: int = session.chain.call("ExchangeLens", "priceOf", market, day.lastTick)
            return price
    return 0
