"""`tonne position`: what a firm holds, what its plants owe, and what that leaves it with."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tonne.cli.chain.deploy_status import unit_name
from tonne.cli.core import rule_pack
from tonne.cli.core.session import (
    DEFAULT_RPC,
    As,
    AsJson,
    Desk,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    SchemeNumber,
    connect,
    key,
    many,
    money,
    participant_of,
    show,
    table,
)
from tonne.cli.holder import outlook
from tonne.cli.holder.surrender_retire import (
    ALLOWANCE,
    PeriodNumber,
    accounts,
    fine_of,
    holdings,
    latest_period,
    plant_of,
    units,
)
from tonne.crypto.accounts import keccak
from tonne.deployment import record

LEDGER_PER_CENT = 100


def position(
    plant: Annotated[
        int | None, typer.Argument(help="Number of one of your plants; without it all.", min=1)
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    scheme: SchemeNumber = 1,
    period: PeriodNumber = 0,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    pack: rule_pack.Pack = None,
    as_json: AsJson = False,
) -> None:
    """Show what you hold and owe: by vintage, by plant, what to expect, and what waiting would cost.

    Allowances are the firm's: they count once, for all its plants of the scheme.
    """
    desk = connect(rpc, folder, scheme)
    account = key(name, keystore_file, passphrase_file)
    participant = participant_of(desk, account)
    held = holdings(desk, participant)
    period = period or latest_period(desk, scheme)
    numbers = _plants_of(desk, participant, scheme)
    shown = outlook.chosen(numbers, plant)
    rules = rule_pack.find(scheme, pack)
    plants = [plant_of(desk, scheme, period, number) for number in numbers]
    for one in plants:
        one["expected"] = outlook.expect(desk, rules, one)
    firm = _firm(desk, rules, scheme, period, plants, held) if plants else None
    bankable = None
    if plant is None:
        owed = sum(one["open"] for one in plants)
        bankable = outlook.bankable(desk, scheme, participant, held, owed)
    plants = [one for one in plants if one["plant"] in shown]
    cash = [
        (market, found.cash, found.cashFree)
        for market, found in accounts(desk, participant)
        if found.cash
    ]
    lines: list[Any] = [
        table(
            f"Participant {participant}",
            ("unit", ">on wallets", ">on the exchange", ">of it free"),
            [
                (unit_name(h["unit"]), f"{h['wallets']:,}", f"{h['exchange']:,}", f"{h['free']:,}")
                for h in held
            ],
        )
        if held
        else f"Participant {participant} holds no units.",
    ]
    lines += [f"Cash in market {m}: {money(all_)}, {money(free)} free." for m, all_, free in cash]
    pledged = _pledged(desk, participant)
    lines += [
        f"Pledged in market {m}: {lots:,} lots, which are yours but pay no obligation."
        for m, lots in pledged
    ]
    for one in plants:
        lines += ["", *_plant_lines(desk, one), *outlook.lines(one)]
    if firm:
        lines += ["", *_firm_lines(firm)]
    if bankable and bankable["into"]:
        into = bankable["into"]
        lines.append(f"{bankable['amount']:,} t to spare can be carried over into {into} today.")
    show(
        {
            "participant": participant,
            "units": [{**h, "unit": str(h["unit"]), "name": unit_name(h["unit"])} for h in held],
            "pledged": [{"market": m, "lots": lots} for m, lots in pledged],
            "cash": [{"market": m, "cash": money(a), "free": money(f)} for m, a, f in cash],
            "plants": plants,
            "firm": firm,
            "bankable": bankable,
        },
        as_json,
        *lines,
    )


# The firm: one stock of allowances, several plants


def _firm(
    desk: Desk,
    rules: Any,
    scheme: int,
    period: int,
    plants: list[dict[str, Any]],
    held: list[dict[str, Any]],
) -> dict[str, Any]:
    """What is open and what is expected of all plants together, against what the firm holds."""
    own = outlook.allowances([h for h in held if h["unit"] >> 80 & 0xFFFF == scheme])
    price = _last_price(desk, scheme)
    open_ = sum(one["open"] for one in plants)
    return {
        "plants": [one["plant"] for one in plants],
        "allowances": own,
        "open": open_,
        "missing": open_ - own,
        "cost": money(max(open_ - own, 0) * price) if price else None,
        "fine": fine_of(desk, scheme, period, max(open_ - own, 0)),
        "deducted": _deducts(desk, scheme, plants[0]["deadline"]),
        "currency": rules.scheme.currency if rules else "",
        "expected": outlook.firm(desk, rules, plants, own, price // LEDGER_PER_CENT),
    }


def _deducts(desk: Desk, scheme: int, deadline: int) -> bool:
    """Whether what is missing at a deadline [s] is taken off the next allocation."""
    key_ = keccak(b"penalty.deduction_ppm")
    return bool(desk.chain.call("Schemes", "paramOr", scheme, key_, deadline, 0))


def _firm_lines(firm: dict[str, Any]) -> list[str]:
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


def _plant_lines(desk: Desk, plant: dict[str, Any]) -> list[str]:
    word = "owes" if plant["assessed"] else "will owe, on its report so far,"
    final = "final" if plant["allocationFinal"] else "provisional"
    lines = [
        f"Plant {plant['plant']}: allocated {plant['allocated']:,} t ({final}); {word}"
        f" {plant['due']:,} t by {desk.when(plant['deadline'])}; {plant['surrendered']:,} t"
        f" surrendered, {plant['open']:,} t open ({plant['standing']}).",
        f"Offset credits may cover {plant['offsetRoom']:,} t of it.",
    ]
    if plant["debt"]:
        lines.append(f"{plant['debt']:,} t will be taken off its next allocation.")
    return lines


# What is read


def _plants_of(desk: Desk, participant: int, scheme: int) -> list[int]:
    """Numbers of the participant's plants in the scheme."""
    count = desk.chain.call("Participants", "installationCount")
    words = desk.chain.call_many(
        ("Participants", "installation", (number,)) for number in range(1, count + 1)
    )
    wanted = scheme << 24 | participant
    return [n for n, word in enumerate(words, start=1) if word & 0xFF_FFFF_FFFF == wanted]


def _pledged(desk: Desk, participant: int) -> list[tuple[int, int]]:
    """(market, lots) that the participant has pledged."""
    markets = range(1, desk.chain.call("Exchange", "marketCount") + 1)
    found = desk.chain.call_many(("Pledges", "pledgedBy", (participant, m)) for m in markets)
    return [(market, lots) for market, lots in zip(markets, found, strict=True) if lots]


def _last_price(desk: Desk, scheme: int) -> int:
    """[0.0001 currency] Last price of the scheme's latest allowance with a market; 0 if none has."""
    own = [u for u in units(desk) if u >> 96 == ALLOWANCE and u >> 80 & 0xFFFF == scheme]
    for unit in reversed(own):
        market = desk.chain.call("Exchange", "marketOf", unit)
        if market:
            day = desk.chain.call("ExchangeLens", "market", market)
            return desk.chain.call("ExchangeLens", "priceOf", market, day.lastTick)
    return 0
