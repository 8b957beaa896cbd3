"""ABI words at known places, read and written at once.

With eth-abi a struct takes 17 times as long to read, a call of 20 orders 9 times as long to write; with
web3.py an event takes 40 times as long to read (`tools.bench_fast_path`). An audit reads every event.

A writer refuses, by one of the `REFUSED` errors, a value it is not sure of; the general coder then names
the fault.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from tonne.crypto.accounts import checksum

Parameter = Mapping[str, Any]

REFUSED: Final = (OverflowError, TypeError, ValueError, AttributeError, IndexError)


@lru_cache(maxsize=1024)
def record(names: tuple[str, ...]) -> Callable[..., tuple[Any, ...]]:
    """The shape a struct is given out in."""
    return namedtuple("Record", names, rename=True)


def element(parameter: Parameter) -> Parameter:
    """The element of an array type."""
    kind = parameter["type"]
    return {**parameter, "type": kind[: kind.rindex("[")]}


# Reading


class Reader(NamedTuple):
    """Reads values that stand in fixed places."""

    words: int
    read: Callable[[bytes], tuple[Any, ...]]


def reader(parameters: Sequence[Parameter]) -> Reader | None:
    """None when a parameter has no fixed place: text, bytes, or an array."""
    places: list[tuple[int, Callable[[bytes, int], Any]]] = []
    position = 0
    for parameter in parameters:
        found = _reader(parameter)
        if found is None:
            return None
        words, read = found
        places.append((position * 32, read))
        position += words
    return Reader(position, lambda data: tuple([read(data, at) for at, read in places]))


def _reader(parameter: Parameter) -> tuple[int, Callable[[bytes, int], Any]] | None:
    kind: str = parameter["type"]
    if kind.endswith("]") or kind in ("string", "bytes"):
        return None
    if kind == "tuple":
        inner = reader(parameter["components"])
        if inner is None:
            return None
        shape = record(tuple(c["name"] for c in parameter["components"]))
        size = inner.words * 32
        return inner.words, lambda data, at: shape(*inner.read(data[at : at + size]))
    if kind == "address":
        return 1, lambda data, at: checksum("0x" + data[at + 12 : at + 32].hex())
    if kind == "bool":
        return 1, lambda data, at: data[at + 31] == 1
    if kind.startswith("uint"):
        return 1, lambda data, at: int.from_bytes(data[at : at + 32], "big")
    if kind.startswith("int"):
        return 1, lambda data, at: int.from_bytes(data[at : at + 32], "big", signed=True)
    if kind.startswith("bytes"):
        length = int(kind[5:])
        return 1, lambda data, at: data[at : at + length]
    return None


# Writing


class Writer(NamedTuple):
    """Writes one value, or a list of values as a tuple."""

    words: int  # in the head; 0: behind it, with its place there
    write: Callable[[Any], bytes]


def writer(parameters: Sequence[Parameter]) -> Writer | None:
    """For a list of values in the general coder's form; None when it has a type not known here."""
    parts = [_writer(parameter) for parameter in parameters]
    if any(part is None for part in parts):
        return None
    steps = [part for part in parts if part is not None]
    writes = [step.write for step in steps]
    if all(step.words for step in steps):
        total = sum(step.words for step in steps)

        def fixed(values: Sequence[Any]) -> bytes:
            return b"".join([write(v) for write, v in zip(writes, values, strict=True)])

        return Writer(total, fixed)
    head = sum(step.words or 1 for step in steps) * 32

    def mixed(values: Sequence[Any]) -> bytes:
        heads, tails, at = [], [], head
        for step, value in zip(steps, values, strict=True):
            written = step.write(value)
            if step.words:
                heads.append(written)
            else:
                heads.append(at.to_bytes(32, "big"))
                tails.append(written)
                at += len(written)
        return b"".join(heads + tails)

    return Writer(0, mixed)


def _writer(parameter: Parameter) -> Writer | None:
    kind: str = parameter["type"]
    if kind.endswith("[]"):
        return _list_writer(_writer(element(parameter)))
    if kind.endswith("]"):
        count = int(kind[kind.rindex("[") + 1 : -1])
        return writer([element(parameter)] * count)
    if kind == "tuple":
        return writer(parameter["components"])
    if kind == "bytes":
        return Writer(0, _write_bytes)
    if kind == "bool":
        return Writer(1, _write_bool)
    if kind == "address":
        return Writer(1, _write_address)
    if kind.startswith("uint"):
        size = int(kind[4:]) // 8
        return Writer(1, lambda value: value.to_bytes(size, "big").rjust(32, b"\0"))
    if kind.startswith("bytes"):
        return Writer(1, _bytes_writer(int(kind[5:])))
    return None


def _list_writer(inner: Writer | None) -> Writer | None:
    """A list of any length of values with fixed places."""
    if inner is None or not inner.words:
        return None
    write = inner.write

    def listed(values: Sequence[Any]) -> bytes:
        return len(values).to_bytes(32, "big") + b"".join([write(value) for value in values])

    return Writer(0, listed)


def _write_bytes(value: bytes) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError
    return len(value).to_bytes(32, "big") + value + b"\0" * (-len(value) % 32)


def _write_bool(value: bool) -> bytes:
    if not isinstance(value, bool):
        raise TypeError
    return b"\0" * 31 + (b"\1" if value else b"\0")


def _write_address(value: bytes) -> bytes:
    if not isinstance(value, bytes) or len(value) != 20:
        raise TypeError
    return b"\0" * 12 + value


def _bytes_writer(length: int) -> Callable[[bytes], bytes]:
    def write(value: bytes) -> bytes:
        if not isinstance(value, bytes) or len(value) > length:
            raise TypeError
        return value.ljust(32, b"\0")

    return write
