"""Units and obligations of a participant, read from the chain and its events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tonne.cli.core.output import cents
from tonne.cli.core.session import Session
from tonne.errors import TonneError, refused
from tonne.types import held_account, unit_id
from tonne.types.ids import ParticipantId, UnitId
from tonne.types.installation_word import InstallationWord

ALLOWANCE, CREDIT = unit_id.ALLOWANCE, unit_id.OFFSET_CREDIT
CONTRACTS: Final = {ALLOWANCE: "Allowances", CREDIT: "OffsetCredits"}

#: `Standing` of ICompliance.
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


def accounts(session: Session, participant: int) -> list[tuple[int, Any]]:
    """(market, account on the exchange) for every market."""
    count = session.chain.call("Exchange", "marketCount")
    numbers = range(1, count + 1)
    found = session.chain.call_many(("Exchange", "account", (participant, n)) for n in numbers)
    return list(zip(numbers, found, strict=True))


def holdings(session: Session, participant: int, own: str | None = None) -> list[dict[str, Any]]:
    """Every unit a participant holds, oldest vintage first; `wallet` counts the wallet `own` alone.

    `held` is held for it by the unit contract, because a wallet refused it.
    """
    chain = session.chain
    wallets = chain.call("Participants", "walletsOf", participant)
    holders = [*wallets, held_account.account_of(ParticipantId(participant))]
    issued = units(session)
    balances = chain.call_many(
        (
            CONTRACTS[unit_id.class_of(UnitId(unit))],
            "balanceOfBatch",
            (holders, [unit] * len(holders)),
        )
        for unit in issued
    )
    ledger = dict(accounts(session, participant))
    markets = chain.call_many(("Exchange", "marketOf", (unit,)) for unit in issued)
    held = []
    for unit, (*amounts, kept), market in zip(issued, balances, markets, strict=True):
        account = ledger.get(market)
        lot = chain.call("Exchange", "marketAssets", market).lotSize if market else 1
        of_own = sum(a for w, a in zip(wallets, amounts, strict=True) if own in (None, w))
        entry = {
            "unit": unit,
            "wallets": sum(amounts),
            "wallet": of_own,
            "held": kept,
            "exchange": account.lots * lot if account else 0,
            "free": (account.lots - account.lotsInAsks) * lot if account else 0,
        }
        if entry["wallets"] or kept or entry["exchange"]:
            held.append(entry)
    return sorted(held, key=lambda h: (unit_id.vintage_of(h["unit"]), h["unit"]))


def units(session: Session) -> list[int]:
    """Id of every unit ever issued, from the events."""
    return sorted(
        {
            event["id"]
            for contract in CONTRACTS.values()
            for event in session.chain.logs(contract, "UnitsIssued", session.first_block)
        }
    )


def latest_period(session: Session, scheme: int) -> int:
    """Compliance period of a scheme with the latest deadline, from the events."""
    periods: dict[int, int] = {
        event["periodId"]: event["period"].surrenderDeadline
        for event in session.chain.logs("Schemes", "PeriodSet", session.first_block)
        if event["scheme"] == scheme
    }
    if not periods:
        raise refused("POSITION_NO_PERIOD", scheme=scheme)
    return max(periods, key=lambda number: periods[number])


def plant_of(session: Session, scheme: int, period: int, number: int) -> dict[str, Any]:
    """Allocation and obligation of an installation in a period [t], for JSON."""
    chain = session.chain
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
        due = _expected_due(session, scheme, period, number, span, allocated)
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
        "fine": fine_of(session, scheme, period, still),
    }


def _expected_due(
    session: Session, scheme: int, period: int, number: int, span: Any, allocated: int
) -> int:
    """Obligation by the reports so far [t]; 0 without a report."""
    from tonne.evidence.report_encoding import ReportRecord

    chain = session.chain
    emissions = 0
    for year in range(span.firstYear, span.lastYear + 1):
        word = chain.call("EmissionsOracle", "record", number, year)
        emissions += ReportRecord.unpack(word).emissions_t
    plant = InstallationWord.unpack(chain.call("Participants", "installation", number))
    due: int
    due, _ = chain.call(
        "Compliance", "dueFor", scheme, period, plant.benchmark_class, emissions, allocated
    )
    return due


def fine_of(session: Session, scheme: int, period: int, short: int) -> tuple[str, str] | None:
    """Least and highest fine for missing units; None without any, or without a rule."""
    if not short:
        return None
    try:
        low, high = session.chain.call("Compliance", "fineBounds", scheme, period, short)
    except TonneError:
        return None
    return cents(low), cents(high)


def pick(
    held: Sequence[dict[str, Any]],
    kind: int,
    wanted: int,
    where: str,
    narrowed: str = "",
    among: Sequence[dict[str, Any]] = (),
) -> list[tuple[int, int]]:
    """(unit, amount) of a class up to an amount, oldest first; raises SURRENDER_NOT_HELD.

    `narrowed` says which of all holdings, `among`, are in `held`, such as " of vintage 2021".
    """
    parts: list[tuple[int, int]] = []
    left = wanted
    for entry in held:
        if unit_id.class_of(entry["unit"]) == kind and left and entry[where]:
            part = min(entry[where], left)
            parts.append((entry["unit"], part))
            left -= part
    if left:
        from tonne.chain.reverts import spaced

        place = "on this wallet" if where == "wallet" else "free on the exchange"
        raise TonneError(
            "SURRENDER_NOT_HELD",
            f"There are only {wanted - left:,} {spaced(CONTRACTS[kind])}{narrowed} {place}"
            + (f"; what is there: {_listed(among, kind, where)}." if narrowed else "."),
            field="amount",
            value=wanted,
            remedy="Lower the amount, or buy more. `tonne position` tells both places;"
            " --from-exchange takes units from the exchange.",
        )
    return parts


def _listed(held: Sequence[dict[str, Any]], kind: int, where: str) -> str:
    """The units of a class at `where`, with their amounts, e.g. `1,200 t of allowance 2020`."""
    found = [h for h in held if unit_id.class_of(h["unit"]) == kind and h[where]]
    names = (f"{h[where]:,} t of {unit_id.unit_name(UnitId(h['unit']))}" for h in found)
    return ", ".join(names) or "none"
