"""Replay of the Immobilisation: what is here of other registries, and what was used there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.audit.units.offset_credits import CreditsReplay
from tonne.errors import TonneError
from tonne.units import foreign_serials
from tonne.units.immobilisation_state import SerialBook

RELEASED: Final = 9
LAST: Final = 2**64 - 1


class ImmobilisedReplay:
    """Registries, their series, and every stretch of serial numbers."""

    contract: Final = "Immobilisation"

    def __init__(self, offsets: CreditsReplay) -> None:
        self.book = SerialBook()
        self.offsets = offsets

    def apply(self, dated: Dated) -> None:
        self.book.apply(dated.event.name, dated.event.args)

    def internal(self, tally: Tally) -> None:
        """Nothing overlaps, every serial number is the block it stands for, units are as many as serials."""
        tally.value(self.contract, "blocks that cannot be", [], self.book.faults)
        tally.value(self.contract, "serial numbers read otherwise", [], list(self._misread()))
        for batch in self.book.batches.values():
            issued = self.offsets.issued[batch.id] - self.offsets.exited[batch.id, RELEASED]
            about = f"serials here of batch {batch.number}"
            tally.value(self.contract, about, self.book.here(batch), issued)
            blocks = [(batch.terms["registry"], *block) for block in batch.blocks]
            found = self.offsets.blocks.get(batch.id, [])
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

    def checks(self) -> Iterator[Check]:
        desk, book = self.contract, self.book
        yield Check(desk, "registryCount", (), len(book.registries), "registries")
        for number, registry in book.registries.items():
            expected = {
                "name": registry.name,
                "countsThrough": registry.counts_through,
                "series": len(registry.series),
            }
            yield Check(desk, "registryOf", (number,), expected, f"registry {number}")
            for text, series in registry.series.items():
                yield Check(desk, "seriesOf", (number, text), series, f"series {text}")
        for (registry, series), stretches in book.sets.items():
            for s in stretches:
                args, about = (registry, series, s.first), f"stretch {registry}/{series}/{s.first}"
                yield Check(desk, "stretchAt", args, (s.last, s.kind, s.ref), about)
            # So many steps from the head lead to the last one: the set holds nothing else.
            count = sum(1 for _ in stretches)
            args, end = (registry, series, LAST, count), stretches.before(LAST)
            yield Check(desk, "stretchBefore", args, end, f"stretches of {registry}/{series}")
        yield from self._batches()

    def _batches(self) -> Iterator[Check]:
        desk, book = self.contract, self.book
        yield Check(desk, "batchCount", (), len(book.batches), "batches")
        for batch in book.batches.values():
            about = f"batch {batch.number}"
            yield Check(desk, "batchAt", (batch.number,), batch.id, about)
            yield Check(desk, "termsOf", (batch.id,), dict(batch.terms), f"terms of {about}")
        yield Check(desk, "requestCount", (), book.asked, "requests")
        for number in range(1, book.asked + 1):
            waiting = book.requests.get(number)
            expected = {"kind": 0, "batch": 0}
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
            yield Check(desk, "requestOf", (number,), expected, f"request {number}")
