"""An officer's act in three ways: shown (`--dry-run`), written for a Safe (`--safe`), or sent.

A command names the calls and the effects of each, before and after. Every call is first tried on the
chain as the officer, so that a refusal comes before anything is written, signed or sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tonne.cli.core.options import DryRun, From, SafeFile
from tonne.cli.core.output import errors, many, working
from tonne.cli.core.session import Signer
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.chain.client import Event
    from tonne.chain.sender import Receipt


@dataclass(frozen=True, slots=True)
class Effect:
    """A state before and after an act."""

    what: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.what}: {self.before} -> {self.after}"


@dataclass(frozen=True, slots=True)
class OfficerCall:
    """One contract call of an act, with its effects."""

    contract: str
    function: str
    args: Sequence[Any]
    effects: Sequence[Effect] = ()


#: Reads the result of a sent act: more data, and a line of text.
Result = Callable[["OfficerAct"], tuple[dict[str, Any], str]]


@dataclass(kw_only=True)
class OfficerAct(Signer):
    """A session that shows, writes or sends an act of the account, or of the address in --from."""

    dry_run: DryRun = False
    safe_file: SafeFile = None
    acting_as: From = None

    def __post_init__(self) -> None:
        #: Receipts of the sent calls.
        self.receipts: list[Receipt] = []
        if self.dry_run and self.safe_file is not None:
            raise refused("ACT_TWO_WAYS", safe_file=str(self.safe_file))
        if self.acting_as is not None:
            self._check_address(self.acting_as)

    def _check_address(self, address: str) -> None:
        """Raises where --from is no address, or where something would have to be signed for it."""
        from tonne.crypto.eip712 import ADDRESS

        if not ADDRESS.fullmatch(address):
            raise refused("ACT_NO_ADDRESS", address=address)
        if not self.dry_run and self.safe_file is None:
            raise refused("ACT_NO_KEY", address=address)

    @cached_property
    def officer(self) -> str:
        """Address that acts."""
        from tonne.crypto.accounts import checksum

        return self.account.address if self.acting_as is None else checksum(self.acting_as)

    def do(
        self,
        title: str,
        calls: Sequence[OfficerCall],
        data: dict[str, Any] | None = None,
        lines: Sequence[str] = (),
        following: Callable[[OfficerAct], None] | None = None,
        result: Result | None = None,
        first_only: bool = False,
        ahead: Callable[[], None] | None = None,
    ) -> None:
        """Tries the calls, then shows, writes or sends them, and prints the act.

        `following` sends calls that depend on the sent ones; `result` reads what came of them. With
        `first_only` the others depend on the first call, and only that one is tried. `ahead` is done
        before the calls are written or sent, once they were tried; never where they are only shown.
        """
        officer = self.officer  # a passphrase is asked for before the line of work is drawn
        with working("asking the chain"):
            calls, waits = self._scheduled(calls)
            self._try(calls[:1] if first_only else calls)
        effects = [effect for call in calls for effect in call.effects]
        told: dict[str, Any] = {
            "act": title,
            "officer": officer,
            "changes": [{"what": e.what, "before": e.before, "after": e.after} for e in effects],
            "calls": [f"{call.contract}.{call.function}" for call in calls],
            **(data or {}),
        }
        shown = [f"{title}:", *(f"  {effect}" for effect in effects), *lines]
        if ahead is not None and not self.dry_run:
            ahead()
        if self.dry_run:
            ending = f"Nothing was sent; {many(len(calls), 'call')} would be, by {self.officer}."
        elif self.safe_file is not None:
            self._write(title, calls, effects)
            told["safe"] = str(self.safe_file)
            ending = (
                f"{many(len(calls), 'call')} for the Safe {self.officer} in {self.safe_file};"
                " nothing was sent. Load the file into the Safe's Transaction Builder."
            )
        else:
            self._send(calls)
            if following is not None and not waits:
                following(self)
            if result is not None and not waits:
                more, line = result(self)
                told |= more
                shown.append(line)
            told["transactions"] = [receipt.hash for receipt in self.receipts]
            ending = f"Sent: {many(len(self.receipts), 'transaction')}."
        told["sent"] = bool(self.receipts)
        told["waits"] = bool(waits)
        shown += waits
        self.show(told, *shown, ending)

    def schedule(self, calls: Sequence[OfficerCall]) -> int:
        """Schedules those of the calls that have to wait; the moment all of them can be made [s], or 0."""
        waiting = [(call, ready) for call in calls for ready in [self.ready_at(call)] if ready]
        new = [call for call, ready in waiting if ready < 0]
        if new:
            self._send(self._scheduled(new)[0])
        return max((self.ready_at(call) for call, _ in waiting), default=0)

    def ready_at(self, call: OfficerCall) -> int:
        """The moment a call can be made [s]; 0 for now, -1 where it has to be scheduled first."""
        from tonne.deployment import founding

        target = self.chain[call.contract]
        data = target.encode(call.function, *call.args)
        if not founding.wait_of(self.chain, self.officer, target, data):
            return 0
        _, ready = founding.operation_of(self.chain, self.officer, target, data)
        return (0 if ready <= self.chain.now() else ready) if ready else -1

    def _scheduled(self, calls: Sequence[OfficerCall]) -> tuple[list[OfficerCall], list[str]]:
        """The calls, with the scheduling of one in the place of each that has to wait first.

        Also a line for each of those. One that has waited long enough stays as it is.
        """
        from tonne.deployment import founding

        found, lines = [], []
        now = self.chain.now()
        for call in calls:
            ready = self.ready_at(call)
            if not ready:
                found.append(call)
                continue
            target = self.chain[call.contract]
            data = target.encode(call.function, *call.args)
            delay = founding.wait_of(self.chain, self.officer, target, data)
            if ready > 0:
                raise TonneError(
                    "WAITING_NOT_READY",
                    f"This act waits until {self.local_time(ready)}.",
                    field="function",
                    value=f"{call.contract}.{call.function}",
                    remedy="Repeat the command then; a guardian can cancel it until then.",
                )
            found.append(OfficerCall(founding.MANAGER, "schedule", (target, data, 0), call.effects))
            lines.append(
                f"{call.contract}.{call.function} waits until {self.local_time(now + delay)}:"
                " repeat the command then, within a week; a guardian can cancel it."
            )
        return found, lines

    def events(self) -> list[Event]:
        """Events of the sent calls."""
        return [event for receipt in self.receipts for event in self.chain.events(receipt)]

    def event(self, name: str) -> Event:
        """The first event of this name of the sent calls; it must be there."""
        return next(event for event in self.events() if event.name == name)

    def _try(self, calls: Sequence[OfficerCall]) -> None:
        """Raises the first call's refusal, naming the call where there are several."""
        from tonne.chain.reverts import ChainError

        found = self.chain.call_many(
            ((call.contract, call.function, call.args) for call in calls),
            check=False,
            sender=self.officer,
        )
        for number, (call, answer) in enumerate(zip(calls, found, strict=True), start=1):
            if isinstance(answer, ChainError) and len(calls) > 1:
                errors.print(
                    f"Call {number} of {len(calls)}, {call.contract}.{call.function}:",
                    markup=False,
                )
            if isinstance(answer, TonneError):
                raise answer

    def _write(self, title: str, calls: Sequence[OfficerCall], effects: Sequence[Effect]) -> None:
        from tonne.chain import safe

        assert self.safe_file is not None
        chain = self.chain
        encoded = [(chain[call.contract], call.function, call.args) for call in calls]
        text = "; ".join(map(str, effects))
        batch = safe.batch(chain.chain_id, chain.now(), self.officer, title, text, encoded)
        safe.save(self.safe_file, batch)

    def _send(self, calls: Sequence[OfficerCall]) -> None:
        from tonne.chain.client import Call

        account = self.account
        with working(f"sending {many(len(calls), 'transaction')}"):
            self.fund()
            self.receipts += self.chain.send_many(
                Call(account, self.chain[call.contract], call.function, call.args) for call in calls
            )
