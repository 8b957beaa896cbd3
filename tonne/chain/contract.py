"""A contract as seen from outside: an address and an ABI, encoded and decoded quickly.

Arguments may be given as people have them: addresses as text or as an `Account` or `Contract`,
bytes as hex text, structs as a tuple, a mapping, or any object with the right attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import index
from typing import Any, Final

from eth_abi.decoding import ContextFramesBytesIO, StringDecoder
from eth_abi.encoding import TextStringEncoder, encode_uint_256
from eth_abi.exceptions import ValueOutOfBounds
from eth_abi.registry import ABIRegistry, BaseEquals, registry

from tonne.chain.fast_abi import REFUSED, element, reader, record, writer
from tonne.crypto.accounts import checksum
from tonne.crypto.hashing import keccak
from tonne.errors import out_of_range, refused

Abi = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Event:
    """One decoded event."""

    contract: str
    name: str
    args: dict[str, Any]
    address: str
    block: int
    tx_hash: str
    log_index: int

    def __getitem__(self, key: str) -> Any:
        return self.args[key]


class Contract:
    """A deployed contract; its ABI is compiled when it is first used."""

    def __init__(self, name: str, address: str, abi: Abi) -> None:
        self.name = name
        self.address = checksum(address)
        self.address_bytes = bytes.fromhex(address.removeprefix("0x"))
        self.abi = abi

    def encode(self, function: str, *args: Any) -> bytes:
        return self.function(function, len(args)).encode(args)

    def decode(self, function: str, data: bytes, arguments: int | None = None) -> Any:
        return self.function(function, arguments).decode(data)

    def function(self, name: str, arguments: int | None = None) -> Function:
        """By name, by name and number of arguments, or by full signature `name(type,…)`."""
        found = self._functions.get((name, arguments)) or self._functions.get((name, None))
        if found is None:
            raise refused("CONTRACT_NO_FUNCTION", function=name, contract=self.name)
        return found

    @property
    def functions(self) -> list[Function]:
        """All of them."""
        return interface(self.abi).functions

    def overloads(self, name: str) -> list[Function]:
        """All functions of a name; none when there is none."""
        return [function for function in self.functions if function.name == name]

    def has(self, name: str) -> bool:
        return (name, None) in self._functions

    @property
    def _functions(self) -> dict[tuple[str, int | None], Function]:
        return interface(self.abi).by_name

    @property
    def events(self) -> dict[str, EventType]:
        """By topic."""
        return interface(self.abi).events

    def topic(self, name: str) -> str:
        for topic, kind in self.events.items():
            if kind.name == name:
                return topic
        raise refused("CONTRACT_NO_EVENT", event=name, contract=self.name)

    def decode_log(self, log: Mapping[str, Any]) -> Event | None:
        """None when the ABI does not know the event."""
        topics = log["topics"]
        kind = self.events.get(topics[0]) if topics else None
        if kind is None:
            return None
        return Event(
            contract=self.name,
            name=kind.name,
            args=kind.decode(topics, bytes.fromhex(log["data"][2:])),
            address=self.address,
            block=int(log["blockNumber"], 16),
            tx_hash=log["transactionHash"],
            log_index=int(log["logIndex"], 16),
        )

    def constructor(self, args: Sequence[Any]) -> bytes:
        """Encoded constructor arguments, to be appended to the creation code."""
        for entry in self.abi:
            if entry["type"] == "constructor":
                return _Tuple(entry["inputs"]).encode(args)
        return b""

    def __repr__(self) -> str:
        return f"{self.name}({self.address})"


class Interface:
    """An ABI's functions, events and errors, each kind compiled when it is first asked for."""

    def __init__(self, abi: Abi) -> None:
        self.abi = abi

    @cached_property
    def functions(self) -> list[Function]:
        return [Function(entry) for entry in self.abi if entry["type"] == "function"]

    @cached_property
    def by_name(self) -> dict[tuple[str, int | None], Function]:
        """By name, by name and number of arguments, and by signature."""
        table: dict[tuple[str, int | None], Function] = {}
        for function in self.functions:
            table.setdefault((function.name, None), function)
            table.setdefault((function.name, len(function.inputs.names)), function)
            table[(function.signature, None)] = function
        return table

    @cached_property
    def events(self) -> dict[str, EventType]:
        """By topic."""
        kinds = [EventType(e) for e in self.abi if e["type"] == "event" and not e.get("anonymous")]
        return {kind.topic: kind for kind in kinds}

    @cached_property
    def errors(self) -> list[ErrorType]:
        return [ErrorType(entry) for entry in self.abi if entry["type"] == "error"]


