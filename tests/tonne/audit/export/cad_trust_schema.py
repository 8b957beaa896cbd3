"""CAD Trust's published schemas, as `cad_trust_schema.toml` states them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from tonne.countries import picklist

SCHEMA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
PICKLISTS = SCHEMA["picklists"] | {"countries": picklist()}


def faults(kind: str, record: dict[str, Any]) -> Iterator[str]:
    """What the schema of a kind of record refuses; whole numbers may come as text, as from a CSV file."""
    schema = SCHEMA[kind]
    required, optional = schema["required"], schema["optional"]
    lists, records = schema.get("lists", {}), schema.get("records", {})
    known = required | optional | lists | records
    yield from (f"{kind}.{name} is missing" for name in required if name not in record)
    for name, value in record.items():
        if name not in known:
            yield f"{kind}.{name} is not a field"
        elif name in lists:
            if not value:
                yield f"{kind}.{name} is an empty list"
            for one in value:
                yield from faults(lists[name], one)
        elif name in records:
            yield from faults(records[name], value)
        elif not _fits(known[name], value, record):
            yield f"{kind}.{name} is {value!r}"


def _fits(rule: str, value: Any, record: dict[str, Any]) -> bool:
    kind, _, earliest = rule.partition(" after ")
    if kind == "any":
        return isinstance(value, int) or bool(value)
    if kind == "whole":
        return isinstance(value, int) or (isinstance(value, str) and value.isdigit())
    if kind == "date":
        try:
            day = date.fromisoformat(value)
        except (TypeError, ValueError):
            return False
        return not earliest or day >= date.fromisoformat(record[earliest])
    if kind == "text":
        return isinstance(value, str) and value != ""
    return value in PICKLISTS[kind]
