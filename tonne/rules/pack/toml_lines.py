"""Which line of a TOML file a value stands on: `tomllib` does not say."""

from __future__ import annotations

import re

#: Keys and list positions from the top of the document.
TomlPath = tuple[str | int, ...]


def dotted(path: TomlPath) -> str:
    """A path as a person writes it: `benchmark.power.gas[1].value`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


class LineIndex:
    """Knows tables, keys, and lists written one item a line; anything else by what surrounds it."""

    _TABLE = re.compile(r"^\s*\[(\[)?\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
    _NAME = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
    _KEY = re.compile(rf"^\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=\s*(.*)$")
    _PART = re.compile(_NAME)

    def __init__(self, text: str) -> None:
        self.found: dict[TomlPath, int] = {}
        table: TomlPath = ()
        counts: dict[TomlPath, int] = {}
        open_list: TomlPath | None = None
        item = 0
        for number, line in enumerate(text.splitlines(), start=1):
            if open_list is not None:
                stripped = line.strip()
                if stripped.startswith("]"):
                    open_list = None
                elif stripped and not stripped.startswith("#"):
                    self.found.setdefault((*open_list, item), number)
                    item += 1
                continue
            if match := self._TABLE.match(line):
                table = self._parts(match[2])
                if match[1]:
                    index = counts.get(table, 0)
                    counts[table] = index + 1
                    table = (*table, index)
                for depth in range(1, len(table) + 1):
                    self.found.setdefault(table[:depth], number)
            elif match := self._KEY.match(line):
                path = (*table, *self._parts(match[1]))
                for depth in range(len(table) + 1, len(path) + 1):
                    self.found.setdefault(path[:depth], number)
                if match[2].split("#")[0].strip() == "[":
                    open_list, item = path, 0

    def _parts(self, text: str) -> TomlPath:
        return tuple(p.strip("\"'") for p in self._PART.findall(text))

    def find(self, path: TomlPath) -> int:
        """The line of the path, or of the nearest thing around it; 1 when there is none."""
        for depth in range(len(path), 0, -1):
            if path[:depth] in self.found:
                return self.found[path[:depth]]
        return 1
