"""`tonne energy claim`: a customer's part of what its aggregator forfeited by silence."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import WHO
from tonne.cli.core.output import table
from tonne.cli.core.session import Signer
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.crypto.accounts import Account
    from tonne.power.customer_papers import CustomerPaper
    from tonne.types.ids import PowerAccountId


@command(needs=Signer)
def claim(
    session: Signer,
    paper: Annotated[
        Path, typer.Argument(help="Paper of the register's list, as its office handed it to you.")
    ],
    day: Annotated[
        str | None, typer.Option(help="Day of the interval (UTC), e.g. 2026-04-15; with --at.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="Start of the interval (UTC), e.g. 18:30; with --day.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="Start of the interval in the scheme's zone, in place of both: 2026-06-01T12:00."
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            help=f"Account that gets it; default: your key's own. Address of a pseudonym, or: {WHO}"
        ),
    ] = None,
) -> None:
    """Take your part of what your aggregator forfeited in an interval; without one, list what waits for you.

    The key in the register takes it: yours, or that of your account (`tonne energy key`), which pays the gas
    on chains with fees. A participant's account has it at once; that of a pseudonym waits for the
    pseudonym's key (`tonne energy award`), since its credits are its supplier's.
    """
    from tonne.power import customer_papers, forfeits

    found = customer_papers.read(paper, session.chain)
    interval = _interval(session, day, at, since)
    if interval is None:
        _list(session, paper, found)
        return
    part = forfeits.part_of(session.chain, found, interval, session.first_block)
    key = _key(session, found)
    _take(session, found, part.interval, key, _target(session, key, to))


def _interval(session: Signer, day: str | None, at: str | None, since: str | None) -> int | None:
    """The interval that options name; None where none does. CLAIM_INTERVAL where they do not fit."""
    from tonne.cli.energy import trade_terms as terms
    from tonne.cli.energy.meter_bill import interval_at

    if day is None and at is None:
        if since is None:
            return None
        step = terms.interval_s(session)
        return terms.time_of(session, since, step) // step
    if day is not None and at is not None and since is None:
        return interval_at(terms.interval_s(session), day, at)
    raise TonneError(
        "CLAIM_INTERVAL",
        "An interval is named by --day and --at, or by --since.",
        field="since" if since is not None else "day" if day is None else "at",
        value=since,
        remedy="`tonne energy claim PAPER --day DAY --at HH:MM --as NAME`; `tonne energy claim PAPER` lists"
        " those that wait.",
    )


def _list(session: Signer, file: Path, paper: CustomerPaper) -> None:
    from tonne.chain import clock
    from tonne.power import forfeits
    from tonne.units.energy_credits import credits

    found = forfeits.waiting(session.chain, paper, session.first_block)
    data = {
        "bidder": paper.bidder,
        "index": paper.index,
        "waiting": [
            {"interval": x.interval, "start": x.start, "amount": x.amount, "until": x.until}
            for x in found
        ],
    }
    if not found:
        session.show(data, f"No forfeit of participant {paper.bidder} waits for this paper.")
        return
    rows = [
        (clock.shown(x.start, UTC), credits(x.amount), clock.shown(x.until, UTC)) for x in found
    ]
    first = datetime.fromtimestamp(found[0].start, UTC)
    session.show(
        data,
        table(
            f"Forfeits of participant {paper.bidder}: your parts",
            ("interval from (UTC)", ">credits", "yours until (UTC)"),
            rows,
        ),
        f"Take one: `tonne energy claim {shlex.quote(str(file))} --day {first:%Y-%m-%d} --at {first:%H:%M}"
        " --as NAME`.",
    )


def _key(session: Signer, paper: CustomerPaper) -> Account:
    """The key of the paper: the wallet's own, or its account's; CLAIM_OTHER_KEY where it is neither."""
    from tonne.power.customer_accounts import keys_of

    keys = keys_of(session.chain, session.account)
    for key in keys:
        if key.address.lower() == paper.key.lower():
            return key
    raise refused(
        "CLAIM_OTHER_KEY",
        paper_key=paper.key,
        key_address=" and ".join(key.address for key in keys),
    )


def _target(session: Signer, key: Account, to: str | None) -> PowerAccountId:
    """The account that gets a part; CLAIM_NO_ACCOUNT where the key has none, and none is named."""
    from tonne.cli.energy.market_account import account_of
    from tonne.types.ids import PowerAccountId

    if to is not None:
        return account_of(session, to)
    hidden = session.chain.call("PowerMarket", "pseudonymOf", key)
    own = hidden or session.chain.call("Participants", "walletOf", key)[0]
    if own:
        return PowerAccountId(own)
    raise refused("CLAIM_NO_ACCOUNT", key_address=key.address)


def _take(
    session: Signer, paper: CustomerPaper, interval: int, key: Account, target: PowerAccountId
) -> None:
    from tonne.power.customer_papers import MARKET
    from tonne.power.encoding import FIRST_PSEUDONYM
    from tonne.units.energy_credits import credits

    chain, args = session.chain, (interval, paper.bidder, target, *paper.shown)
    (answer,) = chain.call_many([(MARKET, "claim", args)], check=False, sender=key)
    if isinstance(answer, TonneError):
        raise answer
    chain.fund([key])
    sent = chain.send(key, MARKET, "claim", *args)
    amount = session.sent_event(sent, "ForfeitClaimed")["amount"]
    waits = target >= FIRST_PSEUDONYM
    data = {
        "bidder": paper.bidder,
        "interval": interval,
        "account": target,
        "amount": amount,
        "waits": waits,
        "transaction": sent.hash,
    }
    if waits:
        said = (
            f"{credits(amount)} credits wait for the key of account {target}, and are not its supplier's:"
            " `tonne energy award --to ACCOUNT --as NAME`."
        )
    else:
        said = (
            f"{credits(amount)} credits are account {target}'s: `tonne energy pay-out CREDITS --as NAME`"
            " moves them into your wallet."
        )
    session.show(data, said)
