"""Tariffs, by which bills are divided: those published, and the one of a meter's bill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tonne.chain.client import Chain
from tonne.errors import TonneError, refused


@dataclass(frozen=True, slots=True)
class PublishedTariff:
    """A tariff as it was published."""

    number: int
    jurisdiction: int  # 0 for all
    terms: Any  # `Tariff` of ICreditBills
    closed: bool

    def parts(self) -> Iterator[tuple[str, int, int]]:
        """Name, receiver and parts per million of each share; of the remainder what they leave."""
        terms = self.terms
        shares = (
            ("generation", terms.generator, terms.generationPpm),
            ("transmission", terms.transmitter, terms.transmissionPpm),
            ("distribution", terms.distributor, terms.distributionPpm),
            ("sale", terms.seller, terms.salePpm),
        )
        for name, receiver, ppm in shares:
            if ppm:
                yield name, receiver, ppm

    def pays(self, participant: int) -> bool:
        """Whether a participant has a part of what is paid by it."""
        receivers = {receiver for _, receiver, _ in self.parts()}
        return participant in receivers | {self.terms.remainderTo}

    def is_of(self, scheme: int, jurisdiction: int) -> bool:
        """Whether bills of a place may be divided by it."""
        return self.terms.scheme == scheme and self.jurisdiction in (0, jurisdiction)


def published(chain: Chain, first_block: int = 0) -> list[PublishedTariff]:
    """All tariffs, in the order of their numbers."""
    events = chain.logs(
        "CreditBills", first=first_block, events=("TariffPublished", "TariffClosed")
    )
    closed = {e["tariff"] for e in events if e.name == "TariffClosed"}
    return [
        PublishedTariff(e["tariff"], e["jurisdiction"], e["terms"], e["tariff"] in closed)
        for e in events
        if e.name == "TariffPublished"
    ]


def of_meter(chain: Chain, meter: int, supplier: int, first_block: int = 0) -> PublishedTariff:
    """The open tariff of the meter's place by which its supplier is paid for the sale.

    BILL_NO_TARIFF, BILL_TARIFF_CHOICE where there is none, or are several.
    """
    found = [
        tariff
        for tariff in paying_supplier(chain, meter, supplier, first_block)
        if not tariff.closed and tariff.terms.seller == supplier and tariff.terms.salePpm
    ]
    if len(found) != 1:
        raise _not_one(meter, supplier, found)
    return found[0]


def paying_supplier(
    chain: Chain, meter: int, supplier: int, first_block: int = 0
) -> list[PublishedTariff]:
    """Tariffs of the meter's place, closed ones too, of which its supplier has a part.

    A reference is known to all: what is paid under it by another tariff has not come to the supplier.
    """
    metering = chain.call("MeterOracle", "meter", meter)[1]
    place = chain.call("MeterOracle", "node", metering)
    return [
        tariff
        for tariff in published(chain, first_block)
        if tariff.is_of(place.scheme, place.jurisdiction) and tariff.pays(supplier)
    ]


def named(
    chain: Chain, meter: int, supplier: int, number: int, first_block: int = 0
) -> PublishedTariff:
    """The tariff of a number that a customer gives; BILL_OTHER_TARIFF where it pays the supplier nothing."""
    fit = paying_supplier(chain, meter, supplier, first_block)
    for tariff in fit:
        if tariff.number == number:
            return tariff
    numbers = ", ".join(str(tariff.number) for tariff in fit if not tariff.closed)
    raise refused(
        "BILL_OTHER_TARIFF",
        tariff=number,
        meter=meter,
        supplier=supplier,
        numbers=numbers or "none",
    )


def _not_one(meter: int, supplier: int, found: Sequence[PublishedTariff]) -> TonneError:
    numbers = ", ".join(str(tariff.number) for tariff in found)
    if not found:
        return refused("BILL_NO_TARIFF", meter=meter, supplier=supplier)
    return refused(
        "BILL_TARIFF_CHOICE",
        numbers=numbers,
        supplier=supplier,
        meter=meter,
        found_number=found[0].number,
    )
