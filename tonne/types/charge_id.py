"""Charges of a false report: `body 24 | revision 8 | year 16 | installation 32`, see `IFalseReports`."""

from __future__ import annotations

from typing import Final, NamedTuple

from tonne.types.ids import ChargeId, InstallationId, ParticipantId
from tonne.types.packing import Layout

_ID: Final = Layout(installation=32, year=16, revision=8, body=24)


class Charge(NamedTuple):
    """The report that fell, and the verification body charged; body 0: the operator is."""

    installation: InstallationId
    year: int
    revision: int
    body: ParticipantId

    def pack(self) -> ChargeId:
        return ChargeId(_ID.pack(**self._asdict()))

    @classmethod
    def unpack(cls, charge: ChargeId) -> Charge:
        return cls._make(_ID.unpack(charge).values())
