"""Which keys of a pack were read: a mapping around its values that keeps the keys asked for."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping, Sequence, ValuesView

from tonne.rules.pack.model import DatedValue


class ReadKeys(Mapping[str, Sequence[DatedValue]]):
    """A pack's values; remembers each key whose values were handed out until `close`.

    Listing keys, or all items, is no reading of one: a table of the whole pack applies nothing.
    """

    def __init__(self, values: Mapping[str, Sequence[DatedValue]]) -> None:
        self._values = values
        self._read: set[str] = set()
        self._open = True

    def __getitem__(self, key: str) -> Sequence[DatedValue]:
        found = self._values[key]
        if self._open:
            self._read.add(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def items(self) -> ItemsView[str, Sequence[DatedValue]]:
        return self._values.items()

    def values(self) -> ValuesView[Sequence[DatedValue]]:
        return self._values.values()

    def close(self) -> frozenset[str]:
        """The keys read so far; a later reading (for a report) is not counted."""
        self._open = False
        return frozenset(self._read)
