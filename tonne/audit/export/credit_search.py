"""Credits across batches: what they are of, their labels and their cheapest offers; which to buy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from tonne.audit.compliance.article6 import Article6Replay
from tonne.audit.compliance.retirement_registry import RetirementRegistryReplay
from tonne.audit.replay.dispatcher import Dispatcher
from tonne.audit.replay.events import Dated, Log, pin, read
from tonne.audit.units.credit_batches import CreditBatch, CreditBatchesReplay
from tonne.audit.units.labels import BatchLabel, LabelsReplay
from tonne.audit.units.offset_credits import ACTIVE
from tonne.chain.client import Chain
from tonne.constants import DAY_S, PPM
from tonne.errors import refused
from tonne.types import unit_id
from tonne.types.ids import MarketId, UnitId

#: Books that one purchase takes from, and price levels read of each.
MOST_BOOKS: Final = 16
LEVELS: Final = 20
SELL: Final = 1
#: Name by which authorisations of a host Party are asked for as a label.
ARTICLE6: Final = "article6"
#: `LabelKind` of ILabels.
LABEL_KINDS: Final = ("", "endorsement", "qualification", "certification", "insurance")


@dataclass(frozen=True, slots=True)
class LabelView:
    """A label with the name of its programme; days since 1970-01-01, both included."""

    programme: int
    name: str
    kind: str
    label: BatchLabel


@dataclass(frozen=True, slots=True)
class Offer:
    """Lots at one price of a market."""

    price: int  # [0.0001 currency a lot]
    lots: int


@dataclass(slots=True)
class CreditOffer:
    """A batch that is sound, and the market that it is sold in; money in the ledger's 0.0001."""

    unit: UnitId
    project: str  # number here, or `REGISTRY:number`
    country: int
    vintage: int
    activity: int
    kind: int
    tonnes: int  # not yet left, the buffer excluded
    labels: list[LabelView] = field(default_factory=list)
    authorised_t: int = 0  # by the host Party, not used or cancelled
    market: MarketId | None = None
    currency: str = ""  # address
    lot_t: int = 1
    fee_ppm: int = 0
    offers: list[Offer] = field(default_factory=list)

    @property
    def best(self) -> Offer | None:
        return self.offers[0] if self.offers else None


class CreditTerms(NamedTuple):
    """What a search asks for; empty is anything."""

    projects: Sequence[str] = ()
    countries: Sequence[int] = ()
    vintages: tuple[int, int] = (0, 9_999)
    labels: Sequence[str] = ()
    kinds: Sequence[int] = ()
    most: int = 0  # [0.0001 currency a tonne], fee included
    currency: str = ""

    def fits(self, credit: CreditOffer) -> bool:
        names = {view.name.casefold() for view in credit.labels}
        names |= {str(view.programme) for view in credit.labels}
        if credit.authorised_t:
            names.add(ARTICLE6)
        return (
            (not self.projects or credit.project.casefold() in map(str.casefold, self.projects))
            and (not self.countries or credit.country in self.countries)
            and self.vintages[0] <= credit.vintage <= self.vintages[1]
            and all(label.casefold() in names for label in self.labels)
            and (not self.kinds or credit.kind in self.kinds)
            and (not self.currency or credit.currency == self.currency)
            and (not self.most or self._cheap(credit))
        )

    def _cheap(self, credit: CreditOffer) -> bool:
        best = credit.best
        return best is not None and self.within(credit, best)

    def within(self, credit: CreditOffer, offer: Offer) -> bool:
        """Whether an offer costs no more a tonne than asked, fee included."""
        return not self.most or cost(offer.price, 1, credit.fee_ppm) <= self.most * credit.lot_t


class Take(NamedTuple):
    """Lots bought in one market, up to a price."""

    credit: CreditOffer
    lots: int
    price: int  # [0.0001 currency a lot], the dearest taken
    cash: int  # [0.0001 currency], fee included

    @property
    def tonnes(self) -> int:
        return self.lots * self.credit.lot_t


