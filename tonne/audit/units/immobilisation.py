"""Replay of Immobilisation: blocks of other registries held here, and blocks used there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, Route
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.audit.units.offset_credits import OffsetCreditsReplay
from tonne.errors import TonneError
from tonne.types.ids import UnitId
from tonne.units import foreign_serials
from tonne.units.immobilisation_state import SerialBook

RELEASED: Final = 9
LAST: Final = 2**64 - 1


class ImmobilisationReplay(PausableReplay):
    """Registries, their series, and every stretch of serial numbers, by the handlers of `SerialBook`."""

    contract = "Immobilisation"

    def __init__(self, offsets: OffsetCreditsReplay) -> None:
        super().__init__()
        self.book = SerialBook()
        self.faults = self.book.faults
        self.offsets = offsets

    def routes(self) -> Iterator[Route]:
        yield from super().routes()
        for event, apply in self.book.handlers().items():

            def handler(a: Args, _: Dated, apply: Callable[[Args], None] = apply) -> None:
                apply(a)

            yield Route(self.contract, event, handler, follower=False)

    # Comparison

    def invariants(self, tally: Tally) -> None:
        """Every serial number is the block it stands for; units are as many as serial numbers."""
        super().invariants(tally)
        tally.value(self.contract, "serial numbers read otherwise", [], list(self._misread()))
        for batch in self.book.batches.values():
            unit = UnitId(batch.id)
            issued = self.offsets.issued[unit] - self.offsets.exited[unit, RELEASED]
            about = f"serials here of batch {batch.number}"
            tally.value(self.contract, about, self.book.here(batch), issued)
            blocks = [(batch.terms["registry"], *block) for block in batch.blocks]
            found = self.offsets.blocks.get(unit, [])
            tally.value(self.contract, f"blocks of batch {batch.number}", blocks, found)

    def _misread(self) -> Iterator[str]:
        """Serial numbers that name another block than the one on record, read anew."""
        for registry, series, first, last, raw in self.book.told:
            name = self.book.registries[registry].name
            if name not in foreign_serials.GRAMMARS:
                continue
            key = (name, self.book.text_of(registry, series), first, last)
            try:
                found = foreign_serials.parse(name, raw).key
            except TonneError as error:
                yield f"{raw}: {error.code}"
            else:
                if found != key:
                    yield f"{raw} is on record as {first}-{last}"

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        book = self.book
        yield Check(self.contract, "registryCount", (), len(book.registries), "registries")
        for number, registry in book.registries.items():
            expected: dict[str, object] = {
                "name": registry.name,
                "countsThrough": registry.counts_through,
                "series": len(registry.series),
            }
            yield Check(self.contract, "registryOf", (number,), expected, f"registry {number}")
            for text, series in registry.series.items():
                yield Check(self.contract, "seriesOf", (number, text), series, f"series {text}")
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
            expected: dict[str, object] = {"kind": 0, "batch": 0}
            if waiting is not None:
                expected = {
                    "kind": waiting.kind,
                    "batch": waiting.batch.number,
                    "wallet": waiting.wallet,
                    "series": waiting.series,
                    "first": waiting.first,
                    "last": waiting.last,
                    "amount": waiting.amount,
                }
            yield Check(self.contract, "requestOf", (number,), expected, f"request {number}")
