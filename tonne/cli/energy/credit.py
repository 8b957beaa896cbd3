"""`tonne credit`: energy credits of a local government, issued, supervised and redeemed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import AMOUNT, ON_RECORD, WHO, Reason
from tonne.cli.core.output import many, parse_day, parse_money, table
from tonne.cli.core.session import (
    Keeper,
    Session,
    Signer,
    file_hash,
    participant_named,
    party,
    text_hash,
)
from tonne.constants import DAY_S
from tonne.errors import TonneError

app = typer.Typer(help="Energy credits: issue, supervise, recover.", no_args_is_help=True)

SeriesNumber = Annotated[int, typer.Argument(help="Series number, from `report`.", min=1)]
Credits = Annotated[str, typer.Argument(help=f"Credits, e.g. 1,000 or 0.25. {AMOUNT}")]

#: Wallets swept in one call.
SWEPT: Final = 200

#: Decimals of a credit.
DECIMALS: Final = 6


def micro(text: str) -> int:
    """Credits as text in micro-credits."""
    return parse_money(text, DECIMALS)


def because(text: str | None, field: str = "reason", remedy: str = "") -> str:
    """Words that go on record of an act; CREDIT_NO_REASON where there are none but blanks."""
    if text is None or not text.strip():
        raise TonneError(
            "CREDIT_NO_REASON",
            f"This act goes on record with the words of --{field}, and there are none.",
            field=field,
            value=text,
            remedy=remedy or f"Say it: --{field} TEXT.",
        )
    return text


def find(session: Session, number: int) -> int:
    """Unit id of a series."""
    from tonne.units import energy_credits

    return energy_credits.series_id(session.chain, number, session.first_block)


def approve(session: Signer, contract: str) -> None:
    """Lets a contract move the account's energy credits, unless it already may."""
    address = session.chain[contract]
    if not session.chain.call("EnergyCredits", "isApprovedForAll", session.account, address):
        session.send("EnergyCredits", "setApprovalForAll", address, True)


@app.command("open")
@command(needs=OfficerAct, scheme=1)
def open_(
    act: OfficerAct,
    until: Annotated[str, typer.Option(help="Last day of validity, e.g. 2026-12-31.")],
    purpose: Annotated[str, typer.Option(help=f"Purpose. {ON_RECORD}")],
    use: Annotated[
        list[str] | None,
        typer.Option(help="Use: transfer, power or bills; default: all. Repeatable."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="Kind of participant that may receive it; default: all. Repeatable."),
    ] = None,
) -> None:
    """Open a series, as the local government; a supervisor limits it before issue."""
    from tonne.units.energy_credits import KINDS, USES, bits

    said = because(purpose, "purpose")
    chain = act.chain
    day_ends = (parse_day(until, "until") + 1) * DAY_S - 1
    expiry = day_ends - chain.call("Schemes", "schemeInfo", act.scheme).utcOffset
    terms = (
        act.scheme,
        expiry,
        bits(use or list(USES), USES, "use"),
        bits(kind or [], KINDS, "kind"),
        text_hash(said),
    )
    change = Effect("series", "none", f"open, good until {act.local_time(expiry)}; its limit is 0")
    call = OfficerCall("EnergyCredits", "openSeries", (terms,), [change])
    act.do("Open a series of energy credits", [call], {"expiry": expiry}, result=_opened)


def _opened(act: OfficerAct) -> tuple[dict[str, Any], str]:
    from tonne.units import energy_credits

    event = act.event("SeriesOpened")
    number = energy_credits.number_of(event["id"])
    data = {"series": number, "id": hex(event["id"]), "issuer": event["issuer"]}
    return data, f"  It is series {number}."


