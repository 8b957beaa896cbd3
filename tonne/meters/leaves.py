"""Leaves of one node in one interval, their tree, and the file in which they are kept.

All that a leaf says stands under salts that are others each interval, and leaves stand in an order that
follows from these: neither id nor place nor digest says anything from one interval to the next, and no guess
can be tried. All salts of a leaf follow from its own secret, which its customer may have.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from struct import Struct
from typing import Any, Final, NamedTuple

from tonne import files
from tonne.crypto.hashing import expand, keccak
from tonne.crypto.merkle_sum import Sums, Tree, climb, leaf_hash, leaf_sums, steps, tree
from tonne.errors import TonneError, refused
from tonne.meters.readings import Quality, commit, said_of
from tonne.meters.series import NO_NUMBER, Flow, IntervalReading
from tonne.types.packing import Layout

_PLACE: Final = Struct(">IQI")
_METER: Final = Struct(">I")
_ROW: Final = Struct(">32sI16sQQ32s32s")  # secret, meter, salt and registers, reading, digest
_OPENED: Final = Struct(
    ">III32s32s32s"
)  # index, count, meter, salt, reading, digest under its salt
_LEAF_PLACE: Final = Layout(key_index=8, meter=32, count=32, index=32, start=40, node=24)
_READING: Final = Layout(quality=8, sequence=40, export_wh=40, import_wh=40, registers=128)

#: A leaf in the file.
ROW_BYTES: Final = _ROW.size

#: What hides a reading's registers, where the meter told it.
RegisterSalts = Callable[[IntervalReading], bytes | None]


class Leaf(NamedTuple):
    """One meter's leaf with what opens it."""

    salted: bytes
    reading: int  # ReadingWord
    digest: bytes  # of the record, under its salt
    secret: bytes
    meter: int
    register_salt: bytes
    interval: IntervalReading

    @classmethod
    def of(
        cls, secret: bytes, meter: int, reading: IntervalReading, register_salt: bytes | None
    ) -> Leaf:
        """Its meter's salt of the registers, or one of its own."""
        salt_ = register_salt or expand(secret, b"registers")[:16]
        return cls(
            salted(expand(secret, b"meter"), meter),
            pack(reading, salt_),
            keccak(expand(secret, b"record") + reading.digest),
            secret,
            meter,
            salt_,
            reading,
        )

    @property
    def salt(self) -> bytes:
        """What hides the meter."""
        return expand(self.secret, b"meter")

    @property
    def record_salt(self) -> bytes:
        """What hides the record."""
        return expand(self.secret, b"record")

    @property
    def registers(self) -> bytes:
        """The commitment to its registers."""
        return self.reading.to_bytes(32, "big")[:16]

    @property
    def net_wh(self) -> int:
        """Energy that counts, taken less given."""
        counted = self.interval.counted
        return counted.import_wh - counted.export_wh

    @property
    def meter_leaf(self) -> tuple[bytes, int, bytes]:
        """`MeterLeaf` of IMeterOracle."""
        return self.salted, self.reading, self.digest


@dataclass(frozen=True, slots=True)
class OpenedLeaf:
    """What an answer to a challenge opens to."""

    index: int
    count: int
    meter: int
    salt: bytes
    reading: int
    digest: bytes
    proof: bytes

    @classmethod
    def parse(cls, data: bytes) -> OpenedLeaf | None:
        if len(data) < _OPENED.size:
            return None
        index, count, meter, salt_, reading, digest = _OPENED.unpack_from(data)
        word = int.from_bytes(reading, "big")
        return cls(index, count, meter, salt_, word, digest, data[_OPENED.size :])

    @property
    def commitment(self) -> int | None:
        """The chain's commitment to root and sums, of a tree that has this leaf."""
        if _READING.get(self.reading, "quality") > Quality.HELD:
            return None
        hash_ = leaf_hash(
            salted(self.salt, self.meter), self.reading.to_bytes(32, "big"), self.digest
        )
        found = climb(hash_, _sums(self.reading), self.index, self.count, self.proof)
        return None if found is None else commitment_of(*found)

    def place(self, node: int, start: int, key_index: int) -> int:
        """`LeafPlace` of IMeterOracle, of a record by that key of the meter."""
        return _LEAF_PLACE.pack(
            key_index=key_index,
            meter=self.meter,
            count=self.count,
            index=self.index,
            start=start,
            node=node,
        )

    @property
    def has_record(self) -> bool:
        """Whether it says that a record of its meter stands behind it, so that another may contradict it."""
        quality = _READING.get(self.reading, "quality")
        return (
            quality <= Quality.PROVISIONAL and _READING.get(self.reading, "sequence") != NO_NUMBER
        )

    @property
    def told(self) -> dict[str, Any]:
        """What it says in words."""
        word = self.reading
        number = _READING.get(word, "sequence")
        return {
            "meter": self.meter,
            "place": self.index,
            "leaves": self.count,
            "importWh": _READING.get(word, "import_wh"),
            "exportWh": _READING.get(word, "export_wh"),
            "quality": _quality(_READING.get(word, "quality")),
            **_signed(number),
        }


