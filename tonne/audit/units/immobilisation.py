"""Replay of Immobilisation: blocks of other registries held here, and blocks used there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.parties.payouts import PayoutsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, Route
from tonne.audit.replay.currency import SettlementCurrencyReplay
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.audit.units.offset_credits import OffsetCreditsReplay
from tonne.chain.client import Chain
from tonne.constants import DAY_S
from tonne.errors import TonneError
from tonne.types.ids import UnitId
from tonne.units import foreign_serials, registry_descriptors
from tonne.units.foreign_serials import SerialBlock
from tonne.units.immobilisation_state import ISSUANCE_TERMS, SerialBook, Told

RELEASED: Final = 9
LAST: Final = 2**64 - 1
ANSWER_WINDOW_S: Final = 30 * DAY_S


class ImmobilisationReplay(PausableReplay, PayoutsReplay):
    """Registries, issuances, bonds, and every stretch of serial numbers, by the handlers of `SerialBook`."""

    contract = "Immobilisation"

    def __init__(
        self,
        chain: Chain,
        parties: ParticipantsReplay,
        offsets: OffsetCreditsReplay,
        currency: SettlementCurrencyReplay,
    ) -> None:
        super().__init__()
        self.parties = parties
        self.applicants: dict[int, int] = {}  # participant by number of its request
        self.address, self.currency = chain[self.contract].address, currency
        self.bond = chain.call(self.contract, "BOND")
        self.treasury, self.asset = (
            int(chain.call(self.contract, name), 16) for name in ("TREASURY", "CURRENCY")
        )
        self.book = SerialBook()
        self.faults = self.book.faults
        self.offsets = offsets

    def routes(self) -> Iterator[Route]:
        yield from super().routes()
        for event, apply in self.book.handlers().items():

            def handler(
                a: Args, at: Dated, event: str = event, apply: Callable[[Args], None] = apply
            ) -> None:
                self._settle_bond(event, a, at)
                apply(a)

            yield Route(self.contract, event, handler, follower=False)

    def _settle_bond(self, event: str, a: Args, at: Dated) -> None:
        """The bond of a request that this event answers is owed to its applicant, or to the treasury."""
        if event == "ImmobilisationRequested":
            timely = a["until"] == at.time + ANSWER_WINDOW_S
            self._require(timely and a["bond"] == self.bond, f"terms of request {a['request']}")
            self.applicants[a["request"]] = self.parties.wallets[a["wallet"]][0]
            return
        if event not in ("BlockImmobilised", "ImmobilisationReverted"):
            return
        request = self.book.requests.get(a["request"])
        if request is None:
            return
        returned = event == "BlockImmobilised" or a["expired"]
        if event == "ImmobilisationReverted":
            late = at.time >= self.moved(request.until)
            self._require(late == a["expired"], f"request {a['request']} expired: {late}")
        applicant = self.applicants.pop(request.number)
        self._owe(applicant if returned else self.treasury, self.asset, request.bond)

    # Comparison

    def invariants(self, tally: Tally) -> None:
        """Every serial number is the block it stands for; units are as many as serial numbers."""
        super().invariants(tally)
        tally.value(self.contract, "serial numbers read otherwise", [], list(self._misread()))
        tally.value(
            self.contract, "batches that contradict a serial", [], list(self._contradicted())
        )
        tally.value(self.contract, "issuances of two kinds", [], list(self._differing()))
        bonds = sum(request.bond for request in self.book.requests.values())
        held = self.currency.balances.get(self.address, 0)
        tally.backed(
            self.contract, "money for bonds and payouts", bonds + self.owed_in(self.asset), held
        )
        for batch in self.book.batches.values():
            unit = UnitId(batch.id)
            issued = self.offsets.issued[unit] - self.offsets.exited[unit, RELEASED]
            about = f"serials here of batch {batch.number}"
            tally.value(self.contract, about, self.book.here(batch), issued)
            blocks = [(batch.terms["registry"], *block) for block in batch.blocks]
            found = self.offsets.blocks.get(unit, [])
            tally.value(self.contract, f"blocks of batch {batch.number}", blocks, found)

    def _misread(self) -> Iterator[str]:
        """Serial numbers that do not name the block on record, read anew; and descriptors that are others."""
        at_hand = registry_descriptors.known()
        for registry in self.book.registries.values():
            descriptor = at_hand.get(registry.name)
            if descriptor is not None and descriptor.digest != registry.descriptor:
                yield f"the descriptor of {registry.name} at hand is not the one on record"
        for told, block in self._read():
            if isinstance(block, TonneError):
                yield f"{told.raw}: {block.code}"
                continue
            same = block.issuance == self.book.issuance_of(told.registry, told.series)
            exact = (block.first, block.last) == (told.first, told.last)
            if not same or not (exact or self._accounted(told, block)):
                yield f"{told.raw} is on record as {told.first}-{told.last}"

    def _accounted(self, told: Told, block: SerialBlock) -> bool:
        """Whether the other parts of a block came here as well, or were used elsewhere."""
        place = (told.registry, told.series)
        parts = {(t.first, t.last) for t in self.book.told if t[:2] == place and t.raw == told.raw}
        parts |= {(use.first, use.last) for use in self.book.uses if use.place == place}
        first = block.first
        for start, end in sorted(parts):
            if start <= first <= end:
                first = end + 1
        return block.first <= told.first <= told.last <= block.last < first

    def _read(self) -> Iterator[tuple[Told, SerialBlock | TonneError]]:
        """What was told, by the descriptors at hand."""
        at_hand = registry_descriptors.known()
        for told in self.book.told:
            descriptor = at_hand.get(self.book.registries[told.registry].name)
            if descriptor is None:
                continue
            try:
                yield told, foreign_serials.parse_as(descriptor, told.raw)
            except TonneError as error:
                yield told, error

    def _contradicted(self) -> Iterator[str]:
        """Batches whose country, vintage or project is not what a serial number in them says."""
        for told, block in self._read():
            if told.batch and not isinstance(block, TonneError):
                terms = self.book.batches[told.batch].terms
                about = (terms["hostCountry"], terms["vintage"], terms["project"])
                for found in foreign_serials.contradictions(block, *about):
                    yield f"{told.raw}: {found.message}"

    def _differing(self) -> Iterator[str]:
        """Issuances with blocks in batches of two countries, vintages, projects or kinds."""
        for registry, series in sorted(self.book.brought):
            batches = self.book.batches_of((registry, series))
            about = {tuple(batch.terms[name] for name in ISSUANCE_TERMS) for batch in batches}
            if len(about) > 1:
                issuance = self.book.issuance_of(registry, series)
                yield f"issuance {issuance} of {self.book.registries[registry].name}"

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        book = self.book
        yield Check(self.contract, "registryCount", (), len(book.registries), "registries")
        for number, registry in book.registries.items():
            expected: dict[str, object] = {
                "name": registry.name,
                "descriptor": registry.descriptor,
                "keeper": registry.keeper,
                "countsThrough": registry.counts_through,
                "largest": registry.largest,
                "series": len(registry.series),
            }
            yield Check(self.contract, "registryOf", (number,), expected, f"registry {number}")
            for issuance, series in registry.series.items():
                about = f"issuance {issuance}"
                yield Check(self.contract, "seriesOf", (number, issuance), series, about)
            for scheme in registry.admitted:
                about = f"scheme {scheme} at registry {number}"
                yield Check(self.contract, "isAdmitted", (number, scheme), True, about)
        for (place, series), stretches in book.sets.items():
            for s in stretches:
                about = f"stretch {place}/{series}/{s.first}"
                found = (s.last, s.kind, s.ref)
                yield Check(self.contract, "stretchAt", (place, series, s.first), found, about)
            # So many steps from the head lead to the last one: the set holds nothing else.
            count = sum(1 for _ in stretches)
            args, end = (place, series, LAST, count), stretches.before(LAST)
            about = f"stretches of {place}/{series}"
            yield Check(self.contract, "stretchBefore", args, end, about)
        yield from self._batches()

    def _batches(self) -> Iterator[Check]:
        book = self.book
        yield Check(self.contract, "batchCount", (), len(book.batches), "batches")
        for batch in book.batches.values():
            about = f"batch {batch.number}"
            yield Check(self.contract, "batchAt", (batch.number,), batch.id, about)
            terms = dict(batch.terms)
            yield Check(self.contract, "termsOf", (batch.id,), terms, f"terms of {about}")
        yield Check(self.contract, "requestCount", (), book.asked, "requests")
        for number in range(1, book.asked + 1):
            waiting = book.requests.get(number)
            expected: dict[str, object] = {"kind": 0, "batch": 0, "bond": 0}
            if waiting is not None:
                expected = {
                    "kind": waiting.kind,
                    "batch": waiting.batch.number,
                    "wallet": waiting.wallet,
                    "series": waiting.series,
                    "first": waiting.first,
                    "last": waiting.last,
                    "amount": waiting.amount,
                    "until": waiting.until,
                    "bond": waiting.bond,
                }
            yield Check(self.contract, "requestOf", (number,), expected, f"request {number}")
