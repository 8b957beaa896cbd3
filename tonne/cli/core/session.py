"""What all commands share: the connection, the key, and how results and errors are printed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timezone
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from tonne import paths
from tonne.chain import clock
from tonne.chain.client import Chain
from tonne.crypto import keystore
from tonne.crypto.accounts import Account, checksum
from tonne.crypto.eip712 import ADDRESS
from tonne.deployment import record
from tonne.errors import TonneError

DEFAULT_RPC: Final = "http://127.0.0.1:8545"

#: Where `tonne up` leaves the keystores of its people.
ACCOUNTS: Final = Path(os.environ.get("TONNE_ACCOUNTS", paths.HOME / "build" / "accounts"))
PASSPHRASE_FILE: Final = "passphrase.txt"

Rpc = Annotated[
    str,
    typer.Option("--rpc", envvar="TONNE_RPC", help="JSON-RPC URL of the node."),
]
Folder = Annotated[
    Path,
    typer.Option(
        "--deployments", envvar="TONNE_DEPLOYMENTS", help="Folder of the deployments files."
    ),
]
Keystore = Annotated[
    Path | None,
    typer.Option("--keystore", envvar="TONNE_KEYSTORE", help="Ethereum keystore to act with."),
]
Passphrase = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        envvar="TONNE_PASSPHRASE_FILE",
        help="File with the keystore's passphrase; without it you are asked.",
    ),
]
As = Annotated[
    str | None,
    typer.Option("--as", help="One of the people of `tonne up`, by name, e.g. trader."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
SchemeNumber = Annotated[int, typer.Option("--scheme", help="Number of the scheme.")]
MarketNumber = Annotated[int, typer.Option("--market", help="Number of the market.")]

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


@dataclass(frozen=True, slots=True)
class Desk:
    """A connection with everything a command needs to act and to speak."""

    chain: Chain
    deployment: record.Deployment
    zone: timezone
    scheme: int

    def when(self, moment: int) -> str:
        return clock.shown(moment, self.zone)


def connect(rpc: str, folder: Path, scheme: int = 1) -> Desk:
    """Finds the market on the node's chain."""
    chain = Chain(rpc)
    deployment = record.attach(chain, folder)
    try:
        clock.speak(chain, scheme)
        zone = clock.zone_of(chain, scheme)
    except TonneError as error:
        if error.code != "SCHEMES_UNKNOWN":
            raise
        zone = UTC  # deployed, but no scheme yet
    return Desk(chain, deployment, zone, scheme)


def key(name: str | None, keystore_file: Path | None, passphrase_file: Path | None) -> Account:
    """The account to act with."""
    if name is not None:
        path = ACCOUNTS / f"{name}.json"
        if not path.exists():
            known = ", ".join(sorted(p.stem for p in ACCOUNTS.glob("*.json"))) or "nobody"
            raise TonneError(
                "ACCOUNT_UNKNOWN",
                f"There is nobody of the name {name} here.",
                field="as",
                value=name,
                remedy=f"Known: {known}. Or use --keystore FILE.",
            )
        return keystore.read(path, ACCOUNTS / PASSPHRASE_FILE)
    if keystore_file is None:
        raise TonneError(
            "ACCOUNT_MISSING",
            "This needs a key to act with.",
            field="keystore",
            remedy="Give --keystore FILE, or --as NAME after `tonne up`.",
        )
    return keystore.read(keystore_file, passphrase_file)


def participant_of(desk: Desk, account: Account) -> int:
    """The participant a key acts for."""
    number, _, _ = desk.chain.call("Participants", "walletOf", account)
    if number == 0:
        raise TonneError(
            "ACCOUNT_NOT_REGISTERED",
            "This wallet belongs to no participant.",
            field="wallet",
            value=account.address,
            remedy="Apply for registration first, or use another key.",
        )
    return number


#: How a participant is named on the command line.
WHO: Final = "Number of the participant, address of a wallet, or a name of `tonne up`."


