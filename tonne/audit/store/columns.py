"""Decoding of events in columns: all logs of one kind at once, values into Python and into JSON.

Static events are cut out of one block of words; those with text, bytes or arrays go one by one through the
general decoder. The values are those of `Contract.decode_log`, which the tests compare them with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from eth_abi.exceptions import DecodingError

from tonne.audit.replay.events import Dated
from tonne.audit.store.rows import Row
from tonne.chain.client import Chain
from tonne.chain.contract import Contract, Event, EventType
from tonne.crypto.accounts import checksum

WORD: Final = 32
#: Largest whole number that JSON readers keep; greater ones are written as text.
JSON_MOST: Final = 2**63 - 1

#: Raised by the general decoder for a log that is not of its event.
UNREADABLE: Final = (ValueError, OverflowError, DecodingError)

#: Words of one parameter, a row an event.
Words = np.ndarray[Any, np.dtype[np.uint8]]
#: Reads a column; gives values for Python.
Column = Callable[[Words], list[Any]]


@dataclass(frozen=True, slots=True)
class Decoded:
    """Events of a batch in the order of its rows; None where no interface explains a row."""

    events: list[Dated | None]
    json: list[str | None]  # arguments, by name


def decode(chain: Chain, rows: Sequence[Row]) -> Decoded:
    """Decodes rows of the contracts known to `chain`."""
    found = Decoded([None] * len(rows), [None] * len(rows))
    by_kind: dict[tuple[bytes, bytes], list[int]] = {}
    for place, row in enumerate(rows):
        by_kind.setdefault((row.address, row.topics[:WORD]), []).append(place)
    for (address, topic), places in by_kind.items():
        contract = chain.at(address)
        kind = kinds(contract).get(topic) if contract else None
        if contract is not None and kind is not None:
            _decode(found, contract, kind, rows, places)
    return found


def kinds(contract: Contract) -> Mapping[bytes, EventColumns]:
    """Events of a contract by topic."""
    return _kinds(json.dumps(contract.abi))


@cache
def _kinds(abi: str) -> Mapping[bytes, EventColumns]:
    entries = [e for e in json.loads(abi) if e["type"] == "event" and not e.get("anonymous")]
    return {(kind := EventColumns(entry)).topic: kind for entry in entries}


class EventColumns:
    """One event of an interface, with a reader for each column if all its values have fixed places."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.general = EventType(entry)
        self.name, self.topic = self.general.name, bytes.fromhex(self.general.topic[2:])
        inputs = entry["inputs"]
        self.names = [i["name"] for i in inputs]
        ordered = [i for i in inputs if i["indexed"]] + [i for i in inputs if not i["indexed"]]
        self.words = 1 + len(ordered)
        self.topics = 1 + sum(i["indexed"] for i in inputs)
        readers = {i["name"]: r for i in inputs if (r := _reader(i["type"])) is not None}
        self.places = {i["name"]: at for at, i in enumerate(ordered, start=1)}
        self.readers: dict[str, Column] | None = None
        if len(readers) == len(ordered):
            self.readers = readers
        marks = ",".join(f'"{i["name"]}":{_mark(i["type"])}' for i in inputs)
        self.template = "{" + marks + "}"
        self.texts = {i["name"]: _text(i["type"]) for i in inputs}

    def fits(self, row: Row) -> bool:
        """Whether the row has the words of the event and no others."""
        return len(row.topics) == self.topics * WORD and (
            len(row.topics) + len(row.data) == self.words * WORD
        )


def _decode(
    found: Decoded,
    contract: Contract,
    kind: EventColumns,
    rows: Sequence[Row],
    places: Sequence[int],
) -> None:
    fast = [at for at in places if kind.readers is not None and kind.fits(rows[at])]
    if fast and kind.readers is not None:
        joined = b"".join([rows[at].topics + rows[at].data for at in fast])
        table = np.frombuffer(joined, np.uint8).reshape(len(fast), kind.words, WORD)
        columns = [read(table[:, kind.places[name]]) for name, read in kind.readers.items()]
        texts = [_texts(kind.texts[n], c) for n, c in zip(kind.names, columns, strict=True)]
        values = zip(*columns, strict=True) if columns else iter([()] * len(fast))
        written = zip(*texts, strict=True) if texts else iter([()] * len(fast))
        for at, value, text in zip(fast, values, written, strict=True):
            args = dict(zip(kind.names, value, strict=True))
            found.events[at] = _event(contract, kind, rows[at], args)
            found.json[at] = kind.template % text
    if len(fast) == len(places):
        return
    known = set(fast)
    for at in places:
        if at not in known:
            row = rows[at]
            topics = ["0x" + topic.hex() for topic in _cut(row.topics)]
            try:
                args = kind.general.decode(topics, row.data)
            except UNREADABLE:
                continue
            found.events[at] = _event(contract, kind, row, args)
            found.json[at] = json.dumps(_plain(args), separators=(",", ":"))


def _event(contract: Contract, kind: EventColumns, row: Row, args: dict[str, Any]) -> Dated:
    tx = "0x" + row.tx.hex()
    event = Event(contract.name, kind.name, args, contract.address, row.block, tx, row.place)
    return Dated(event, row.time)


def _cut(topics: bytes) -> Iterable[bytes]:
    return (topics[at : at + WORD] for at in range(0, len(topics), WORD))


# Columns


def _reader(kind: str) -> Column | None:
    if kind == "address":
        return _addresses
    if kind == "bool":
        return lambda words: (words[:, -1] == 1).tolist()
    if kind.startswith("uint") and not kind.endswith("]"):
        return _numbers
    if kind.startswith("int") and not kind.endswith("]"):
        return lambda words: [int.from_bytes(w, "big", signed=True) for w in _each(words)]
    if kind.startswith("bytes") and kind != "bytes" and not kind.endswith("]"):
        size = int(kind[5:])
        return lambda words: [w[:size] for w in _each(words)]
    return None


def _each(words: Words) -> list[bytes]:
    joined = words.tobytes()
    return [joined[at : at + WORD] for at in range(0, len(joined), WORD)]


def _addresses(words: Words) -> list[str]:
    return [_address(w[12:]) for w in _each(words)]


@cache
def _address(raw: bytes) -> str:
    return checksum("0x" + raw.hex())


def _numbers(words: Words) -> list[int]:
    if words[:, :24].any():
        return [int.from_bytes(w, "big") for w in _each(words)]
    low: list[int] = np.ascontiguousarray(words[:, 24:]).view(">u8")[:, 0].tolist()
    return low


# JSON


def _mark(kind: str) -> str:
    return "%s" if kind.startswith(("uint", "int")) or kind == "bool" else '"%s"'


def _text(kind: str) -> Callable[[Any], Any] | None:
    """Writes a value of a static type; None where its own text does."""
    if kind == "bool":
        return lambda value: "true" if value else "false"
    if kind.startswith("bytes"):
        return lambda value: "0x" + value.hex()
    if kind.startswith(("uint", "int")):
        return lambda value: value if -JSON_MOST <= value <= JSON_MOST else f'"{value}"'
    return None


def _texts(text: Callable[[Any], Any] | None, column: list[Any]) -> list[Any]:
    return column if text is None else [text(value) for value in column]


def _plain(value: Any) -> Any:
    """A value as JSON has it: bytes in hexadecimal, structs by name, great numbers as text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -JSON_MOST <= value <= JSON_MOST else str(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, str):  # of any bytes; see the contract's decoder
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    return [_plain(item) for item in value]
