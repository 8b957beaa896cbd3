"""EIP-712 types of emissions reporting and offset monitoring, and their domains.

The contracts' type hashes are tested against the ones computed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from tonne.crypto.eip712 import Domain, Struct

EMISSIONS_ORACLE: Final = "tonne EmissionsOracle"
PROJECTS: Final = "tonne Projects"


def emissions_domain(chain_id: int, contract: str) -> Domain:
    """The domain of reports, opinions and batches."""
    return Domain(EMISSIONS_ORACLE, chain_id, contract)


def projects_domain(chain_id: int, contract: str) -> Domain:
    """The domain of monitoring reports and opinions about them."""
    return Domain(PROJECTS, chain_id, contract)


@dataclass(frozen=True, slots=True)
class EmissionReport(Struct):
    """One installation's emissions and output of one year, signed by its operator."""

    TYPES: ClassVar = (
        "uint32",
        "uint16",
        "uint8",
        "uint64",
        "uint64",
        "uint64",
        "uint8",
        "uint32",
        "bytes32",
        "bytes32",
        "bytes32",
        "uint64",
    )

    installation: int
    year: int
    revision: int  # 1 for the first report of a year
    emissionsT: int  # [t CO2e]
    powerMwh: int  # [MWh]
    heatGj: int  # [GJ]
    gwpSet: int  # assessment report the global warming potentials are from
    lineCount: int
    linesRoot: bytes
    evidenceRoot: bytes
    configDigest: bytes
    signedAt: int  # [s]


@dataclass(frozen=True, slots=True)
class VerificationOpinion(Struct):
    """A verification body's opinion on a report; lead verifier and reviewer sign the same."""

    TYPES: ClassVar = (
        "bytes32",
        "uint32",
        "uint16",
        "uint24",
        "uint8",
        "uint32",
        "uint64",
        "bytes32",
        "uint64",
    )

    report: bytes  # struct hash of the report
    installation: int
    year: int
    body: int  # participant number
    assurance: int  # 1 limited, 2 reasonable; 128 more: qualified
    materialityPpm: int  # [ppm]
    emissionsT: int  # [t CO2e]
    configDigest: bytes
    signedAt: int  # [s]


@dataclass(frozen=True, slots=True)
class ReportBatch(Struct):
    """Opinion on many reports at once, signed by the body's two persons."""

    TYPES: ClassVar = (
        "bytes32",
        "uint32",
        "uint64",
        "uint64",
        "uint64",
        "uint24",
        "uint8",
        "uint32",
        "bytes32",
        "uint64",
        "uint64",
    )

    root: bytes  # Merkle root over the leaves, see `batch_leaf`
    count: int
    totalEmissionsT: int  # [t CO2e]
    totalPowerMwh: int  # [MWh]
    totalHeatGj: int  # [GJ]
    body: int
    assurance: int
    materialityPpm: int  # [ppm]
    configDigest: bytes
    sequence: int  # the body's last accepted one plus 1
    signedAt: int  # [s]


@dataclass(frozen=True, slots=True)
class MonitoringReport(Struct):
    """What an offset project achieved in a period, signed by its developer."""

    TYPES: ClassVar = (
        "uint32",
        "uint64",
        "uint64",
        "uint16",
        "uint64",
        "uint32",
        "bytes32",
        "bytes32",
        "bytes32",
        "uint64",
    )

    project: int
    periodFrom: int  # [s] first moment monitored
    periodUntil: int  # [s] first moment no longer
    vintage: int
    quantityT: int  # [t CO2e]
    bufferPpm: int  # [ppm]
    linesRoot: bytes
    evidenceRoot: bytes
    configDigest: bytes
    signedAt: int  # [s]


@dataclass(frozen=True, slots=True)
class MonitoringOpinion(Struct):
    """A verification body's opinion on a monitoring report; both persons sign the same."""

    TYPES: ClassVar = (
        "bytes32",
        "uint32",
        "uint24",
        "uint8",
        "uint32",
        "uint64",
        "bytes32",
        "uint64",
    )

    report: bytes
    project: int
    body: int
    assurance: int
    materialityPpm: int  # [ppm]
    quantityT: int  # [t CO2e]
    configDigest: bytes
    signedAt: int  # [s]


SIGNED_TYPES: Final[dict[str, type[Struct]]] = {
    cls.__name__: cls
    for cls in (
        EmissionReport,
        VerificationOpinion,
        ReportBatch,
        MonitoringReport,
        MonitoringOpinion,
    )
}
