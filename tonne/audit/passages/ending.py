"""The proof of an end: tonnes of a lock that the other deployment retired, or will never have again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tonne.audit.passages.proof_file import ProvenBlock, refuted
from tonne.audit.replay.slots import mapping_slot
from tonne.chain.client import Chain
from tonne.chain.contract import Contract, Event
from tonne.crypto.accounts import checksum
from tonne.crypto.eip712 import ADDRESS
from tonne.errors import TonneError, refused
from tonne.units import passages
from tonne.units.foreign_serials import SerialBlock
from tonne.units.immobilisation_state import CANCELLED, RETIRED
from tonne.units.passages import Counterpart

#: Place of the numbers of issuances in the storage of Immobilisation; see {SerialSets}.
SERIES: Final = 3


@dataclass(frozen=True, slots=True)
class Ended:
    """Tonnes of one lock of this deployment, and how they ended on the other."""

    block: SerialBlock
    use: int  # RETIRED or CANCELLED
    told: str  # who claims the retirement, or the wallet here that gets the units back

    @property
    def receiver(self) -> str:
        """PASSAGE_NO_RECEIVER where no wallet is named."""
        if ADDRESS.fullmatch(self.told) is None:
            raise refused("PASSAGE_NO_RECEIVER", beneficiary=self.told)
        return checksum(self.told)


def series_slot(registry: int, issuance: int) -> int:
    """Slot of the number of an issuance in Immobilisation."""
    return mapping_slot(issuance, mapping_slot(registry, SERIES))


def read(proven: ProvenBlock, origin: Counterpart, chain: Chain) -> list[Ended]:
    """Tonnes that a file proves to have ended; all are of locks on this deployment.

    PASSAGE_REFUTED, PASSAGE_OTHER_LOCK.
    """
    wanted = [passages.parsed(raw) for raw in proven.serials]
    own = (chain.chain_id, passages.tag_of(chain["OffsetCredits"].address))
    for block in wanted:
        if not passages.is_of(block, *own):
            raise TonneError(
                "PASSAGE_OTHER_LOCK",
                "These tonnes were not locked on this deployment.",
                field="serial",
                value=block.raw,
                remedy="Give the proof to the deployment that the serial number names.",
            )
    found = [*_given_back(proven, origin, chain), *_retired(proven, origin, chain, wanted)]
    keys = {ended.block.key for ended in found}
    missing = next((block for block in wanted if block.key not in keys), None)
    if missing is not None or not wanted:
        raise refuted(f"no event of its block ends {missing.raw if missing else 'anything'}")
    return [ended for ended in found if ended.block.key in {block.key for block in wanted}]


def _given_back(proven: ProvenBlock, origin: Counterpart, chain: Chain) -> list[Ended]:
    """Tonnes on record there as cancelled: they are not there, and never will be again."""
    found = []
    for event in _events(proven, origin.immobilisation, chain["Immobilisation"]):
        if event.name == "BlockUsedElsewhere" and event["registry"] == origin.registry:
            block, use, told = passages.uses(event.args)
            if use == CANCELLED:
                found.append(Ended(block, use, told))
    return found


def _retired(
    proven: ProvenBlock, origin: Counterpart, chain: Chain, wanted: Sequence[SerialBlock]
) -> list[Ended]:
    """Tonnes of a retirement there; the number of their issuance is proven by storage."""
    found = []
    for event in _events(proven, origin.retirements, chain["RetirementRegistry"]):
        if event.name != "UnitsRetired":
            continue
        for run in event["blocks"]:
            for block in wanted:
                same = (run.registry, run.first, run.last) == (
                    origin.registry,
                    block.first,
                    block.last,
                )
                if same and _series(proven, origin, block) == run.series:
                    told = event["claim"].beneficiary or "0x" + event["claim"].commitment.hex()
                    found.append(Ended(block, RETIRED, told))
    return found


def _series(proven: ProvenBlock, origin: Counterpart, block: SerialBlock) -> int:
    slot = series_slot(origin.registry, block.issuance)
    return proven.word("Immobilisation", origin.immobilisation, slot)


def _events(proven: ProvenBlock, address: str, like: Contract) -> list[Event]:
    """Events of a contract of the other deployment, which has the interface of one of this."""
    logs = [log for log in proven.logs if checksum(log["address"]) == address]
    return [event for event in map(like.decode_log, logs) if event is not None]
