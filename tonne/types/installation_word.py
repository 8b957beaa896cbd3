"""An installation as `Participants` stores it, in one word; see `interfaces/parties/IInstallations.sol`."""

from __future__ import annotations

from typing import Final, NamedTuple

from tonne.types.ids import ParticipantId, SchemeId
from tonne.types.packing import Layout

OPEN, CLOSED = 1, 2  # `InstallationStatus`

_WORD: Final = Layout(
    operator=24,
    scheme=16,
    jurisdiction=16,
    benchmark_class=8,
    status=8,
    capacity_kw=40,
    buyer=24,
    accepted=8,
)


class InstallationWord(NamedTuple):
    """A plant of an emitter; operator 0: there is none of its number."""

    operator: ParticipantId
    scheme: SchemeId
    jurisdiction: int
    benchmark_class: int  # of the scheme's rule pack; 0 none
    status: int
    capacity_kw: int
    buyer: ParticipantId  # to whom it is offered
    accepted: bool  # by the buyer; the registrar's consent is awaited

    def pack(self) -> int:
        return _WORD.pack(**self._asdict())

    @classmethod
    def unpack(cls, word: int) -> InstallationWord:
        *numbers, accepted = _WORD.unpack(word).values()
        return cls._make([*numbers, bool(accepted)])
