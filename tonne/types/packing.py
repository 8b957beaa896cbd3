"""Packed words: fields by name and width, lowest first, and sets of bits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tonne.errors import refused


def ones(width: int) -> int:
    """The largest number of so many bits."""
    return (1 << width) - 1


class Layout:
    """The fields of a packed word, lowest first, each with its width [bits].

    Names that begin with an underscore are gaps: they are packed as 0 and not unpacked.
    """

    __slots__ = ("_fields", "width")

    def __init__(self, **widths: int) -> None:
        self._fields: dict[str, tuple[int, int]] = {}
        self.width = 0
        for name, width in widths.items():
            if not name.startswith("_"):
                self._fields[name] = (self.width, width)
            self.width += width

    @property
    def names(self) -> list[str]:
        """The fields, lowest first."""
        return list(self._fields)

    def pack(self, **values: int) -> int:
        """The word of these fields; TonneError where a value does not fit its field."""
        word = 0
        for name, given in values.items():
            value = int(given)
            low, width = self._fields[name]
            if value < 0 or value >> width:
                raise refused(
                    "PACKED_FIELD_WIDTH",
                    given=str(value),
                    part=name.replace("_", " "),
                    ones=ones(width),
                    field=name,
                )
            word |= value << low
        return word

    def unpack(self, word: int) -> dict[str, int]:
        """All fields by name. What lies above the layout is left alone."""
        return {name: word >> low & ones(width) for name, (low, width) in self._fields.items()}

    def get(self, word: int, name: str) -> int:
        """One field."""
        low, width = self._fields[name]
        return word >> low & ones(width)

    def largest(self, name: str) -> int:
        """The largest value of a field."""
        return ones(self._fields[name][1])

    def above(self, word: int) -> int:
        """What lies above the layout."""
        return word >> self.width


def side_by_side(values: Iterable[int], width: int) -> int:
    """Numbers of so many bits each, the first lowest. A wider or a negative one spills into the others."""
    return sum(value << width * place for place, value in enumerate(values))


def signed(value: int, width: int) -> int:
    """A number in two's complement of so many bits, as a signed one."""
    return value - (1 << width) if value >> width - 1 else value


def unsigned(value: int, width: int) -> int:
    """A signed number in two's complement of so many bits."""
    return value & ones(width)


def bit_set(places: Iterable[int]) -> int:
    """The word with just the bits at these places, counted from 0."""
    word = 0
    for place in places:
        word |= 1 << place
    return word


def has_bit(word: int, place: int) -> bool:
    """Whether the bit at a place is set."""
    return bool(word >> place & 1)


def with_bit(word: int, place: int, on: bool) -> int:
    """The word with the bit at a place set or cleared."""
    return word | 1 << place if on else word & ~(1 << place)


def places(word: int) -> Iterator[int]:
    """The places of the bits that are set, lowest first."""
    while word:
        low = word & -word
        yield low.bit_length() - 1
        word ^= low