#: By the identity of the list, which each keeps alive: contracts with one ABI share what is compiled.
_INTERFACES: dict[int, Interface] = {}
_MOST_INTERFACES: Final = 1024


def interface(abi: Abi) -> Interface:
    """What an ABI compiles to; the same for the same list, which nobody changes."""
    found = _INTERFACES.get(id(abi))
    if found is None:
        if len(_INTERFACES) >= _MOST_INTERFACES:
            _INTERFACES.clear()
        found = _INTERFACES[id(abi)] = Interface(abi)
    return found


class ErrorType:
    """One custom error, compiled from its ABI entry."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.name: str = entry["name"]
        self.inputs = _Tuple(entry["inputs"])
        self.selector = keccak((self.name + self.inputs.type).encode())[:4].hex()


class Function:
    """One function, compiled from its ABI entry."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.name: str = entry["name"]
        self.inputs = _Tuple(entry["inputs"])
        self.outputs = _Tuple(entry["outputs"])
        self.signature = self.name + self.inputs.type
        self.selector = keccak(self.signature.encode())[:4]
        self.view = entry.get("stateMutability") in ("view", "pure")

    def encode(self, args: Sequence[Any]) -> bytes:
        return self.selector + self.inputs.encode(args, self.name)

    def decode(self, data: bytes) -> Any:
        values = self.outputs.decode(data)
        if len(values) == 1:
            return values[0]
        return values if values else None


