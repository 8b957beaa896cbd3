"""What a holder of units does: surrender, retire; and what its holdings are."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from tonne.cli.chain.deploy_status import unit_name
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
    cents,
    connect,
    key,
    participant_of,
    show,
)
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.text import harmless
from tonne.units import retirement_certificates

EPOCH: Final = date(1970, 1, 1)
ALLOWANCE, CREDIT = 1, 2
CONTRACTS: Final = {ALLOWANCE: "Allowances", CREDIT: "OffsetCredits"}
STANDINGS: Final = (
    "not assessed yet",
    "open",
    "met",
    "met late",
    "short",
    "noticed",
    "fined",
    "fine paid, units still due",
    "closed",
    "fined, appealed against",
)

PeriodNumber = Annotated[
    int, typer.Option("--period", help="Number of the period; without it the latest.", min=0)
]


def surrender(
    plant: Annotated[int, typer.Argument(help="Number of the installation.")],
    amount: Annotated[int, typer.Argument(help="Allowances to give up [t].", min=0)],
    credits_: Annotated[
        int, typer.Option("--credits", help="Offset credits to give up beside them [t].", min=0)
    ] = 0,
    from_exchange: Annotated[
        bool, typer.Option("--from-exchange", help="Take them from your account there.")
    ] = False,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    scheme: SchemeNumber = 1,
    period: PeriodNumber = 0,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Give units up against a plant's obligation. It cannot be undone."""
    desk = connect(rpc, folder, scheme)
    account = key(name, keystore_file, passphrase_file)
    held = [
        h
        for h in holdings(desk, participant_of(desk, account), account.address)
        if h["unit"] >> 96 != ALLOWANCE or h["unit"] >> 80 & 0xFFFF == scheme
    ]
    where = "free" if from_exchange else "wallet"
    ids: list[int] = []
    amounts: list[int] = []
    for kind, wanted in ((ALLOWANCE, amount), (CREDIT, credits_)):
        for unit, part in pick(held, kind, wanted, where):
            ids.append(unit)
            amounts.append(part)
    if not ids:
        raise TonneError(
            "SURRENDER_NOTHING",
            "There is nothing to surrender.",
            "amount",
            amount,
            "Give an amount, or --credits.",
        )
    period = period or latest_period(desk, scheme)
    function = "surrenderFromLedger" if from_exchange else "surrender"
    desk.chain.fund([account])
    number = _period(desk, scheme, period)
    receipt = desk.chain.send(account, "Compliance", function, plant, number, ids, amounts)
    found = plant_of(desk, scheme, number, plant)
    show(
        {
            "plant": plant,
            "surrendered": sum(amounts),
            "open": found["open"],
            "standing": found["standing"],
            "transaction": receipt.hash,
        },
        as_json,
        f"{sum(amounts):,} t surrendered for plant {plant}; {found['open']:,} t still open"
        f" ({found['standing']}).",
    )


