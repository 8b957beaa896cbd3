"""A TOML file of rules, read once: every refusal names its file, line, key and remedy."""

from __future__ import annotations

import difflib
import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from tonne.errors import TonneError, refused
from tonne.rules.pack.toml_lines import LineIndex, TomlPath, dotted


def _line_of(message: str) -> str:
    """The line that a TOML reader names, as other refusals have it; empty where it names none."""
    found = re.search(r"\(at line (\d+), column \d+\)", message)
    return f":{found[1]}" if found else ""


class Document:
    """`refuse` makes every error."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.raw = path.read_bytes()
        try:
            text = self.raw.decode("utf-8")
            self.doc = tomllib.loads(text, parse_float=Decimal)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise refused(
                "PACK_SYNTAX", path=str(path), line_of=_line_of(str(error)), error=error
            ) from error
        self.lines = LineIndex(text)

    def refuse(self, code: str, at: TomlPath, sentence: str, value: Any, remedy: str) -> TonneError:
        key = dotted(at)
        line = self.lines.find(at)
        return TonneError(
            code, f"{self.path}:{line}: {key}: {sentence}", field=key, value=value, remedy=remedy
        )

    def check_top(self, known: set[str], form: int) -> None:
        """The tables at the top, and the format they are in."""
        for key in self.doc:
            if key not in known:
                raise self.unknown((key,), known)
        if self.doc.get("format") != form:
            raise self.refuse(
                "PACK_FORMAT", ("format",), f"this reader knows format {form}.",
                self.doc.get("format"), f"Write format = {form}.",
            )  # fmt: skip

    def at(self, path: TomlPath) -> Any:
        node: Any = self.doc
        for step in path:
            if isinstance(node, dict) and step not in node:
                raise self.refuse(
                    "PACK_MISSING",
                    path,
                    "is missing.",
                    None,
                    f"Add it; {dotted(path)} is required.",
                )
            node = node[step]
        return node

    def model(self, kind: type[BaseModel], path: TomlPath) -> Any:
        """One pydantic model; its first error becomes ours."""
        try:
            return kind.model_validate(self.at(path))
        except ValidationError as error:
            first = error.errors()[0]
            loc: TomlPath = tuple(first["loc"])
            where = (*path, *loc)
            if first["type"] == "extra_forbidden":
                fields = {f.alias or n for n, f in kind.model_fields.items()}
                raise self.unknown(where, fields) from error
            if first["type"] == "missing":
                raise self.refuse(
                    "PACK_MISSING", where, "is missing.", None, f"Add {loc[-1]} = ... here."
                ) from error
            message = first["msg"].removeprefix("Value error, ")
            message = message[0].lower() + message[1:]
            raise self.refuse(
                "PACK_FIELD", where, f"{message}.", first.get("input"), "Correct the value."
            ) from error

    def models(self, kind: type, section: str) -> dict[str, Any]:
        """The tables of a section by name; none where the section is absent."""
        table = self.doc.get(section, {})
        if not isinstance(table, dict):
            raise self.refuse(
                "PACK_FIELD", (section,), "holds no table.", table, f"Write [{section}.NAME]."
            )
        return {name: self.model(kind, (section, name)) for name in table}

    def listed(self, kind: type, section: str) -> list[Any]:
        """The tables of a list, [[section]]."""
        tables = self.doc.get(section, [])
        if not isinstance(tables, list):
            raise self.refuse(
                "PACK_FIELD", (section,), "is not a list.", tables, f"Write [[{section}]]."
            )
        return [self.model(kind, (section, i)) for i in range(len(tables))]

    def unknown(self, path: TomlPath, known: set[str] | frozenset[str]) -> TonneError:
        close = difflib.get_close_matches(str(path[-1]), sorted(known), n=1)
        guess = f"Did you mean {close[0]}?" if close else f"Known: {', '.join(sorted(known))}."
        return self.refuse("PACK_UNKNOWN_KEY", path, "no such key.", str(path[-1]), guess)