class EventType:
    """One event, compiled from its ABI entry."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.name: str = entry["name"]
        inputs = entry["inputs"]
        self.topic = "0x" + keccak((self.name + _Tuple(inputs).type).encode()).hex()
        self._names = [i["name"] for i in inputs]
        self._indexed = [i["name"] for i in inputs if i["indexed"]]
        hashed = [_is_dynamic(i["type"]) for i in inputs if i["indexed"]]
        self._topics = [
            _Tuple([{**i, "type": "bytes32" if h else i["type"]}])
            for i, h in zip((i for i in inputs if i["indexed"]), hashed, strict=True)
        ]
        self._data = _Tuple([i for i in inputs if not i["indexed"]])

    def decode(self, topics: Sequence[str], data: bytes) -> dict[str, Any]:
        found = {
            name: kind.decode(bytes.fromhex(topic[2:]))[0]
            for name, kind, topic in zip(self._indexed, self._topics, topics[1:], strict=True)
        }
        found.update(zip(self._data.names, self._data.decode(data), strict=True))
        return {name: found[name] for name in self._names}


class _Tuple:
    """A list of ABI parameters with its encoder and decoder."""

    def __init__(self, parameters: Sequence[dict[str, Any]]) -> None:
        self.names = [p["name"] for p in parameters]
        self.type = "(" + ",".join(_type_of(p) for p in parameters) + ")"
        self._prepare = [_preparer(p) for p in parameters]
        self._finish = [_finisher(p) for p in parameters]
        self._size = len(parameters)
        self._parameters = parameters
        self._reader = reader(parameters)
        self._writer = writer(parameters)

    def encode(self, args: Sequence[Any], what: str = "constructor") -> bytes:
        if len(args) != self._size:
            raise TypeError(f"{what}{self.type} takes {self._size} arguments, got {len(args)}")
        if not self._size:
            return b""
        ready = [p(a) if p else a for p, a in zip(self._prepare, args, strict=True)]
        if self._writer is not None:
            try:
                return self._writer.write(ready)
            except REFUSED:
                pass  # the general encoder names the fault
        try:
            return _encoder(self.type)(ready)
        except ValueOutOfBounds:
            for parameter, value in zip(self._parameters, ready, strict=True):
                check_range(parameter, value, what)
            raise

    def decode(self, data: bytes) -> tuple[Any, ...]:
        if not self._size:
            return ()
        if self._reader is not None and len(data) == self._reader.words * 32:
            return self._reader.read(data)
        raw = _decode(self.type, data)
        return tuple(f(v) if f else v for f, v in zip(self._finish, raw, strict=True))


class _AnyTextEncoder(TextStringEncoder):
    """Any account may write a `string` on chain, of any bytes. Those that are no UTF-8 must not stop a
    reader: they are kept in the text as Python keeps those of a file's name, and given back as they came."""

    @classmethod
    def encode(cls, value: str) -> bytes:
        TextStringEncoder.validate_value(value)
        data = value.encode("utf-8", "surrogateescape")
        return encode_uint_256(len(data)) + data.ljust(-(-len(data) // 32) * 32, b"\0")


def _types() -> ABIRegistry:
    types = registry.copy()
    types.unregister("string")
    decoder = StringDecoder(handle_string_errors="surrogateescape")
    types.register(BaseEquals("string"), _AnyTextEncoder, decoder, label="string")
    found: ABIRegistry = types
    return found


_TYPES = _types()


@lru_cache(maxsize=4096)
def _encoder(kind: str) -> Callable[[Any], bytes]:
    found: Callable[[Any], bytes] = _TYPES.get_encoder(kind)
    return found


@lru_cache(maxsize=4096)
def _decoder(kind: str) -> Callable[[Any], Any]:
    found: Callable[[Any], Any] = _TYPES.get_decoder(kind)
    return found


def encode_values(kind: str, values: Any) -> bytes:
    """`abi.encode` of a tuple of values, given its type."""
    return _encoder(kind)(values)


def topic(number: int) -> str:
    """A number as the topic of an indexed field."""
    return "0x" + number.to_bytes(32, "big").hex()


def _decode(kind: str, data: bytes) -> Any:
    return _decoder(kind)(ContextFramesBytesIO(data))


def _type_of(parameter: Mapping[str, Any]) -> str:
    kind: str = parameter["type"]
    if kind.startswith("tuple"):
        inner = ",".join(_type_of(c) for c in parameter["components"])
        return f"({inner}){kind[5:]}"
    return kind


def _is_dynamic(kind: str) -> bool:
    return kind in ("string", "bytes") or kind.endswith("]") or kind.startswith("tuple")


def _preparer(parameter: Mapping[str, Any]) -> Callable[[Any], Any] | None:
    """Converter from Python values to the encoder's; None where none is needed."""
    kind: str = parameter["type"]
    if kind.endswith("]"):
        step = _preparer(element(parameter))
        return (lambda items: [step(i) for i in items]) if step else list
    if kind == "tuple":
        return _struct_preparer(parameter["components"])
    if kind == "address":
        return address_bytes
    if kind == "bytes" or kind.startswith("bytes"):
        return lambda value: bytes.fromhex(value[2:]) if isinstance(value, str) else value
    if kind.startswith(("uint", "int")):
        return index  # refuses floats, takes enums
    return None


def _struct_preparer(components: Sequence[Mapping[str, Any]]) -> Callable[[Any], Any]:
    names = [c["name"] for c in components]
    steps = [_preparer(c) for c in components]

    def prepare(value: Any) -> list[Any]:
        if isinstance(value, Mapping):
            fields = [value[name] for name in names]
        elif isinstance(value, (tuple, list)):
            fields = list(value)
        else:
            fields = [getattr(value, name) for name in names]
        if len(fields) != len(names):
            raise TypeError(
                f"struct of {len(names)} fields ({', '.join(names)}), got {len(fields)}"
            )
        return [step(f) if step else f for step, f in zip(steps, fields, strict=True)]

    return prepare


def check_range(parameter: Mapping[str, Any], value: Any, what: str) -> None:
    """Raises NUMBER_OUT_OF_RANGE for a number that its ABI type cannot hold; `what` names it otherwise."""
    kind: str = parameter["type"]
    name = parameter.get("name", "").lstrip("_") or what
    if kind.endswith("]"):
        for item in value:
            check_range(element(parameter), item, name)
    elif kind == "tuple":
        for inner, item in zip(parameter["components"], value, strict=True):
            check_range(inner, item, name)
    elif kind.startswith(("uint", "int")):
        signed = kind.startswith("int")
        bits = int(kind.removeprefix("u").removeprefix("int")) - signed
        least, most = (-(2**bits) if signed else 0), 2**bits - 1
        if not least <= value <= most:
            raise out_of_range(name, value, least, most)


def _finisher(parameter: Mapping[str, Any]) -> Callable[[Any], Any] | None:
    kind: str = parameter["type"]
    if kind.endswith("]"):
        step = _finisher(element(parameter))
        return (lambda items: [step(i) for i in items]) if step else list
    if kind == "tuple":
        components = parameter["components"]
        shape = record(tuple(c["name"] for c in components))
        steps = [_finisher(c) for c in components]
        return lambda values: shape(
            *(step(v) if step else v for step, v in zip(steps, values, strict=True))
        )
    if kind == "address":
        return checksum
    return None


def address_bytes(value: Any) -> bytes:
    """Twenty bytes from text, bytes, or anything that has an address. Raises ADDRESS_UNREADABLE."""
    if isinstance(value, str):
        try:
            read = bytes.fromhex(value.removeprefix("0x"))
        except ValueError:
            read = b""
        if len(read) == 20:
            return read
        raise refused("ADDRESS_UNREADABLE", address=value)
    if isinstance(value, bytes):
        return value
    found: bytes = value.address_bytes
    return found
