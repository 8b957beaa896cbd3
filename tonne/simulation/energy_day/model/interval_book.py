"""Figures of every interval, each interval in a file: in memory is only the one that was asked for last."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

from tonne import files

T = TypeVar("T")


class IntervalBook(Generic[T]):
    """Intervals in their order; `pack` makes whole numbers of one, `unpack` reads them again."""

    def __init__(
        self, folder: Path, pack: Callable[[T], Iterable[int]], unpack: Callable[[list[int]], T]
    ) -> None:
        self._folder, self._pack, self._unpack = folder, pack, unpack
        self._count = 0
        self._last: tuple[int, T] | None = None

    def append(self, item: T) -> None:
        """The next interval's."""
        files.write(self._path(self._count), array("q", self._pack(item)).tobytes())
        self._last = self._count, item
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> T:
        if not 0 <= index < self._count:
            raise IndexError(index)
        if self._last is None or self._last[0] != index:
            self._last = None
            words = array("q", self._path(index).read_bytes()).tolist()
            self._last = index, self._unpack(words)
        return self._last[1]

    def __iter__(self) -> Iterator[T]:
        return (self[index] for index in range(self._count))

    def _path(self, index: int) -> Path:
        return self._folder / f"{index}.book"
