"""Serial numbers of other registries: every way to write a block, read into the one block it names.

A block is `(registry, issuance, first, last)`. The issuance is a number that the registry's descriptor makes
of the fields that identify it; case, Unicode form, zeros, spaces, separators and all other fields make no
second one. What the other fields say is kept beside it, to be compared. The registry's own string is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from tonne import countries
from tonne.errors import TonneError, refused
from tonne.units import registry_descriptors
from tonne.units.registry_descriptors import Descriptor
from tonne.units.serial_forms import MOST_CHARACTERS, country_of, day_of

#: A block ends before this: the first number after it must fit 64 bits too.
LIMIT: Final = 2**64 - 1


@dataclass(frozen=True, slots=True)
class SerialBlock:
    """A run of serial numbers, both ends included."""

    registry: str
    issuance: int  # its number; 0 where the registry counts through
    first: int
    last: int
    raw: str  #      as the registry wrote it
    #: What the serial number says besides: country, vintage, from, until, project, type.
    said: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def quantity(self) -> int:
        """Units of the block: both ends count."""
        return self.last - self.first + 1

    @property
    def project(self) -> str:
        """The project's number in that registry; empty if the serial number does not say it."""
        return self.said.get("project", "")

    @property
    def key(self) -> tuple[str, int, int, int]:
        """Equal for all ways to write one block."""
        return self.registry, self.issuance, self.first, self.last


def parse(registry: str, raw: str, quantity: int | None = None) -> SerialBlock:
    """The block that `raw` names in `registry`; refused if it is not `quantity` units, where that
    is stated. Of an issuance without serial numbers: all that it can hold, or as many as stated."""
    return parse_as(registry_descriptors.named(registry), raw, quantity)


def parse_as(descriptor: Descriptor, raw: str, quantity: int | None = None) -> SerialBlock:
    """The same by a descriptor."""
    if not raw.strip():
        raise refused("SERIAL_MISSING", raw=raw)
    for form in descriptor.forms:
        texts = form.texts(raw)
        if texts is None:
            continue
        said = {name: t for name, t in texts.items() if name not in registry_descriptors.RANGE}
        if descriptor.ids_only:
            first, last = 1, quantity or descriptor.largest_block
        else:
            first, last = int(texts["first"]), int(texts["last"])
        block = SerialBlock(descriptor.name, form.issuance(texts), first, last, raw, said)
        _check(block, quantity, descriptor)
        return block
    raise TonneError(
        "SERIAL_FORM",
        f"This is not a serial number as {descriptor.name} writes it.",
        field="serial",
        value=raw[:MOST_CHARACTERS],
        remedy=f"Copy it from the registry whole: {descriptor.samples}.",
    )


def _check(block: SerialBlock, quantity: int | None, descriptor: Descriptor) -> None:
    if block.first == 0 or block.last >= LIMIT:
        raise TonneError(
            "SERIAL_NUMBER",
            "Serial numbers begin at 1 and fit 64 bits.",
            field="serial",
            value=block.raw,
            remedy="Copy the serial number from the registry whole.",
        )
    if block.issuance == 0 and not descriptor.counts_through:
        raise TonneError(
            "SERIAL_NUMBER",
            "The number of an issuance begins at 1.",
            field="serial",
            value=block.raw,
            remedy="Copy the serial number from the registry whole.",
        )
    if block.last < block.first:
        raise refused("SERIAL_ORDER", raw=block.raw, serial=block.last, first_serial=block.first)
    ends = _period(block)
    if ends is not None and ends[1] < ends[0]:
        raise refused("SERIAL_PERIOD", raw=block.raw, end=ends[1], first_day=ends[0])
    if quantity is not None and quantity != block.quantity:
        raise refused("SERIAL_QUANTITY", quantity=quantity, block_quantity=block.quantity)
    if block.quantity > descriptor.largest_block:
        raise refused(
            "SERIAL_TOO_LARGE",
            raw=block.raw,
            descriptor_name=descriptor.name,
            largest_block=descriptor.largest_block,
            quantity=block.quantity,
        )


def _period(block: SerialBlock) -> tuple[date, date] | None:
    """First and last day that a serial number says; None when it says none."""
    ends = [day_of(block.said[name]) for name in ("from", "until") if name in block.said]
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        return None
    return ends[0], ends[1]


# Statements beside a serial number


def contradictions(
    block: SerialBlock,
    country: int,
    vintage: int,
    project: str,
    period: tuple[date, date] | None = None,
) -> Sequence[TonneError]:
    """Statements about a block that its serial number contradicts: country, vintage or period, project."""
    said, found = block.said, []
    written = country_of(said.get("country", ""))
    if written is not None and written != country:
        found.append(
            _differs("country", countries.country(written).name, countries.country(country).name)
        )
    if digits(block.project) and digits(block.project) != digits(project):
        found.append(_differs("project_id", block.project, project or "none"))
    ends = _period(block)
    if ends is not None:
        if period is not None and period != ends:
            found.append(
                _differs("vintage_start", f"{ends[0]} to {ends[1]}", f"{period[0]} to {period[1]}")
            )
        elif not ends[0].year <= vintage <= ends[1].year:
            found.append(_differs("vintage", f"{ends[0].year} to {ends[1].year}", str(vintage)))
    elif "vintage" in said:
        year = int(said["vintage"])
        if period is not None and not period[0].year <= year <= period[1].year:
            found.append(_differs("vintage_start", str(year), f"{period[0]} to {period[1]}"))
        elif vintage > year:
            found.append(_differs("vintage", str(year), str(vintage)))
    return found


def type_contradiction(block: SerialBlock, said: str) -> TonneError | None:
    """The stated type of a block's project, where the number in its serial contradicts it."""
    descriptor = registry_descriptors.named(block.registry)
    words = descriptor.types.get(block.said.get("type", "").lstrip("0"))
    if words is None or not said.strip() or words.casefold() in said.casefold():
        return None
    return _differs("project_type", words, said)


def _differs(name: str, written: str, said: str) -> TonneError:
    return TonneError(
        {"project_id": "EXTRACT_PROJECT"}.get(name, "EXTRACT_CONTRADICTS"),
        f"The serial number says {name} {written}, the row {said}.",
        field=name,
        value=said,
        remedy="Copy the row from the registry; if it stands so there, ask which of the two is right.",
    )


def digits(text: str) -> str:
    """The digits of a project's number."""
    return "".join(c for c in text if c in "0123456789").lstrip("0")