def party(desk: Desk, who: str, field: str) -> tuple[int, str]:
    """Participant and wallet that a person named; a number stands for its primary wallet."""
    if who.isdigit():
        if not 0 < int(who) < 1 << 24:
            raise _unknown_party(who, field)
        wallet = desk.chain.call("Participants", "primaryWallet", int(who))
        if int(wallet, 16) == 0:
            raise _unknown_party(who, field)
        return int(who), wallet
    wallet = address_named(who)
    if wallet is None:
        raise _unknown_party(who, field)
    number, _, _ = desk.chain.call("Participants", "walletOf", wallet)
    if number == 0:
        raise TonneError(
            "PARTY_UNKNOWN",
            f"The wallet of the {field}, {who}, belongs to no participant.",
            field=field,
            value=who,
            remedy="Use a registered wallet.",
        )
    return number, wallet


def address_named(who: str) -> str | None:
    """An address as it was given, or that of the keystore of this name."""
    if ADDRESS.fullmatch(who):
        return checksum(who)
    path = ACCOUNTS / f"{who}.json"
    return keystore.address(path) if "/" not in who and path.exists() else None


def participant_named(desk: Desk, who: str, field: str) -> int:
    return party(desk, who, field)[0]


def _unknown_party(who: str, field: str) -> TonneError:
    names = ", ".join(sorted(path.stem for path in ACCOUNTS.glob("*.json")))
    return TonneError(
        "PARTY_UNKNOWN",
        f"There is no {field} {who}.",
        field=field,
        value=who,
        remedy="Give the number of a participant, the address of a wallet"
        + (f", or one of {names}." if names else "."),
    )


# Printing


def show(data: Mapping[str, Any], as_json: bool, *lines: Any) -> None:
    """The result: as JSON, or as the lines (text or tables) made for people."""
    if as_json:
        print(json.dumps(data, indent=2, default=_plain))
        return
    for line in lines:
        console.print(line)


#: Columns that others make room for; and those of tables of rules.
KEPT_WHOLE: Final = ("name", "address", "holder", "contract", "officer", "order")
RULES_KEPT_WHOLE: Final = ("scheme", "from", "to", "confidence", "where")


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], rules: bool = False
) -> Table:
    """Columns whose name begins with `>` are set to the right. `rules`: a table of rules, of which nothing
    is cut off: a word that does not fit goes on below."""
    result = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        result.add_column(
            column.lstrip(">"),
            justify="right" if column.startswith(">") else "left",
            no_wrap=column in KEPT_WHOLE or (rules and column in RULES_KEPT_WHOLE),
            overflow="fold" if rules else "ellipsis",
        )
    for row in rows:
        result.add_row(*[value if isinstance(value, str) else str(value) for value in row])
    return result


def cents(amount: int) -> str:
    """[0.01 currency] as people write it."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100:,}.{abs(amount) % 100:02d}"


def money(amount: int) -> str:
    """[0.0001 currency] of the ledger as people write it, to the last digit that is not zero."""
    fine = abs(amount) % 100
    text = cents(amount // 100 if amount >= 0 else -(-amount // 100))
    return f"{text}{fine:02d}" if fine else text


def many(count: int, word: str) -> str:
    """`1 order`, `2 orders`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def parse_day(text: str, field: str) -> int:
    """Local days since 1970-01-01 of a day like 2021-07-30."""
    try:
        return (date.fromisoformat(text) - date(1970, 1, 1)).days
    except ValueError:
        raise TonneError(
            "DAY_UNREADABLE", "This is not a day.", field, text, "Write it like 2021-07-30."
        ) from None


def parse_money(text: str, digits: int = 2) -> int:
    """A decimal amount as an integer of its last digit; never through a float."""
    whole, _, part = text.replace(",", "").partition(".")
    plain = whole.isdigit() and (part.isdigit() or part == "")
    if not plain or len(part) > digits:
        raise TonneError(
            "AMOUNT_UNREADABLE",
            "This is not an amount.",
            field="amount",
            value=text,
            remedy=f"Write it like 48.00, with at most {digits} decimals.",
        )
    return int(whole) * 10**digits + int(part.ljust(digits, "0") or "0")


def fail(error: TonneError, as_json: bool) -> None:
    """One sentence with its code, for people on the error output, for machines on the output."""
    if as_json:
        print(json.dumps({"error": error.as_dict()}, indent=2, default=_plain))
    else:
        errors.print(f"tonne: {error}", style="red" if errors.is_terminal else None, markup=False)


def quiet_pipe() -> None:
    """`tonne … | head` is no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "_asdict"):
        return value._asdict()
    return str(value)