@dataclass(frozen=True, slots=True)
class ShownLeaf:
    """All that a `LeafProof` of IMeterOracle tells: its hash, its root, hashes and sums beside its way."""

    hash: bytes
    root: tuple[bytes, int] | None
    beside: tuple[tuple[bytes, Sums], ...]

    @classmethod
    def of(cls, shown: Any) -> ShownLeaf:
        first, word, third = shown.leaf
        hash_ = leaf_hash(first, word.to_bytes(32, "big"), third)
        root = climb(hash_, _sums(word), shown.index, shown.count, shown.proof)
        return cls(hash_, root, steps(shown.proof))


def _quality(number: int) -> str:
    return Quality(number).name.lower() if number <= Quality.HELD else "none"


def _signed(number: int) -> dict[str, Any]:
    """Number and signer of the record behind a leaf."""
    sequence, by_gateway = said_of(number)
    signer = "none" if number == NO_NUMBER else "gateway" if by_gateway else "meter"
    return {"sequence": sequence, "signedBy": signer}


def commitment_of(root: bytes, sums: int) -> int:
    """`commitment` of `RootState`."""
    return int.from_bytes(keccak(root + sums.to_bytes(32, "big"))[:22], "big")


def fitting(reading: IntervalReading) -> IntervalReading:
    """Held where its energy is more than a leaf has room for."""
    if max(reading.import_wh, reading.export_wh) <= _READING.largest("import_wh"):
        return reading
    return replace(reading, import_wh=0, export_wh=0, quality=Quality.HELD)


def pack(reading: IntervalReading, register_salt: bytes) -> int:
    """The `ReadingWord` of an interval's reading."""
    if max(reading.import_wh, reading.export_wh) > _READING.largest("import_wh"):
        raise TonneError(
            "METER_ENERGY_RANGE",
            f"{max(reading.import_wh, reading.export_wh)} Wh in one interval fit no leaf.",
            field="importWh",
            remedy="Check the meter's nameplate: it bounds what can flow.",
        )
    return _READING.pack(
        quality=reading.quality,
        sequence=reading.sequence % 2**40,
        export_wh=reading.export_wh,
        import_wh=reading.import_wh,
        registers=int.from_bytes(commit(register_salt, *reading.registers), "big"),
    )


def leaf_secret(secret: bytes, node: int, start: int, meter: int) -> bytes:
    """The secret that the salts of one leaf follow from; the same each time the interval is computed."""
    return expand(secret, b"leaf" + _PLACE.pack(node, start, meter))


def salted(salt_: bytes, meter: int) -> bytes:
    """keccak256(abi.encode(salt, meter))."""
    return keccak(salt_ + bytes(28) + _METER.pack(meter))


