"""`tonne authority approve`, `suspend`, `resume`, `close`, `register`: who takes part, with which plants."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tonne.audit.market.registrar_desk import STATUSES
from tonne.cli.authority import decision_files
from tonne.cli.core.officer_act import Act, Change, Hand, acting
from tonne.cli.core.session import WHO, Desk, SchemeNumber, many, money, participant_named
from tonne.crypto.accounts import keccak
from tonne.errors import TonneError

ACTIVE, SUSPENDED = STATUSES.index("active"), STATUSES.index("suspended")
#: Right to trade, of a wallet.
TRADE: Final = 1
#: Plants in one call.
BATCH: Final = 100

Who = Annotated[str, typer.Argument(help=WHO)]
Reason = Annotated[str, typer.Option(help="Why; its hash goes on record.")]


def approve(
    hand: Hand,
    applicants: Annotated[list[str], typer.Argument(help=f"Applicants. {WHO}")],
) -> None:
    """Let applicants in: from then on they are active."""
    participants = [participant_named(hand.desk, who, "applicant") for who in applicants]
    people = _people(hand.desk, participants)
    changes = [
        Change(f"participant {number}", STATUSES[person.status], "active")
        for number, person in zip(participants, people, strict=True)
    ]
    hand.do(
        f"Approve {many(len(participants), 'applicant')}",
        [Act("Participants", "approve", (participants,), changes)],
    )


def close(hand: Hand, who: Who) -> None:
    """End a participation for good; nothing may be left on it."""
    participant = participant_named(hand.desk, who, "participant")
    (person,) = _people(hand.desk, [participant])
    change = Change(f"participant {participant}", STATUSES[person.status], "closed")
    title = f"Close participant {participant}"
    hand.do(title, [Act("Participants", "close", (participant,), [change])])


def register(
    hand: Hand,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with operator, jurisdiction, benchmark_class, capacity_kw[, details]."
        ),
    ],
    scheme: SchemeNumber = 1,
) -> None:
    """Enter plants from a file; each needs a registrar of its jurisdiction."""
    rows = decision_files.read(file, decision_files.Registered)
    first = hand.desk.chain.call("Participants", "installationCount") + 1
    acts = []
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        data = [
            (r.operator, scheme, r.jurisdiction, r.benchmark_class, r.capacity_kw, _text(r.details))
            for r in part
        ]
        changes = [
            Change(
                f"installation {first + start + place} of participant {row.operator}"
                f" in jurisdiction {row.jurisdiction}",
                "none",
                f"class {row.benchmark_class}, {row.capacity_kw:,} kW",
            )
            for place, row in enumerate(part)
        ]
        acts.append(Act("Participants", "registerInstallations", (data,), changes))
    hand.do(f"Register {many(len(rows), 'installation')} in scheme {scheme}", acts)


def suspend(hand: Hand, who: Who, reason: Reason) -> None:
    """Take a participant's freedoms away, in the register and on the exchange in one transaction.

    Its open orders are void, it places no other, its accounts are frozen. Its duties stay.
    """
    _status(hand, "suspend", who, reason)


def resume(hand: Hand, who: Who, reason: Reason) -> None:
    """End a suspension, in the register and on the exchange in one transaction.

    Orders that the suspension made void stay void.
    """
    _status(hand, "reinstate", who, reason)


def _status(hand: Hand, function: str, who: str, reason: str) -> None:
    desk = hand.desk
    participant = participant_named(desk, who, "participant")
    before = desk.chain.call("Participants", "participant", participant).status
    wanted = SUSPENDED if function == "suspend" else ACTIVE
    if before != ACTIVE + SUSPENDED - wanted:
        raise TonneError(
            "AUTHORITY_STATUS",
            f"Participant {participant} is {STATUSES[before]}.",
            field="participant",
            value=participant,
            remedy="Where only the exchange lags behind the register:"
            f" `tonne market sync {participant}`.",
        )
    hash_ = keccak(reason.encode())
    accounts, wallets = _accounts(desk, participant), _wallets(desk, participant)
    change = Change(
        f"participant {participant}, in the register and on the exchange",
        STATUSES[before],
        STATUSES[wanted],
    )
    data: dict[str, Any] = {
        "participant": participant,
        "before": STATUSES[before],
        "status": STATUSES[wanted],
        "reasonHash": hash_,
        "wallets": wallets,
        "accounts": accounts,
    }
    lines = _lines(accounts, len(wallets), stops=wanted == SUSPENDED)
    act = Act("RegistrarDesk", function, (participant, hash_), [change])
    title = f"{'Suspend' if wanted == SUSPENDED else 'Resume'} participant {participant}"
    hand.do(title, [act], data, lines, following=lambda sent: _pull(sent, participant))


def _pull(hand: Hand, participant: int) -> None:
    """What of the act did not fit into one transaction."""
    chain = hand.desk.chain
    rest = next(e["next"] for e in chain.events(hand.receipts[0]) if e.name == "StatusActed")
    while rest:
        following = chain.call("RegistrarDesk", "pull", participant, rest)
        assert hand.account is not None
        hand.receipts.append(chain.send(hand.account, "RegistrarDesk", "pull", participant, rest))
        rest = following


def _people(desk: Desk, numbers: Sequence[int]) -> list[Any]:
    return desk.chain.call_many(("Participants", "participant", (n,)) for n in numbers)


def _accounts(desk: Desk, participant: int) -> list[dict[str, Any]]:
    """The participant's accounts on the exchange in which there is something."""
    markets = range(1, desk.chain.call("Exchange", "marketCount") + 1)
    found = desk.chain.call_many(("Exchange", "account", (participant, m)) for m in markets)
    return [
        {
            "market": market,
            "lots": held.lots,
            "lotsOffered": held.lotsInAsks,
            "cash": money(held.cash),
            "cashBid": money(held.cashInBids),
            "orders": bool(held.lotsInAsks or held.cashInBids),
        }
        for market, held in zip(markets, found, strict=True)
        if held.lots or held.cash
    ]


def _wallets(desk: Desk, participant: int) -> list[str]:
    """Its wallets with the right to trade."""
    every = desk.chain.call("Participants", "walletsOf", participant)
    rights = desk.chain.call_many(("Participants", "walletOf", (wallet,)) for wallet in every)
    return [wallet for wallet, (_, may, _) in zip(every, rights, strict=True) if may & TRADE]


def _lines(accounts: Sequence[dict[str, Any]], wallets: int, stops: bool) -> list[str]:
    trades = "none places an order any more" if stops else "they may place orders again"
    lines = [f"  wallets with the right to trade: {wallets}, {trades}"]
    for held in accounts:
        text = f"  market {held['market']}: {held['lots']:,} lots and {held['cash']}"
        text += f" {'frozen' if stops else 'free again, unless an order freezes them'}"
        if stops and held["orders"]:
            text += (
                f"; its orders, {held['lotsOffered']:,} lots offered and {held['cashBid']} bid,"
                " are void"
            )
        lines.append(text)
    return lines


def _text(details: str) -> bytes:
    return keccak(details.encode()) if details else bytes(32)


def enter(app: typer.Typer) -> None:
    for command in (approve, suspend, resume, close, register):
        acting(app)(command)
