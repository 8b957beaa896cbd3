"""`tonne authority approve`, `refuse`, `suspend`, `resume`, `close`, `register`: parties and plants."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import Participant, Reason
from tonne.cli.core.output import many, money
from tonne.cli.core.session import (
    STATUSES,
    Session,
    address_named,
    participant_named,
    text_hash,
)
from tonne.constants import ZERO_WORD
from tonne.errors import TonneError, refused

ACTIVE, SUSPENDED = STATUSES.index("active"), STATUSES.index("suspended")
#: Right to trade, of a wallet.
TRADE: Final = 1
#: Plants in one call.
BATCH: Final = 100
#: Applications in one call.
MOST: Final = 200


#: An applicant, which has no number yet.
Wallet = Annotated[str, typer.Argument(help="Wallet address, or account name of `tonne up`.")]
Wallets = Annotated[
    list[str] | None, typer.Argument(help="Wallet addresses, keystore files or account names.")
]


@command(needs=OfficerAct)
def approve(
    act: OfficerAct,
    applicants: Wallets = None,
    everyone: Annotated[
        bool, typer.Option("--all", help="Every pending application in your jurisdictions.")
    ] = False,
) -> None:
    """Approve applications: their wallets become active participants, with the next numbers."""
    filed = _pending(act) if everyone else [_application(act, who) for who in applicants or ()]
    if not filed:
        raise TonneError(
            "AUTHORITY_NO_APPLICATION",
            "No application is pending in your jurisdictions."
            if everyone
            else "No applicant is named.",
            field="applicants",
            remedy="Name wallets, or say --all. They apply with"
            " `tonne wallet apply --kinds trader --jurisdiction 1`.",
        )
    changes = [
        Effect(f"wallet {wallet} in jurisdiction {place}", "applied", "active participant")
        for wallet, _, place, _ in filed
    ]
    act.do(
        f"Approve {many(len(filed), 'applicant')}",
        [
            OfficerCall("Participants", "approve", (filed[i : i + MOST],), changes[i : i + MOST])
            for i in range(0, len(filed), MOST)
        ],
        result=_numbers,
    )


def _pending(act: OfficerAct) -> list[tuple[str, int, int, bytes]]:
    """The latest application of each wallet that still waits, in jurisdictions of the officer, as filed."""
    told = act.chain.logs("Participants", "ApplicationFiled", act.first_block)
    # Events come in the order of the chain: the last one of a wallet stands.
    last = {e["wallet"]: e for e in told}
    standing = act.chain.call_many(("Participants", "applicationOf", (w,)) for w in last)
    waiting = [e for e, hash_ in zip(last.values(), standing, strict=True) if hash_ != ZERO_WORD]
    places = {e["jurisdiction"] for e in waiting}
    mine = act.chain.call_many(("Participants", "isRegistrar", (act.officer, p)) for p in places)
    allowed = {place for place, yes in zip(places, mine, strict=True) if yes}
    return [
        (e["wallet"], e["kinds"], e["jurisdiction"], e["detailsHash"])
        for e in waiting
        if e["jurisdiction"] in allowed
    ]


def _numbers(act: OfficerAct) -> tuple[dict[str, Any], str]:
    """Numbers given, and wallets whose application had changed."""
    given = {e["wallet"]: e["id"] for e in act.events() if e.name == "ParticipantApproved"}
    passed = [e["wallet"] for e in act.events() if e.name == "ApplicationPassedOver"]
    line = "  " + ", ".join(f"{wallet} is participant {n}" for wallet, n in given.items())
    if passed:
        line += f"; applied for something else meanwhile: {', '.join(passed)}"
    return {"participants": given, "passedOver": passed}, line


@command(needs=OfficerAct)
def refuse(act: OfficerAct, applicant: Wallet) -> None:
    """Refuse an application; the wallet may apply again."""
    filed = _application(act, applicant)
    change = Effect(f"application of {filed[0]} in jurisdiction {filed[2]}", "pending", "refused")
    act.do("Refuse an application", [OfficerCall("Participants", "refuse", (filed,), [change])])


def _application(session: Session, who: str) -> tuple[str, int, int, bytes]:
    """What a wallet applied for last: wallet, kinds, jurisdiction, hash of details."""
    from tonne.chain.contract import topic

    wallet = address_named(who)
    if wallet is None:
        raise TonneError(
            "PARTY_UNKNOWN",
            f"{who} names no wallet.",
            field="applicant",
            value=who,
            remedy="An applicant has no number yet: give the address or keystore file of its wallet.",
        )
    topics = [topic(int(wallet, 16))]
    told = session.chain.logs(
        "Participants", "ApplicationFiled", session.first_block, topics=topics
    )
    if not told or session.chain.call("Participants", "applicationOf", wallet) == ZERO_WORD:
        raise TonneError(
            "AUTHORITY_NO_APPLICATION",
            f"{wallet} has no pending application.",
            field="applicant",
            value=who,
            remedy="It applies with `tonne wallet apply --kinds trader --jurisdiction 1`.",
        )
    last = told[-1]
    return wallet, last["kinds"], last["jurisdiction"], last["detailsHash"]


@command(needs=OfficerAct)
def close(act: OfficerAct, who: Participant) -> None:
    """Close a participant for good; its accounts and wallets must be empty."""
    participant = participant_named(act, who, "participant")
    (person,) = _people(act, [participant])
    change = Effect(f"participant {participant}", STATUSES[person.status], "closed")
    title = f"Close participant {participant}"
    act.do(title, [OfficerCall("Participants", "close", (participant,), [change])])


@command(needs=OfficerAct, scheme=1)
def register(
    act: OfficerAct,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV file: operator, jurisdiction, benchmark_class, capacity_kw[, details]."
        ),
    ],
) -> None:
    """Register plants from a file; the officer is a registrar of their jurisdictions."""
    from tonne.cli.core import decision_files

    rows = decision_files.read(file, decision_files.Registered)
    first = act.chain.call("Participants", "installationCount") + 1
    calls = []
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        data = [
            (
                r.operator,
                act.scheme,
                r.jurisdiction,
                r.benchmark_class,
                r.capacity_kw,
                _text(r.details),
            )
            for r in part
        ]
        changes = [
            Effect(
                f"installation {first + start + place} of participant {row.operator}"
                f" in jurisdiction {row.jurisdiction}",
                "none",
                f"class {row.benchmark_class}, {row.capacity_kw:,} kW",
            )
            for place, row in enumerate(part)
        ]
        calls.append(OfficerCall("Participants", "registerInstallations", (data,), changes))
    act.do(f"Register {many(len(rows), 'installation')} in scheme {act.scheme}", calls)


@command(needs=OfficerAct)
def suspend(act: OfficerAct, who: Participant, reason: Reason) -> None:
    """Suspend a participant in the register and on the exchange, in one transaction.

    Its open orders become void, it can place no others, and its accounts are frozen. Its obligations stay.
    """
    _status(act, "suspend", who, reason)


@command(needs=OfficerAct)
def resume(act: OfficerAct, who: Participant, reason: Reason) -> None:
    """End a suspension in the register and on the exchange, in one transaction.

    Orders voided by the suspension stay void.
    """
    _status(act, "reinstate", who, reason)


def _status(act: OfficerAct, function: str, who: str, reason: str) -> None:
    act = act
    participant = participant_named(act, who, "participant")
    before = act.chain.call("Participants", "participant", participant).status
    wanted = SUSPENDED if function == "suspend" else ACTIVE
    if before != ACTIVE + SUSPENDED - wanted:
        raise refused("AUTHORITY_STATUS", participant=participant, statuses=STATUSES[before])
    hash_ = text_hash(reason)
    accounts, wallets = _accounts(act, participant), _wallets(act, participant)
    change = Effect(
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
    call = OfficerCall("RegistrarDesk", function, (participant, hash_), [change])
    title = f"{'Suspend' if wanted == SUSPENDED else 'Resume'} participant {participant}"
    act.do(title, [call], data, lines, following=lambda sent: _pull(sent, participant))


def _pull(act: OfficerAct, participant: int) -> None:
    """Sends the remaining accounts, where one transaction did not reach all."""
    chain = act.chain
    rest = next(e["next"] for e in chain.events(act.receipts[0]) if e.name == "StatusActed")
    while rest:
        following = chain.call("RegistrarDesk", "pull", participant, rest)
        act.receipts.append(act.send("RegistrarDesk", "pull", participant, rest))
        rest = following


def _people(session: Session, numbers: Sequence[int]) -> list[Any]:
    return session.chain.call_many(("Participants", "participant", (n,)) for n in numbers)


def _accounts(session: Session, participant: int) -> list[dict[str, Any]]:
    """The participant's accounts on the exchange that are not empty."""
    markets = range(1, session.chain.call("Exchange", "marketCount") + 1)
    found = session.chain.call_many(("Exchange", "account", (participant, m)) for m in markets)
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


def _wallets(session: Session, participant: int) -> list[str]:
    """Its wallets with the right to trade."""
    every = session.chain.call("Participants", "walletsOf", participant)
    rights = session.chain.call_many(("Participants", "walletOf", (wallet,)) for wallet in every)
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
    return text_hash(details) if details else ZERO_WORD