def _hidden(customers: list[Leaf]) -> list[Leaf]:
    """Of an odd number the middle one by energy goes last: it alone may stand beside a leaf that all see.
    Of the rest, only sums of two, four, eight and more do."""
    if len(customers) % 2 == 0:
        return customers
    by_energy = sorted(customers, key=lambda leaf: leaf.net_wh)
    middle = by_energy[len(customers) // 2]
    return [leaf for leaf in customers if leaf is not middle] + [middle]


def _no_salts(_: IntervalReading) -> None:
    """All salts are the leaf's own."""


@dataclass(frozen=True)
class IntervalLeaves:
    """All leaves of a node in one interval, in the order of their salted ids: first those of customers, see
    `_hidden`, then those of lines and plants, which all see."""

    leaves: tuple[Leaf, ...]

    @classmethod
    def of(
        cls,
        secret: bytes,
        node: int,
        start: int,
        readings: Iterable[tuple[int, IntervalReading]],
        salts: RegisterSalts = _no_salts,
        customers: Container[int] = (),
    ) -> IntervalLeaves:
        made = [
            Leaf.of(leaf_secret(secret, node, start, meter), meter, reading, salts(reading))
            for meter, reading in readings
        ]
        made.sort(key=lambda leaf: leaf.salted)
        theirs = [leaf for leaf in made if leaf.meter in customers]
        return cls((*_hidden(theirs), *(leaf for leaf in made if leaf.meter not in customers)))

    @cached_property
    def tree(self) -> Tree:
        return tree([(_hash(leaf), _sums(leaf.reading)) for leaf in self.leaves])

    @property
    def root(self) -> bytes:
        return self.tree.root

    @property
    def sums(self) -> Sums:
        return Sums.of(self.tree.sums)

    @cached_property
    def commitment(self) -> int:
        """The chain's commitment to root and sums."""
        return commitment_of(self.root, self.tree.sums)

    def index_of(self, meter: int) -> int:
        return next(i for i, leaf in enumerate(self.leaves) if leaf.meter == meter)

    def proof(self, index: int) -> tuple[tuple[bytes, int, bytes], int, int, bytes]:
        """`LeafProof` of IMeterOracle."""
        return self.leaves[index].meter_leaf, index, len(self.leaves), self.tree.proof(index)

    def opened(self, index: int) -> bytes:
        """A leaf as the answer to a challenge opens to it, see `isAnswer` of IMeterOracle."""
        leaf = self.leaves[index]
        reading = leaf.reading.to_bytes(32, "big")
        said = _OPENED.pack(index, len(self.leaves), leaf.meter, leaf.salt, reading, leaf.digest)
        return said + self.tree.proof(index)

    def receipt(self, index: int) -> dict[str, Any]:
        """A leaf as its customer is told of it, with all that opens it."""
        leaf, reading = self.leaves[index], self.leaves[index].interval
        return {
            "meter": leaf.meter,
            "place": index,
            "leaves": len(self.leaves),
            "importWh": reading.import_wh,
            "exportWh": reading.export_wh,
            "importRegisterWh": reading.registers.import_wh,
            "exportRegisterWh": reading.registers.export_wh,
            "quality": reading.quality.name.lower(),
            **_signed(reading.sequence),
            "secret": leaf.secret.hex(),
            "registerSalt": leaf.register_salt.hex(),
            "record": reading.digest.hex(),
            "proof": self.tree.proof(index).hex(),
        }

    @cached_property
    def data(self) -> bytes:
        """Hash of all leaves: salted ids, readings, digests."""
        shown = (
            leaf.salted + leaf.reading.to_bytes(32, "big") + leaf.digest for leaf in self.leaves
        )
        return keccak(b"".join(shown))

    # The file: readable by its owner only, since it says whose each leaf is

    def write(self, path: Path) -> None:
        files.write(path, b"".join(map(_row, self.leaves)), files.PRIVATE)

    @classmethod
    def read(cls, path: Path) -> IntervalLeaves:
        content = path.read_bytes()
        if not content or len(content) % ROW_BYTES:
            raise refused("METER_LEAVES_FORM", path=str(path))
        return cls(tuple(_rows(content)))


def path_of(folder: Path, node: int, start: int, run: int) -> Path:
    """Where a run's leaves are kept."""
    return folder / str(node) / f"{start}-{run}.leaves"


def _row(leaf: Leaf) -> bytes:
    told = leaf.interval
    reading = leaf.reading.to_bytes(32, "big")
    return _ROW.pack(
        leaf.secret, leaf.meter, leaf.register_salt, *told.registers, reading, told.digest
    )


def _rows(content: bytes) -> Iterable[Leaf]:
    for secret, meter, salt_, imported, exported, reading, digest in _ROW.iter_unpack(content):
        told = _READING.unpack(int.from_bytes(reading, "big"))
        interval = IntervalReading(
            told["import_wh"],
            told["export_wh"],
            Flow(imported, exported),
            Quality(told["quality"]),
            told["sequence"],
            digest,
        )
        yield Leaf.of(secret, meter, interval, salt_)


def _hash(leaf: Leaf) -> bytes:
    return leaf_hash(leaf.salted, leaf.reading.to_bytes(32, "big"), leaf.digest)


def _sums(word: int) -> int:
    return leaf_sums(
        _READING.get(word, "import_wh"),
        _READING.get(word, "export_wh"),
        _READING.get(word, "quality"),
    )


def total(leaves: Sequence[Leaf]) -> Flow:
    """Energy that counts, for comparison with the root's sums."""
    counted = [leaf.interval.counted for leaf in leaves]
    return Flow(sum(flow.import_wh for flow in counted), sum(flow.export_wh for flow in counted))
