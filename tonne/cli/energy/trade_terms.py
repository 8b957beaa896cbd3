"""Bilateral trades of energy: their files, contracts, intervals and times, as commands use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tonne.chain.reverts import ChainError
from tonne.cli.core.handed_papers import for_here
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.output import many, parse_money
from tonne.cli.core.session import Session, address_named, party
from tonne.crypto.accounts import checksum
from tonne.crypto.eip712 import Domain
from tonne.errors import TonneError, refused
from tonne.power import bilateral_trades
from tonne.power.bilateral_trades import Agreed, TradeFile
from tonne.power.trade_settlement import trades_domain

#: Title of an act, and the state of an interval before and after.
_STATES: Final = {
    "book": ("Book energy", "agreed", "booked"),
    "execute": ("Carry out a contract", "booked", "carried out"),
    "lapse": ("Free what was not booked", "bound", "free"),
}


def domain_of(session: Session) -> Domain:
    """EIP-712 domain of the PowerTrades contract."""
    return trades_domain(session.chain.chain_id, checksum(session.chain["PowerTrades"].address))


def read(session: Session, file: Path) -> TradeFile:
    """A trade file; raises TRADE_ELSEWHERE where it is for another deployment."""
    return for_here(bilateral_trades.read(file), domain_of(session), "TRADE_ELSEWHERE", "contract")


def contract_of(session: Session, number: int) -> Agreed:
    """A registered contract with its intervals."""
    return bilateral_trades.contract(session.chain, number, session.first_block)


def interval_s(session: Session) -> int:
    """Length of an interval [s]."""
    length: int = session.chain.call("PowerMarket", "terms").intervalS
    return length


def side_key(session: Session, who: str, field: str) -> str:
    """Signing address of a side: a pseudonym, else the wallet of a participant."""
    address = address_named(who)
    if address is not None and session.chain.call("PowerMarket", "pseudonymOf", address):
        return checksum(address)
    return checksum(party(session, who, field)[1])


def rate_of(text: str) -> int:
    """A price in credits/kWh as micro-credits/kWh."""
    return parse_money(text, 6)


def time_of(session: Session, text: str, step: int = 1) -> int:
    """A time in the scheme's zone, unless the text names another [s]; a multiple of `step`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise TonneError(
            "TRADE_TIME",
            "This is not a time.",
            field="time",
            value=text,
            remedy="Write it like 2026-06-01T12:00.",
        ) from None
    found = int((moment if moment.tzinfo else moment.replace(tzinfo=session.zone)).timestamp())
    if found % step:
        raise TonneError(
            "TRADE_TIME",
            f"No interval starts then; each has {step // 60} minutes.",
            field="time",
            value=text,
            remedy="Name the start or the end of an interval, like 2026-06-01T12:00.",
        )
    return found


def chosen(
    session: Session, possible: list[int], since: str | None, until: str | None, verb: str
) -> list[int]:
    """The possible intervals between two times; raises TRADE_NOTHING_DUE without any."""
    step = interval_s(session)
    first = 0 if since is None else time_of(session, since, step) // step
    last = None if until is None else time_of(session, until, step) // step
    found = [i for i in possible if i >= first and (last is None or i < last)]
    if not found:
        raise refused("TRADE_NOTHING_DUE", interval=None if since is None else since, verb=verb)
    return found


def check_terms(session: Session, made: TradeFile) -> None:
    """Raises the market's refusal of these terms; missing signatures, which it checks last, are expected."""
    try:
        session.chain.call("PowerTrades", "agree", *made.arguments())
    except ChainError as refusal:
        if refusal.revert.name != "TradesBadSignature":
            raise


def carry_out(
    act: OfficerAct,
    found: Agreed,
    function: str,
    rows: Mapping[int, Sequence[Any]],
    waiting: int = 0,
) -> None:
    """Acts on intervals, one call for each run of them; `rows` has the leaves of each."""
    title, before, after = _STATES[function]
    step, calls = interval_s(act), []
    for first, count in bilateral_trades.stretches(rows):
        args = [found.number, first, count, found.profile]
        if function == "execute":
            args.append([leaf for i in range(first, first + count) for leaf in rows[i]])
        about = f"{many(count, 'interval')} from {act.local_time(first * step)}"
        calls.append(OfficerCall("PowerTrades", function, args, [Effect(about, before, after)]))
    lines = [f"  {many(waiting, 'interval')} wait for final readings."] if waiting else []
    data = {"contract": found.number, "intervals": list(rows), "waiting": waiting}
    act.do(f"{title}, contract {found.number}", calls, data, lines)
