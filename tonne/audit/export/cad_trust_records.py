"""Records of CAD Trust's data model 1: their fields, picklists and what must agree in them.

Field names and picklists are those of github.com/Chia-Network/cadt (Apache License 2.0), `src/validations`
and the picklists of its governance API. Other registries take these records, so nothing else is in them.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

UnitStatus = Literal[
    "Held", "Retired", "Cancelled", "Expired", "Buffer", "Exported", "Pending Export"
]
UnitType = Literal[
    "Reduction - nature", "Reduction - technical", "Removal - nature", "Removal - technical"
]
ProjectStatusName = Literal[
    "Listed", "Registered", "Completed", "Transitioned", "Withdrawn", "De-registered"
]
LabelType = Literal["Endorsement", "Letter of Qualification", "Certification"]

_NUMBER: Final = re.compile(r"\d+")


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CadtLocation(_Record):
    """Place of a project."""

    id: str
    country: str
    geographicIdentifier: str = Field(min_length=1)  # latitude, longitude [degrees]


class CadtIssuance(_Record):
    """A verified monitoring period; both days included."""

    id: str
    startDate: date
    endDate: date
    verificationApproach: str = Field(min_length=1)
    verificationBody: str
    verificationReportDate: date

    @model_validator(mode="after")
    def _ordered(self) -> CadtIssuance:
        if self.endDate < self.startDate:
            raise ValueError(f"{self.endDate} is before {self.startDate}")
        return self


class CadtLabel(_Record):
    """A label of a project's units; days included."""

    id: str
    label: str = Field(min_length=1)
    labelType: LabelType
    creditingPeriodStartDate: date
    creditingPeriodEndDate: date
    validityPeriodStartDate: date
    validityPeriodEndDate: date
    unitQuantity: int = Field(ge=0)
    labelLink: str = Field(min_length=1)

    @model_validator(mode="after")
    def _ordered(self) -> CadtLabel:
        if self.creditingPeriodEndDate < self.creditingPeriodStartDate:
            raise ValueError("the crediting period ends before it starts")
        if self.validityPeriodEndDate < self.validityPeriodStartDate:
            raise ValueError("the label ends before it starts")
        return self


class CadtEstimation(_Record):
    """Units expected of a crediting period; days included."""

    id: str
    creditingPeriodStart: date
    creditingPeriodEnd: date
    unitCount: int = Field(ge=0)


class CadtProject(_Record):
    """A project with its places, issuances and labels."""

    currentRegistry: str = Field(min_length=1)
    projectId: str = Field(min_length=1)
    originProjectId: str = Field(min_length=1)
    registryOfOrigin: str = Field(min_length=1)
    projectName: str = Field(min_length=1)
    projectLink: str = Field(min_length=1)
    projectDeveloper: str = Field(min_length=1)
    sector: str = Field(min_length=1)
    projectType: str = Field(min_length=1)
    coveredByNDC: Literal["Inside NDC", "Outside NDC", "Unknown"]
    projectStatus: ProjectStatusName
    projectStatusDate: date
    unitMetric: Literal["tCO2e"] = "tCO2e"
    methodology: str = Field(min_length=1)
    validationDate: date | None = None
    description: str | None = None
    projectLocations: list[CadtLocation] | None = Field(default=None, min_length=1)
    issuances: list[CadtIssuance] | None = Field(default=None, min_length=1)
    labels: list[CadtLabel] | None = Field(default=None, min_length=1)
    estimations: list[CadtEstimation] | None = Field(default=None, min_length=1)


class CadtUnit(_Record):
    """A run of serial numbers of one fate."""

    projectLocationId: str | None = None
    unitOwner: str | None = None
    countryJurisdictionOfOwner: str
    unitBlockStart: str
    unitBlockEnd: str
    unitCount: int = Field(gt=0)
    vintageYear: int = Field(ge=1900, le=3000)
    unitType: UnitType
    unitTags: str | None = None
    unitStatus: UnitStatus
    unitStatusReason: str | None = None
    unitRegistryLink: str = Field(min_length=1)
    correspondingAdjustmentDeclaration: Literal["Committed", "Not Required", "Unknown"]
    correspondingAdjustmentStatus: Literal["Not Started", "Pending", "Completed"]
    issuance: CadtIssuance | None = None
    labels: list[CadtLabel] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> CadtUnit:
        if counted(self.unitBlockStart, self.unitBlockEnd) != self.unitCount:
            raise ValueError(
                f"{self.unitBlockStart} to {self.unitBlockEnd} is not {self.unitCount}"
            )
        if self.unitStatus in ("Cancelled", "Retired") and not self.unitStatusReason:
            raise ValueError("why it was retired or cancelled is missing")
        return self


def counted(start: str, end: str) -> int:
    """Units from one serial to another: they differ in one number, wherever it stands; 0 if in more."""
    between = zip(_NUMBER.findall(start), _NUMBER.findall(end), strict=False)
    differing = {(int(a), int(b)) for a, b in between if int(a) != int(b)}
    if _NUMBER.sub("#", start) != _NUMBER.sub("#", end) or len(differing) > 1:
        return 0
    first, last = differing.pop() if differing else (0, 0)
    return last - first + 1


def serial_of(text: str) -> tuple[int, int, int]:
    """Registry, series and number of a serial of this registry, `registry-series-number`."""
    registry, series, number = (int(part) for part in text.split("-"))
    return registry, series, number
