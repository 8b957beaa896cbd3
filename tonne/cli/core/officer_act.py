"""The three ways of an officer's act: told (`--dry-run`), written for a Safe's owners (`--safe`), sent.

A command gives the act's calls and what each changes, before and after, for whom. Whichever way is chosen,
every call is first tried on the chain as the officer would make it, so that a refusal is told before
anything is written, signed or sent.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.chain import safe
from tonne.chain.client import Call, Event
from tonne.chain.reverts import ChainError
from tonne.cli.core.session import (
    DEFAULT_RPC,
    As,
    AsJson,
    Desk,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    connect,
    errors,
    key,
    many,
    show,
)
from tonne.crypto.accounts import Account, checksum
from tonne.crypto.eip712 import ADDRESS
from tonne.deployment import record
from tonne.errors import TonneError


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that becomes another, in plain words."""

    what: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.what}: {self.before} -> {self.after}"


@dataclass(frozen=True, slots=True)
class Act:
    """One call, and what it changes for whom."""

    contract: str
    function: str
    args: Sequence[Any]
    changes: Sequence[Change] = ()


@dataclass(slots=True)
class Hand:
    """Who acts, on which chain, and in which of the three ways."""

    desk: Desk
    officer: str
    account: Account | None
    dry: bool
    safe: Path | None
    as_json: bool
    #: Filled when an act was sent.
    receipts: list[Any] = field(default_factory=list)

    def do(
        self,
        title: str,
        acts: Sequence[Act],
        data: dict[str, Any] | None = None,
        lines: Sequence[str] = (),
        following: Callable[[Hand], None] | None = None,
        outcome: Callable[[Hand], tuple[dict[str, Any], str]] | None = None,
    ) -> None:
        """Tries, then tells, writes or sends; `following` sends what depends on what was sent, and
        `outcome` tells what came of it.
        """
        self._try(acts)
        changes = [change for act in acts for change in act.changes]
        told: dict[str, Any] = {
            "act": title,
            "officer": self.officer,
            "changes": [{"what": c.what, "before": c.before, "after": c.after} for c in changes],
            "calls": [f"{act.contract}.{act.function}" for act in acts],
            **(data or {}),
        }
        shown = [f"{title}:", *(f"  {change}" for change in changes), *lines]
        if self.dry:
            ending = f"Nothing was sent; {many(len(acts), 'call')} would be, by {self.officer}."
        elif self.safe is not None:
            self._write(title, acts, changes)
            told["safe"] = str(self.safe)
            ending = (
                f"{many(len(acts), 'call')} for the Safe {self.officer} in {self.safe}; nothing was"
                " sent. Load it into the Safe's Transaction Builder."
            )
        else:
            self._send(acts)
            if following is not None:
                following(self)
            if outcome is not None:
                came, said = outcome(self)
                told |= came
                shown.append(said)
            told["transactions"] = [receipt.hash for receipt in self.receipts]
            ending = f"Sent: {many(len(self.receipts), 'transaction')}."
        told["sent"] = bool(self.receipts)
        show(told, self.as_json, *shown, ending)

    def events(self) -> list[Event]:
        """What happened when it was sent."""
        return [event for receipt in self.receipts for event in self.desk.chain.events(receipt)]

    def _try(self, acts: Sequence[Act]) -> None:
        """Each call as the officer would make it; a refusal names which."""
        found = self.desk.chain.call_many(
            ((act.contract, act.function, act.args) for act in acts),
            check=False,
            sender=self.officer,
        )
        for number, (act, answer) in enumerate(zip(acts, found, strict=True), start=1):
            if isinstance(answer, ChainError) and len(acts) > 1:
                errors.print(
                    f"Call {number} of {len(acts)}, {act.contract}.{act.function}:", markup=False
                )
            if isinstance(answer, TonneError):
                raise answer

    def _write(self, title: str, acts: Sequence[Act], changes: Sequence[Change]) -> None:
        chain = self.desk.chain
        assert self.safe is not None
        calls = [(chain[act.contract], act.function, act.args) for act in acts]
        text = "; ".join(map(str, changes))
        safe.save(
            self.safe, safe.batch(chain.chain_id, chain.now(), self.officer, title, text, calls)
        )

    def _send(self, acts: Sequence[Act]) -> None:
        assert self.account is not None
        chain = self.desk.chain
        chain.fund([self.account])
        self.receipts += chain.send_many(
            Call(self.account, chain[act.contract], act.function, act.args) for act in acts
        )


DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; send nothing.")]
SafeFile = Annotated[
    Path | None,
    typer.Option("--safe", help="Write the calls for a Safe's Transaction Builder; send nothing."),
]
Officer = Annotated[
    str | None,
    typer.Option(
        "--from", help="Address that will act, e.g. of the Safe, where no key of it is here."
    ),
]


def acting(app: typer.Typer) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes a function that takes a `Hand` first a command of an app, named as it is."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        command = command_of(function)
        app.command(function.__name__.replace("_", "-"))(command)
        return command

    return register


def command_of(function: Callable[..., None]) -> Callable[..., None]:
    """The function with the options of the three ways in the place of its `Hand`."""
    signature = inspect.signature(function, eval_str=True)
    own = list(signature.parameters.values())[1:]
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*own, *_COMMON)]
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}

    def command(**given: Any) -> None:
        filled = {**defaults, **given}
        hand = _hand(**{p.name: filled.pop(p.name) for p in _COMMON})
        function(hand, **filled)

    command.__name__ = function.__name__.strip("_")
    command.__doc__ = function.__doc__
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def _hand(
    dry_run: bool,
    safe_file: Path | None,
    acting_as: str | None,
    rpc: str,
    folder: Path,
    name: str | None,
    keystore_file: Path | None,
    passphrase_file: Path | None,
    as_json: bool,
) -> Hand:
    if dry_run and safe_file is not None:
        raise TonneError(
            "ACT_TWO_WAYS",
            "--dry-run sends and writes nothing; --safe writes a file.",
            field="safe",
            value=str(safe_file),
            remedy="Give one of them.",
        )
    desk = connect(rpc, folder)
    if acting_as is None:
        account = key(name, keystore_file, passphrase_file)
        return Hand(desk, account.address, account, dry_run, safe_file, as_json)
    if not ADDRESS.fullmatch(acting_as):
        raise TonneError(
            "ACT_NO_ADDRESS", "This is not an address.", "from", acting_as, "Write it like 0x12…ef."
        )
    if not dry_run and safe_file is None:
        raise TonneError(
            "ACT_NO_KEY",
            "Nothing can be sent in the name of an address alone.",
            field="from",
            value=acting_as,
            remedy="Add --dry-run or --safe FILE, or give the key instead: --as, --keystore.",
        )
    return Hand(desk, checksum(acting_as), None, dry_run, safe_file, as_json)


def _common(
    dry_run: DryRun = False,
    safe_file: SafeFile = None,
    acting_as: Officer = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Only its parameters count: those every act has."""


_COMMON = list(inspect.signature(_common, eval_str=True).parameters.values())
