"""What one deployment's store tells of passages: transfers, freezes, and the book of other registries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from tonne.audit.store.database import Store
from tonne.audit.units.offset_credits import INVALIDATED
from tonne.chain.contract import Contract, Event
from tonne.constants import ZERO_ADDRESS
from tonne.crypto.accounts import checksum
from tonne.deployment import compiler
from tonne.errors import refused
from tonne.types.ids import UnitId
from tonne.units import passages
from tonne.units.foreign_serials import SerialBlock
from tonne.units.immobilisation_state import SerialBook, Told

CONTRACTS: Final = ("OffsetCredits", "Immobilisation")

#: A passage account: its deployment's chain and credits, the unit, and the account.
Account = tuple[int, str, UnitId, str]


class Moved(NamedTuple):
    """A transfer of credits."""

    source: str
    target: str
    unit: UnitId
    amount: int


@dataclass(slots=True)
class History:
    """One deployment, as its auditor proved it."""

    name: str  # of the store
    chain: int
    credits: str
    block: int  # up to which it was read
    book: SerialBook = field(default_factory=SerialBook)
    balances: dict[tuple[str, UnitId], int] = field(default_factory=lambda: defaultdict(int))
    frozen: dict[tuple[str, UnitId], int] = field(default_factory=lambda: defaultdict(int))
    invalid: set[UnitId] = field(default_factory=set)  # batches that are, for good
    #: What ever left an account, by it and unit.
    gone: dict[tuple[str, UnitId], int] = field(default_factory=lambda: defaultdict(int))
    moves: dict[tuple[int, int], Moved] = field(default_factory=dict)  # by block and log
    #: Wallets of releases, by registry, series and last number.
    released: dict[tuple[int, int, int], str] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        return passages.tag_of(self.credits)

    @classmethod
    def read(cls, store: Store) -> History:
        """PASSAGE_STORE: the store has no credits."""
        found = {
            name: checksum("0x" + bytes(address).hex())
            for address, name in store.db.execute("SELECT address, name FROM contract").fetchall()
        }
        if not set(CONTRACTS) <= set(found):
            raise refused("PASSAGE_STORE", store_path=str(store.path))
        cursor = store.cursor()
        at = cursor.block if cursor else 0
        made = cls(store.path.name, int(store.about()["chain"]), found["OffsetCredits"], at)
        for event in _events(store, found):
            made._take(event)
        return made

    def _take(self, event: Event) -> None:
        if event.contract == "Immobilisation":
            self.book.apply(event.name, event.args)
            if event.name == "UnitsReleased":
                for run in event["blocks"]:
                    self.released[run.registry, run.series, run.last] = event["wallet"]
            return
        if event.name == "Frozen":
            self.frozen[event["account"], UnitId(event["tokenId"])] = event["amount"]
        elif event.name == "BatchStatusChanged" and event["status"] == INVALIDATED:
            self.invalid.add(UnitId(event["id"]))
        elif event.name == "TransferSingle":
            parts = (event["from"], event["to"], UnitId(event["id"]), event["value"])
            self.moves[event.block, event.log_index] = Moved(*parts)
            self._move(*parts)
        elif event.name == "TransferBatch":
            for id_, value in zip(event["ids"], event["values"], strict=True):
                self._move(event["from"], event["to"], UnitId(id_), value)

    def _move(self, source: str, target: str, unit: UnitId, amount: int) -> None:
        if source != ZERO_ADDRESS:
            self.balances[source, unit] -= amount
            self.gone[source, unit] += amount
        if target != ZERO_ADDRESS:
            self.balances[target, unit] += amount

    # Passages

    def came(self) -> Iterator[tuple[Told, SerialBlock, Account | None]]:
        """Blocks of other deployments that were ever immobilised here, and the account they came from."""
        for told in self.book.told:
            if told.batch and self.book.registries[told.registry].name == passages.REGISTRY:
                account = passages.account_named(self.book.batches[told.batch].terms["account"])
                yield told, passages.parsed(told.raw), account

    def here(self) -> dict[Account, int]:
        """Tonnes here of each passage account of another deployment, alive or retired [t]."""
        found: dict[Account, int] = defaultdict(int)
        for batch in self.book.batches.values():
            account = passages.account_named(batch.terms["account"])
            if account is not None and self._is_tonne(batch.terms["registry"]):
                found[account] += self.book.here(batch)
        return found

    def alive(self) -> Iterator[tuple[Account, UnitId, int]]:
        """Batches of other deployments that are good here: account there, unit and tonnes here."""
        for batch in self.book.batches.values():
            account = passages.account_named(batch.terms["account"])
            if account is None or not self._is_tonne(batch.terms["registry"]):
                continue
            unit = UnitId(batch.id)
            tonnes = sum(held for (_, which), held in self.balances.items() if which == unit)
            if tonnes and unit not in self.invalid:
                yield account, unit, tonnes

    def _is_tonne(self, registry: int) -> bool:
        return self.book.registries[registry].name == passages.REGISTRY

    def ended(self) -> Iterator[tuple[SerialBlock, int, str]]:
        """Tonnes of locks on record here as ended: their block, use, and beneficiary or receiver."""
        for use in self.book.uses:
            if self._is_tonne(use.place[0]) and self.book.uses_of(use.place, use.first, use.last):
                yield passages.parsed(use.serial), use.kind, use.beneficiary

    def is_own(self, block: SerialBlock) -> bool:
        return passages.is_of(block, self.chain, self.tag)

    def lock_of(self, block: SerialBlock) -> Moved | None:
        """The transfer that a serial number of this deployment names; None where it names none."""
        moved = self.moves.get(passages.place_of(block))
        if moved is None:
            return None
        at = passages.LockPlace(self.chain, self.tag, moved.unit, *passages.place_of(block))
        return (
            moved
            if passages.parsed(at.serial(1, moved.amount)).issuance == block.issuance
            else None
        )


def _events(store: Store, addresses: dict[str, str]) -> Iterator[Event]:
    """Events of the two contracts in the order of the chain."""
    artifacts = compiler.contracts(CONTRACTS)
    contracts = {name: Contract(name, addresses[name], artifacts[name].abi) for name in CONTRACTS}
    rows = store.rows(
        "SELECT block, place, tx, contract, topics, data FROM events"
        " WHERE contract IN ('OffsetCredits', 'Immobilisation') ORDER BY block, place"
    )
    for row in rows:
        event = contracts[row["contract"]].decode_log(_log(row))
        if event is not None:
            yield event


def _log(row: dict[str, Any]) -> dict[str, Any]:
    topics = row["topics"]
    return {
        "topics": ["0x" + topics[at : at + 64] for at in range(0, len(topics), 64)],
        "data": "0x" + row["data"],
        "blockNumber": hex(row["block"]),
        "logIndex": hex(row["place"]),
        "transactionHash": row["tx"],
    }