def cost(price: int, lots: int, fee_ppm: int) -> int:
    """A purchase with its fee, rounded up: the payer's direction."""
    return price * lots + -(-price * lots * fee_ppm // PPM)


def cheapest(credits: Iterable[CreditOffer], wanted: CreditTerms, tonnes: int) -> list[Take]:
    """The cheapest offers that fit, dearest last, up to an amount; whole lots, never more than asked.

    Of equal prices the older market is taken first. At most {MOST_BOOKS} markets.
    """
    ranked = sorted(
        (
            (offer.price * (PPM + one.fee_ppm) / one.lot_t, one.market or 0, offer, one)
            for one in credits
            for offer in one.offers
            if wanted.within(one, offer)
        ),
        key=lambda row: row[:2],
    )
    takes: dict[int, Take] = {}
    left = tonnes
    for _, market, offer, one in ranked:
        lots = min(offer.lots, left // one.lot_t)
        if lots == 0 or (market not in takes and len(takes) == MOST_BOOKS):
            continue
        before = takes.get(market)
        cash = cost(offer.price, lots, one.fee_ppm) + (before.cash if before else 0)
        takes[market] = Take(one, lots + (before.lots if before else 0), offer.price, cash)
        left -= lots * one.lot_t
    return list(takes.values())


def search(chain: Chain, first_block: int, day: int | None = None) -> Iterator[CreditOffer]:
    """Every sound batch with its labels on a day since 1970-01-01 (default: today) and its best offers."""
    leaving = chain.contracts.get("Immobilisation")
    batches = CreditBatchesReplay(
        chain["OffsetCredits"].address, leaving.address if leaving is not None else None
    )
    registry, labels = RetirementRegistryReplay([]), LabelsReplay()
    article6 = Article6Replay(registry)
    replays = Dispatcher([batches, registry, article6, labels])
    unknown: list[Log] = []
    for _, events in read(chain, first_block, pin(chain), unknown):
        replays.feed(events)
    today = chain.now() // DAY_S if day is None else day
    sound = [b for _, b in sorted(batches.batches.items()) if b.status == ACTIVE and b.traits]
    found = [_credit(one, batches, labels, article6, today) for one in sound]
    _add_offers(chain, found)
    yield from found


def read_labels(chain: Chain, first_block: int) -> LabelsReplay:
    """Labels from their events alone; none where the market has no such contract."""
    replay = LabelsReplay()
    if "Labels" not in chain.contracts:
        return replay
    events = [
        event
        for name in ("LabelProgrammeSet", "LabelGranted", "LabelEnded")
        for event in chain.logs("Labels", name, first_block)
    ]
    events.sort(key=lambda event: (event.block, event.log_index))
    Dispatcher([replay]).feed(Dated(event, 0) for event in events)
    return replay


def labels_of(labels: LabelsReplay, unit: UnitId, day: int | None = None) -> list[LabelView]:
    """Labels of a batch that hold on a day; without a day all that ever held."""
    found = []
    for (number, of), granted in sorted(labels.labels.items()):
        programme = labels.programmes[number]
        for one in granted:
            if of == unit and (
                one.holds_on(day) if day is not None else one.from_day <= one.until_day
            ):
                kind = LABEL_KINDS[programme.kind]
                found.append(LabelView(number, programme.name, kind, one))
    return found


def _credit(
    batch: CreditBatch,
    batches: CreditBatchesReplay,
    labels: LabelsReplay,
    article6: Article6Replay,
    day: int,
) -> CreditOffer:
    traits = batch.traits
    assert traits is not None  # of sound batches
    terms = batch.terms
    foreign = f"{batches.registries.get(terms.registry, '')}:{terms.project}" if terms else ""
    left = batch.left()
    blocks = article6.blocks.get(batch.unit, {}).values()
    return CreditOffer(
        unit=batch.unit,
        project=foreign or str(batch.project),
        country=traits.country,
        vintage=unit_id.vintage_of(batch.unit),
        activity=traits.activity,
        kind=traits.kind,
        tonnes=sum(run.amount for run in left) - batch.buffer,
        labels=labels_of(labels, batch.unit, day),
        authorised_t=sum(
            max(0, min(run.last, b.last) - max(run.first, b.first) + 1)
            for b in blocks
            for run in left
        ),
    )


def _add_offers(chain: Chain, credits: Sequence[CreditOffer]) -> None:
    """Market, lot and fee of each batch, and its offers; a closed or halted market has none."""
    numbers = chain.call_many(("Exchange", "marketOf", (one.unit,)) for one in credits)
    traded = [(one, number) for one, number in zip(credits, numbers, strict=True) if number]
    answers: list[Any] = chain.call_many(
        call
        for _, number in traded
        for call in (
            ("Exchange", "marketAssets", (number,)),
            ("ExchangeLens", "marketConfig", (number,)),
            ("ExchangeLens", "market", (number,)),
            ("ExchangeLens", "depth", (number, SELL, LEVELS)),
        )
    )
    for place, (one, number) in enumerate(traded):
        assets, (config, _), day, depth = answers[4 * place : 4 * place + 4]
        one.market, one.currency, one.lot_t = number, assets.currency, assets.lotSize
        one.fee_ppm = config.rules.takerFeePpm
        if day.open:
            one.offers = [Offer(level.price, level.lots) for level in depth if level.lots]


def enough(takes: Sequence[Take], tonnes: int) -> None:
    """Raises OFFSET_TOO_FEW when the offers that fit are fewer than asked for."""
    found = sum(take.tonnes for take in takes)
    if found < tonnes:
        raise refused("OFFSET_TOO_FEW", tonnes=tonnes, offered_tonnes=found, takes_count=len(takes))
