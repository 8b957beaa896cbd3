"""Tariffs, by which bills are divided: those published, and the one of a meter's bill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tonne.chain.client import Chain
from tonne.errors import TonneError
from tonne.power.meter_bills import BilledMeter


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


def of_meter(chain: Chain, of: BilledMeter, first_block: int = 0) -> PublishedTariff:
    """The open tariff of the meter's place by which its supplier is paid for the sale.

    BILL_NO_TARIFF, BILL_TARIFF_CHOICE where there is none, or are several.
    """
    metering = chain.call("MeterOracle", "meter", of.meter)[1]
    place = chain.call("MeterOracle", "node", metering)
    found = [
        tariff
        for tariff in published(chain, first_block)
        if not tariff.closed
        and tariff.terms.seller == of.sponsor
        and tariff.terms.salePpm
        and tariff.is_of(place.scheme, place.jurisdiction)
    ]
    if len(found) != 1:
        raise _not_one(of, found)
    return found[0]


def _not_one(of: BilledMeter, found: Sequence[PublishedTariff]) -> TonneError:
    numbers = ", ".join(str(tariff.number) for tariff in found)
    if not found:
        return TonneError(
            "BILL_NO_TARIFF",
            f"No open tariff of the place of meter {of.meter} pays participant {of.sponsor}, its supplier.",
            field="tariff",
            remedy="See `tonne credit bill tariff list`; ask your supplier which one it is, and name it:"
            f" `tonne credit bill pay TARIFF --meter {of.meter} --as NAME`.",
        )
    return TonneError(
        "BILL_TARIFF_CHOICE",
        f"Participant {of.sponsor}, the supplier of meter {of.meter}, is paid by several tariffs: {numbers}.",
        field="tariff",
        value=numbers,
        remedy="Ask it which one is yours (`tonne credit bill tariff list` has their parts), and name it:"
        f" `tonne credit bill pay {found[0].number} --meter {of.meter} --as NAME`.",
    )
