"""Two small markets on two nodes, for tests of passages; commands run on either."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tonne import cli
from tonne.audit import checkpoints, reading
from tonne.audit.checkpoints import AuditCheckpoint
from tonne.audit.passages import comparison
from tonne.audit.passages.history import History
from tonne.audit.store.database import Store
from tonne.audit.trust import Trust
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.deployment.record import Deployment
from tonne.sandbox.seed_market import SeedMarket
from tonne.units import passages
from tonne.units.foreign_serials import SerialBlock

#: Chain of the second market.
OTHER_CHAIN = 31_338
AUDITORS = (Account.from_seed("auditor one"), Account.from_seed("auditor two"))
#: Who keeps the passage account, locks, and receives on the other chain.
KEEPER, HOLDER, RECEIVER = "exchange", "developer", "east"
LOCKED = 400


@dataclass
class Side:
    """One of the markets."""

    chain: Chain
    deployment: Deployment
    folder: Path
    market: SeedMarket

    def wallet(self, name: str) -> str:
        address: str = self.market.people[name].address
        return address

    def balance(self, name: str, unit: int) -> int:
        found: int = self.chain.call("OffsetCredits", "balanceOf", self.wallet(name), unit)
        return found

    def send(self, who: str, contract: str, function: str, *args: Any) -> Any:
        self.chain.fund([self.market.people[who]])
        return self.chain.send(self.market.people[who], contract, function, *args)

    def immobilise(self, lodging: tuple[Any, ...], to: str) -> None:
        """An officer issues by its word alone."""
        self.send("authority", "Immobilisation", "immobilise", lodging, self.wallet(to), 0)

    def mine(self) -> None:
        self.chain.rpc.call("evm_mine")


@dataclass
class TwoChains:
    """Credits are locked `here`, and go `there`."""

    here: Side
    there: Side
    work: Path
    command: Callable[..., Any]
    count: int = 0
    accounts: list[str] = field(default_factory=list)

    def run(
        self, side: Side | None, *arguments: Any, who: str | None = None, status: int = 0
    ) -> Any:
        """What a command prints for machines, or its error."""
        place = ("--rpc", side.chain.url, "--deployments", side.folder) if side is not None else ()
        return self.command(*arguments, *place, who=who, status=status)

    def file(self, name: str) -> Path:
        self.count += 1
        return self.work / f"{self.count}-{name}"

    # Steps

    def introduce(self, quorum: int = 1) -> tuple[Path, Path]:
        """Opens the registry on both, and describes each for the other; files of `here` and `there`."""
        told = []
        for side in (self.here, self.there):
            self.run(side, "offsets", "open", "TONNE", who="authority")
            path = self.file("counterpart.json")
            named = [part for each in AUDITORS for part in ("--auditor", each.address)]
            self.run(side, "passage", "describe", path, *named, "--quorum", quorum)
            told.append(path)
        return told[0], told[1]

    def lock(self, there: Path, tonnes: int = LOCKED) -> dict[str, Any]:
        """The developer locks credits for east."""
        here, unit = self.here, hex(self.here.market.credit)
        account = here.wallet(KEEPER)
        self.run(here, "passage", "hold", unit, account, who="authority")
        to = ("--account", account, "--receiver", self.there.wallet(RECEIVER))
        found: dict[str, Any] = self.run(
            here, "passage", "lock", unit, tonnes, there, *to, who=HOLDER
        )
        return found

    def proof(self, side: Side, *what: Any, signers: Any = AUDITORS[:1]) -> Path:
        """A proof by a checkpoint of the latest block."""
        signed, path = self.sign(side, signers), self.file("proof.json")
        self.run(side, "passage", "prove", path, *what, "--checkpoints", signed)
        return path

    def sign(
        self, side: Side, signers: Any = AUDITORS[:1], contract: str = "AuditCheckpoints"
    ) -> Path:
        """Checkpoints of the latest block; the digests of history and state are none of a proof."""
        head, path = side.chain.head(), self.file("signed.jsonl")
        told = AuditCheckpoint(head.number, bytes.fromhex(head.hash[2:]), bytes(32), bytes(32))
        place = (side.chain.chain_id, side.chain[contract].address)
        lines = [checkpoints.sign(*place, told, signer).line() + "\n" for signer in signers]
        path.write_text("".join(lines))
        return path

    def open(self, account: str) -> int:
        """The batch there for what comes from a passage account."""
        about = ("--project", 1, "--vintage", 2020, "--country", "China", "--kind", "wind")
        opening = ("offsets", "open", "TONNE", *about, "--account", account)
        found: int = self.run(self.there, *opening, who="authority")["batch"]
        return found

    def admit(self, proof: Path, here: Path, batch: int, status: int = 0) -> Any:
        arguments = ("passage", "admit", proof, here, "--batch", batch)
        return self.run(self.there, *arguments, who="authority", status=status)

    def brought(self, tonnes: int = LOCKED) -> Brought:
        """Credits that were locked here and admitted there."""
        here, there = self.introduce()
        locked = self.lock(there, tonnes)
        proof = self.proof(self.here, locked["serial"])
        batch = self.open(locked["account"])
        self.admit(proof, here, batch)
        unit = self.there.chain.call("Immobilisation", "batchAt", batch)
        return Brought(here, there, locked, proof, batch, unit)

    def findings(self) -> list[str]:
        """Codes of what auditors of both chains find."""
        histories = []
        for side in (self.here, self.there):
            store = Store(self.file("store.duckdb"))
            reading.bring_up(side.chain, side.deployment.first_block, store, Trust(store=store))
            histories.append(History.read(store))
            store.close()
        return sorted({found.code for found in comparison.findings(histories)})


@dataclass(frozen=True)
class Brought:
    """A passage that arrived."""

    here: Path  # description of the chain that locked
    there: Path
    locked: dict[str, Any]
    proof: Path
    batch: int
    unit: int  # there

    @property
    def block(self) -> SerialBlock:
        return passages.parsed(self.locked["serial"])


def changed(path: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """A proof in which something was changed."""
    told = json.loads(path.read_text())
    change(told)
    other = path.with_suffix(".changed.json")
    other.write_text(json.dumps(told))
    return other


def runner(capsys: Any, keystores: Path) -> Callable[..., Any]:
    """Runs a command in this process, signed by the keystore of a name."""

    def run(*arguments: Any, who: str | None = None, status: int = 0) -> Any:
        named = ("--keystore", keystores / f"{who}.json") if who else ()
        with pytest.raises(SystemExit) as end:
            cli.main([*map(str, (*arguments, *named)), "--json"])
        printed = capsys.readouterr()
        assert (end.value.code or 0) == status, (arguments, printed)
        told = json.loads(printed.out)
        return told.get("error", told)

    return run
