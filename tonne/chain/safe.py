"""Batches for the Transaction Builder of a Safe: acts of a desk that is held by several owners.

The file says everything twice: as call data, which is what will be executed, and as function and values,
which is what the owners read before they sign.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tonne import files
from tonne.chain.contract import Contract
from tonne.crypto.accounts import checksum
from tonne.crypto.hashing import keccak
from tonne.errors import refused, why

VERSION: Final = "1.0"
BUILDER_VERSION: Final = "1.18.0"


def batch(
    chain_id: int,
    created_at: int,
    safe: str,
    name: str,
    description: str,
    calls: Sequence[tuple[Contract, str, Sequence[Any]]],
) -> dict[str, Any]:
    """The file's content; `created_at` [s] is the chain's time, so that one act gives one file."""
    body: dict[str, Any] = {
        "version": VERSION,
        "chainId": str(chain_id),
        "createdAt": created_at * 1000,
        "meta": {
            "name": name,
            "description": description,
            "txBuilderVersion": BUILDER_VERSION,
            "createdFromSafeAddress": checksum(safe),
            "createdFromOwnerAddress": "",
        },
        "transactions": [transaction(*call) for call in calls],
    }
    body["meta"]["checksum"] = checksum_of(body)
    return body


def transaction(contract: Contract, function: str, args: Sequence[Any]) -> dict[str, Any]:
    """One call, as data and as values."""
    kind = contract.function(function, len(args))
    entry = next(
        e
        for e in contract.abi
        if e["type"] == "function" and e["name"] == kind.name and _arity(e) == len(args)
    )
    data = contract.encode(function, *args)
    values = kind.inputs.decode(data[4:])
    return {
        "to": contract.address,
        "value": "0",
        "data": "0x" + data.hex(),
        "contractMethod": {"inputs": entry["inputs"], "name": kind.name, "payable": False},
        "contractInputsValues": {
            parameter["name"]: written(value)
            for parameter, value in zip(entry["inputs"], values, strict=True)
        },
    }


def written(value: Any) -> str:
    """A value as the builder has it: text, and lists and structs as JSON of texts."""
    plain = _plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain)


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return str(value)


def checksum_of(body: Mapping[str, Any]) -> str:
    """Checksum that the builder recomputes from the file; the name does not count."""
    meta = {key: value for key, value in body["meta"].items() if key != "checksum"}
    plain = {**body, "meta": {**meta, "name": None}}
    return "0x" + keccak(_serialised(plain).encode()).hex()


def _serialised(value: Any) -> str:
    if isinstance(value, Mapping):
        keys = sorted(value)
        members = "".join(f"{_serialised(value[key])}," for key in keys)
        return "{" + _compact(keys) + members + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_serialised(one) for one in value) + "]"
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _arity(entry: Mapping[str, Any]) -> int:
    return len(entry["inputs"])


def save(path: Path, body: Mapping[str, Any]) -> None:
    """Writes the file whole or not at all; one that is there stays."""
    if path.exists():
        raise refused("SAFE_FILE_EXISTS", path=str(path))
    try:
        files.write(path, json.dumps(body, indent=2) + "\n")
    except OSError as error:
        raise refused("SAFE_FILE_REFUSED", path=str(path), reason=why(error)) from None