def retire(
    amount: Annotated[int, typer.Argument(help="Credits to retire [t].", min=1)],
    purpose: Annotated[str, typer.Option(help="What is claimed.")],
    first_day: Annotated[str, typer.Option("--from", help="First day of the claim, YYYY-MM-DD.")],
    last_day: Annotated[str, typer.Option("--until", help="Last day of the claim, YYYY-MM-DD.")],
    beneficiary: Annotated[str, typer.Option(help="For whom; public for ever.")] = "",
    commitment: Annotated[
        str, typer.Option(help="Instead of a name: what `tonne certificate commit` printed.")
    ] = "0x" + "00" * 32,
    country: Annotated[str, typer.Option(help="Two capital letters.")] = "CN",
    unit: Annotated[
        str | None, typer.Option(help="Id of the unit; else the oldest credits you hold.")
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Retire credits for a named claim and get a certificate. It cannot be undone."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    held = holdings(desk, participant_of(desk, account), account.address)
    chosen = int(unit, 0) if unit else _one_batch(held, amount)
    claim = claim_of(
        beneficiary,
        purpose,
        first_day,
        last_day,
        country,
        retirement_certificates.word_of(commitment),
    )
    desk.chain.fund([account])
    receipt = desk.chain.send(account, "RetirementRegistry", "retire", chosen, amount, claim)
    event = next(e for e in desk.chain.events(receipt) if e.name == "UnitsRetired")
    blocks = [(block.first, block.last) for block in event["blocks"]]
    serials = ", ".join(f"{first:,} to {last:,}" for first, last in blocks)
    show(
        {
            "certificate": event["certificate"],
            "unit": str(chosen),
            "amount": amount,
            "serials": blocks,
            "transaction": receipt.hash,
        },
        as_json,
        f"Certificate {event['certificate']}: {amount:,} t of {unit_name(chosen)} retired for"
        f" {escape(harmless(beneficiary)) or 'a beneficiary under commitment'}, serial numbers"
        f" {serials}.",
    )


def claim_of(
    beneficiary: str,
    purpose: str,
    first_day: str,
    last_day: str,
    country: str,
    commitment: bytes = bytes(32),
) -> dict[str, Any]:
    """A claim, its beneficiary in clear or as a commitment."""
    return {
        "beneficiary": beneficiary,
        "commitment": commitment,
        "purpose": purpose,
        "periodStart": _day(first_day),
        "periodEnd": _day(last_day),
        "country": country.encode("ascii", "replace")[:2].ljust(2, b"\0"),
    }


# Inside


def _period(desk: Desk, scheme: int, number: int | None) -> int:
    """The period asked for, or the last one the scheme has set."""
    if number is not None:
        return number
    topic = "0x" + scheme.to_bytes(32, "big").hex()
    found = desk.chain.logs("Schemes", "PeriodSet", desk.deployment.first_block, topics=[topic])
    if not found:
        raise TonneError(
            "PERIOD_NONE",
            "The scheme has no compliance period.",
            "scheme",
            scheme,
            "Set one first, or name another --scheme.",
        )
    return max(event["periodId"] for event in found)


def accounts(desk: Desk, participant: int) -> list[tuple[int, Any]]:
    count = desk.chain.call("Exchange", "marketCount")
    numbers = range(1, count + 1)
    found = desk.chain.call_many(("Exchange", "account", (participant, n)) for n in numbers)
    return list(zip(numbers, found, strict=True))


def holdings(desk: Desk, participant: int, own: str | None = None) -> list[dict[str, Any]]:
    """Every unit the participant holds, oldest vintage first; `wallet` is on the wallet `own`."""
    chain = desk.chain
    wallets = chain.call("Participants", "walletsOf", participant)
    issued = units(desk)
    balances = chain.call_many(
        (CONTRACTS[unit >> 96], "balanceOfBatch", (wallets, [unit] * len(wallets)))
        for unit in issued
    )
    ledger = dict(accounts(desk, participant))
    markets = chain.call_many(("Exchange", "marketOf", (unit,)) for unit in issued)
    held = []
    for unit, amounts, market in zip(issued, balances, markets, strict=True):
        account = ledger.get(market)
        lot = chain.call("Exchange", "marketAssets", market).lotSize if market else 1
        of_own = sum(a for w, a in zip(wallets, amounts, strict=True) if own in (None, w))
        entry = {
            "unit": unit,
            "wallets": sum(amounts),
            "wallet": of_own,
            "exchange": account.lots * lot if account else 0,
            "free": (account.lots - account.lotsInAsks) * lot if account else 0,
        }
        if entry["wallets"] or entry["exchange"]:
            held.append(entry)
    return sorted(held, key=lambda h: (h["unit"] >> 64 & 0xFFFF, h["unit"]))


def units(desk: Desk) -> list[int]:
    """Every unit that was ever issued, from the events."""
    return sorted(
        {
            event["id"]
            for contract in CONTRACTS.values()
            for event in desk.chain.logs(contract, "UnitsIssued", desk.deployment.first_block)
        }
    )


def latest_period(desk: Desk, scheme: int) -> int:
    """The scheme's period with the latest deadline, from the events."""
    periods = {
        event["periodId"]: event["period"].surrenderDeadline
        for event in desk.chain.logs("Schemes", "PeriodSet", desk.deployment.first_block)
        if event["scheme"] == scheme
    }
    if not periods:
        raise TonneError(
            "POSITION_NO_PERIOD",
            "The scheme has no compliance period.",
            "scheme",
            scheme,
            "Name another --scheme; `tonne status` lists what there is.",
        )
    return max(periods, key=lambda number: periods[number])


def plant_of(desk: Desk, scheme: int, period: int, number: int) -> dict[str, Any]:
    chain = desk.chain
    (state, allocated), debt, owed, (standing, shortfall), span = chain.call_many(
        [
            ("Allocation", "allocationOf", (scheme, period, number)),
            ("Allocation", "debtOf", (number,)),
            ("Compliance", "obligationOf", (number, period)),
            ("Compliance", "publicStanding", (number, period)),
            ("Schemes", "period", (scheme, period)),
        ]
    )
    due, assessed = owed.due, owed.state != 0
    if not assessed:
        due = _expected_due(desk, scheme, period, number, span, allocated)
    given = owed.allowances + owed.offsets
    limit = chain.call("Compliance", "offsetLimitFor", scheme, period, due)
    still = max(due - given, 0)
    return {
        "plant": number,
        "allocated": allocated,
        "allocationFinal": state == 2,
        "debt": debt,
        "due": due,
        "assessed": assessed,
        "surrendered": given,
        "open": still,
        "offsetRoom": min(still, max(limit - owed.offsets, 0)),
        "standing": STANDINGS[standing],
        "shortfall": shortfall,
        "deadline": span.surrenderDeadline,
        "years": list(range(span.firstYear, span.lastYear + 1)),
        "fine": fine_of(desk, scheme, period, still),
    }


def _expected_due(
    desk: Desk, scheme: int, period: int, number: int, span: Any, allocated: int
) -> int:
    """What will be owed on the figures that stand so far; 0 while there is no report."""
    chain = desk.chain
    emissions = 0
    for year in range(span.firstYear, span.lastYear + 1):
        emissions += chain.call("EmissionsOracle", "record", number, year) & (1 << 40) - 1
    benchmark_class = chain.call("Participants", "installation", number) >> 56 & 0xFF
    due, _ = chain.call(
        "Compliance", "dueFor", scheme, period, benchmark_class, emissions, allocated
    )
    return due


def fine_of(desk: Desk, scheme: int, period: int, short: int) -> tuple[str, str] | None:
    """Least and highest fine for what is open; None where nothing is, or the rules say nothing."""
    if not short:
        return None
    try:
        low, high = desk.chain.call("Compliance", "fineBounds", scheme, period, short)
    except TonneError:
        return None
    return cents(low), cents(high)


def pick(held: list[dict[str, Any]], kind: int, wanted: int, where: str) -> list[tuple[int, int]]:
    """Units of a class to the amount wanted, oldest first."""
    parts: list[tuple[int, int]] = []
    left = wanted
    for entry in held:
        if entry["unit"] >> 96 == kind and left and entry[where]:
            part = min(entry[where], left)
            parts.append((entry["unit"], part))
            left -= part
    if left:
        place = "on this wallet" if where == "wallet" else "free on the exchange"
        raise TonneError(
            "SURRENDER_NOT_HELD",
            f"There are only {wanted - left:,} {CONTRACTS[kind].lower()} {place}.",
            field="amount",
            value=wanted,
            remedy="Lower the amount, buy more, or use --from-exchange.",
        )
    return parts


def _one_batch(held: list[dict[str, Any]], amount: int) -> int:
    for entry in held:
        if entry["unit"] >> 96 == CREDIT and entry["wallet"] >= amount:
            return entry["unit"]
    raise TonneError(
        "RETIRE_NOT_HELD",
        f"No batch of credits on this wallet has {amount:,} t.",
        field="amount",
        value=amount,
        remedy="Lower the amount, or withdraw credits from the exchange first.",
    )


def _day(text: str) -> int:
    try:
        return (date.fromisoformat(text) - EPOCH).days
    except ValueError:
        raise TonneError(
            "RETIRE_BAD_DAY", "This is not a day.", "from/until", text, "Write it as 2021-12-31."
        ) from None