@app.command()
@command(needs=OfficerAct)
def collateral(
    act: OfficerAct,
    series: SeriesNumber,
    amount: Credits,
    kind: Annotated[
        str, typer.Option(help="Kind: deposit, revenue, energy or service.")
    ] = "deposit",
    document: Annotated[
        str | None, typer.Option(help=f"Deed: a file, or words that name it. {ON_RECORD}")
    ] = None,
    withdraw: Annotated[
        int | None, typer.Option(help="Record number to take collateral off instead.", min=1)
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Reason for taking it off.")] = None,
) -> None:
    """Record collateral, as the issuer; with --withdraw take off collateral that no credit needs."""
    from tonne.units.energy_credits import COLLATERAL, bits, credits

    id_, value = find(act, series), micro(amount)
    text = (reason if withdraw else document) or ""
    if not text.strip():
        raise TonneError(
            "CREDIT_NO_DOCUMENT",
            "Collateral goes on record with its deed, and off it with a reason.",
            field="reason" if withdraw else "document",
            remedy="Give --reason." if withdraw else "Give --document.",
        )
    held = _series(act, id_).collateral
    after = held - value if withdraw else held + value
    change = Effect(f"collateral of series {series}", credits(held), credits(max(after, 0)))
    data: dict[str, Any] = {"series": series, "amount": value, "collateral": after}
    why = text_hash(text) if withdraw else _deed_hash(text)
    if withdraw:
        call = OfficerCall(
            "EnergyCredits", "withdrawCollateral", (id_, withdraw, value, why), [change]
        )
        act.do(f"Take collateral off record {withdraw}", [call], {**data, "record": withdraw})
        return
    number = bits([kind], {k: i for i, k in enumerate(COLLATERAL) if i}, "kind")
    call = OfficerCall("EnergyCredits", "recordCollateral", (id_, number, value, why), [change])
    act.do("Put collateral on record", [call], data, result=_recorded)


def _deed_hash(document: str) -> bytes:
    """Of the content of a file, or of words that name a deed kept elsewhere."""
    path = Path(document)
    return file_hash(path) if path.is_file() else text_hash(document)


def _recorded(act: OfficerAct) -> tuple[dict[str, Any], str]:
    record = act.event("CollateralRecorded")["record"]
    return {"record": record}, f"  It is record {record}."


@app.command()
@command(needs=OfficerAct)
def limit(
    act: OfficerAct,
    series: SeriesNumber,
    amount: Credits,
    reason: Annotated[
        str | None, typer.Option(help="Reason; required for the limit of a series.")
    ] = None,
    participant: Annotated[
        str | None,
        typer.Option(help=f"Participant to limit, or `all` for those without own limit. {WHO}"),
    ] = None,
) -> None:
    """Limit the outstanding credits of a series, as its supervisor, or a participant's, as its issuer."""
    from tonne.units.energy_credits import credits

    id_, value = find(act, series), micro(amount)
    if participant is not None:
        _limit_receiver(act, series, id_, value, participant)
        return
    said = because(reason, remedy="Give --reason TEXT; or --participant to limit one participant.")
    before = credits(_series(act, id_).limit)
    change = Effect(f"most that is outstanding of series {series}", before, credits(value))
    args = (id_, value, text_hash(said))
    call = OfficerCall("EnergyCredits", "setIssueLimit", args, [change])
    act.do(f"Limit series {series}", [call], {"series": series, "limit": value})


def _limit_receiver(act: OfficerAct, series: int, id_: int, value: int, participant: str) -> None:
    from tonne.units.energy_credits import credits

    who = 0 if participant == "all" else participant_named(act, participant, "participant")
    own = act.chain.call("EnergyCredits", "grantOf", id_, who) if who else None
    usual = _series(act, id_).receiverLimit
    held = own.limit if own and own.limited else usual or None
    whose = f"participant {who}" if who else "a participant without a limit of its own"
    change = Effect(f"most that {whose} is issued of series {series}", _most(held), credits(value))
    call = OfficerCall("EnergyCredits", "setReceiverLimit", (id_, who, who != 0, value), [change])
    data = {"series": series, "participant": who, "limit": value}
    act.do(f"Limit what is issued of series {series}", [call], data)


@app.command()
@command(needs=OfficerAct)
def issue(
    act: OfficerAct,
    series: SeriesNumber,
    amount: Credits,
    to: Annotated[list[str], typer.Argument(help=f"Receivers of this amount each. {WHO}")],
    collateral: Annotated[int, typer.Option(help="Record number of the collateral.", min=1)],
    decision: Annotated[str, typer.Option(help=f"Decision. {ON_RECORD}")],
) -> None:
    """Issue credits against a record of collateral, as the issuer."""
    from tonne.units.energy_credits import credits

    said = because(decision, "decision")
    id_, value = find(act, series), micro(amount)
    wallets = [party(act, who, "receiver")[1] for who in to]
    args = (id_, [(wallet, value) for wallet in wallets], collateral, text_hash(said))
    change = _outstanding(act, series, id_, value * len(wallets))
    data = {"series": series, "amount": value, "wallets": wallets}
    title = f"Issue {credits(value)} of series {series} to each of {many(len(wallets), 'wallet')}"
    call = OfficerCall("EnergyCredits", "issue", args, [change])
    act.do(title, [call], data, result=lambda sent: _left(sent, id_))


@app.command()
@command(needs=OfficerAct)
def freeze(
    act: OfficerAct,
    series: SeriesNumber,
    amount: Credits,
    holder: Annotated[str, typer.Argument(help=f"Holder. {WHO}")],
    reason: Reason,
) -> None:
    """Freeze this amount of a wallet's credits, as an officer; 0 lifts the freeze."""
    from tonne.units.energy_credits import credits

    said = because(reason)
    chain, id_, value = act.chain, find(act, series), micro(amount)
    _, wallet = party(act, holder, "holder")
    held, frozen = (
        chain.call("EnergyCredits", function, wallet, id_)
        for function in ("balanceOf", "getFrozenTokens")
    )
    change = Effect(f"frozen of series {series} in {wallet}", credits(frozen), credits(value))
    args = (wallet, id_, value, text_hash(said))
    data = {"series": series, "wallet": wallet, "frozen": value, "free": max(held - value, 0)}
    call = OfficerCall("EnergyCredits", "freezeByOrder", args, [change])
    act.do(f"Freeze credits of series {series}", [call], data)


@app.command()
@command(needs=OfficerAct)
def reclaim(
    act: OfficerAct,
    series: SeriesNumber,
    amount: Credits,
    holder: Annotated[str, typer.Argument(help=f"Holder. {WHO}")],
    reason: Reason,
) -> None:
    """Reclaim credits from a holder, as the issuer."""
    said = because(reason)
    id_, value = find(act, series), micro(amount)
    _, wallet = party(act, holder, "holder")
    change = _outstanding(act, series, id_, -value)
    args = (id_, wallet, value, text_hash(said))
    data = {"series": series, "wallet": wallet, "reclaimed": value}
    call = OfficerCall("EnergyCredits", "reclaim", args, [change])
    title = f"Reclaim credits of series {series} from {wallet}"
    act.do(title, [call], data, result=lambda sent: _left(sent, id_))


def _most(limit: int | None) -> str:
    from tonne.units.energy_credits import credits

    return "no limit" if limit is None else credits(limit)


def _series(act: OfficerAct, id_: int) -> Any:
    return act.chain.call("EnergyCredits", "seriesOf", id_)


def _outstanding(act: OfficerAct, series: int, id_: int, more: int) -> Effect:
    from tonne.units.energy_credits import credits

    held = _series(act, id_).outstanding
    what = f"outstanding of series {series}"
    return Effect(what, credits(held), credits(max(held + more, 0)))


def _left(act: OfficerAct, id_: int) -> tuple[dict[str, Any], str]:
    from tonne.units.energy_credits import credits

    left = _series(act, id_).outstanding
    return {"outstanding": left}, f"  {credits(left)} are outstanding."


@app.command()
@command(needs=Signer)
def redeem(
    session: Signer,
    series: SeriesNumber,
    amount: Credits,
    against: Annotated[str, typer.Option("--for", help=f"Consideration. {ON_RECORD}")],
) -> None:
    """Redeem your credits with the issuer for their collateral. They are cancelled."""
    from tonne.units.energy_credits import credits

    said = because(against, "for")
    account = session.account
    chain, id_, value = session.chain, find(session, series), micro(amount)
    session.send("EnergyCredits", "redeem", id_, value, text_hash(said))
    left = chain.call("EnergyCredits", "balanceOf", account, id_)
    session.show(
        {"series": series, "redeemed": value, "left": left},
        f"{credits(value)} of series {series} are redeemed; you have {credits(left)}.",
    )


@app.command()
@command(needs=Keeper)
def sweep(session: Keeper, series: SeriesNumber) -> None:
    """Cancel the remaining credits of an expired series, in wallets and pledges. Open to all."""
    from tonne.units import energy_credits
    from tonne.units.energy_credits import credits

    chain, id_ = session.chain, find(session, series)
    before = chain.call("EnergyCredits", "seriesOf", id_).outstanding
    for number, pledge in energy_credits.open_pledges(chain):
        if pledge.credit == id_:
            session.send("CreditPledges", "expire", number)
    wallets = energy_credits.holders(chain, id_, session.first_block)
    for start in range(0, len(wallets), SWEPT):
        session.send("EnergyCredits", "sweep", id_, wallets[start : start + SWEPT])
    left = chain.call("EnergyCredits", "seriesOf", id_).outstanding
    session.show(
        {"series": series, "expired": before - left, "outstanding": left},
        f"{credits(before - left)} of series {series} have expired; {credits(left)} are held by"
        " contracts for others.",
    )


@app.command()
@command(needs=Session)
def report(session: Session) -> None:
    """Show each series: issued = outstanding + redeemed + reclaimed + expired."""
    from tonne.units import energy_credits
    from tonne.units.energy_credits import credits

    lines = energy_credits.report(session.chain, session.first_block)
    columns = (
        *(">issuer", ">series", "valid until", ">issued", ">outstanding", ">of it pledged"),
        *(">redeemed", ">reclaimed", ">expired", ">limit", ">collateral"),
    )
    rows = [
        (
            line.issuer,
            line.series,
            session.local_time(line.expiry),
            *map(
                credits,
                (
                    *(line.issued, line.outstanding, line.pledged, line.redeemed),
                    *(line.reclaimed, line.expired, line.limit, line.collateral),
                ),
            ),
        )
        for line in sorted(lines, key=lambda line: (line.issuer, line.series))
    ]
    session.show(
        {"unit": "micro-credit", "series": [line.as_dict() for line in lines]},
        table("", columns, rows) if rows else "No series of energy credits.",
    )
