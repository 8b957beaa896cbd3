"""Forms of inventories: what an organisation fills in before it signs; the rest is read from the chain."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tonne.constants import ZERO_WORD
from tonne.crypto.hashing import keccak
from tonne.errors import refused, why
from tonne.evidence.inventory_types import BOUNDARIES, METHODS, REASONS, SCOPE3, WHOLE
from tonne.evidence.report_files import Whole

FORM_SUFFIX: Final = ".inventory.toml"

_Category = Annotated[str, Field(pattern=rf"^([1-9]|1[0-{len(SCOPE3) - 10}])$")]


class FormPart(BaseModel):
    """A table of a form: known fields only."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PlantPart(FormPart):
    """A plant that is counted, and the organisation's share in it."""

    installation: Annotated[int, Field(strict=True, ge=1, lt=2**32)]
    share_ppm: Annotated[int, Field(strict=True, ge=1, le=WHOLE)] = WHOLE


class Scope1Part(FormPart):
    """Scope 1 of sources without a report on chain [kg CO2e]."""

    other_kg: Whole = 0


class Scope2Part(FormPart):
    """Scope 2 by both methods [kg CO2e], and the electricity behind it [Wh]."""

    location_kg: Whole
    market_kg: Whole
    electricity_wh: Whole
    other_contracts_wh: Whole = 0


class InventoryForm(FormPart):
    """An organisation's inventory of a year, as it is filled in."""

    year: Annotated[int, Field(strict=True, ge=1990, le=2105)]
    base_year: Annotated[int, Field(strict=True, ge=1990, le=2105)]
    boundary: str
    method: str
    gwp_set: Literal[4, 5, 6]
    reason: str = ""
    document: str = ""
    scope1: Scope1Part
    plants: list[PlantPart] = []
    scope2: Scope2Part
    scope3: dict[_Category, Whole] = {}

    @field_validator("boundary")
    @classmethod
    def _known_boundary(cls, value: str) -> str:
        return _one_of(value, BOUNDARIES)

    @field_validator("method")
    @classmethod
    def _known_method(cls, value: str) -> str:
        return _one_of(value, METHODS)

    @field_validator("reason")
    @classmethod
    def _known_reason(cls, value: str) -> str:
        return _one_of(value, ("", *REASONS))

    @field_validator("plants")
    @classmethod
    def _each_once(cls, value: list[PlantPart]) -> list[PlantPart]:
        numbers = [plant.installation for plant in value]
        if len(set(numbers)) != len(numbers):
            raise ValueError("a plant is named twice")
        return sorted(value, key=lambda plant: plant.installation)

    @property
    def shares(self) -> list[tuple[int, int]]:
        """Plants in rising order, and shares [ppm]."""
        return [(plant.installation, plant.share_ppm) for plant in self.plants]


def _one_of(value: str, words: Iterable[str]) -> str:
    if value not in words:
        raise ValueError("say " + ", ".join(word for word in words if word))
    return value


def load(path: Path) -> InventoryForm:
    """A filled-in form; one error with the field, its value and what to do."""
    try:
        return InventoryForm.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise refused("INVENTORY_FILE_MISSING", path=str(path)) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise refused(
            "INVENTORY_FORM",
            given=None if first["type"] == "missing" else str(first["input"])[:80],
            field=field,
            msg=first["msg"],
        ) from None
    except ValueError as error:
        raise refused("INVENTORY_FORM_UNREADABLE", path=str(path), reason=why(error)) from None


def document_hash(form: InventoryForm, beside: Path) -> bytes:
    """Hash of the report that a form names, in the folder of the form; 0 where it names none."""
    if not form.document:
        return ZERO_WORD
    path = beside.parent / form.document
    if not path.is_file():
        raise refused("INVENTORY_DOCUMENT_MISSING", path=str(path))
    return keccak(path.read_bytes())


def text(organisation: int, year: int, plants: Iterable[int], restates: int) -> str:
    """A form to fill in, with the plants that an organisation operates; `restates`: version on record."""
    listed = "".join(
        f"[[plants]]\ninstallation = {plant}\nshare_ppm = {WHOLE}\n\n" for plant in plants
    )
    reason = f'"{REASONS[2]}"' if restates else '""'
    categories = "".join(
        f"# {number} = 0    # {words}\n" for number, words in enumerate(SCOPE3.values(), start=1)
    )
    return _FORM.format(
        organisation=organisation,
        year=year,
        version=restates + 1,
        boundary=BOUNDARIES[2],
        boundaries=", ".join(BOUNDARIES),
        method=METHODS[0],
        methods=", ".join(METHODS),
        reason=reason,
        reasons=", ".join(REASONS),
        plants=listed,
        categories=categories,
    )


_FORM: Final = """\
# Inventory of participant {organisation} for {year}, version {version}.
# Fill it in, then: tonne inventory sign FILE
# Masses in whole kg CO2e, electricity in whole Wh.

year = {year}
base_year = {year}
boundary = "{boundary}"    # {boundaries}
method = "{method}"    # {methods}
gwp_set = 6    # assessment report of the global warming potentials: 4, 5 or 6
reason = {reason}    # of a restatement: {reasons}
document = ""    # report with the words, beside this form; its hash is signed

[scope1]
other_kg = 0    # sources without a report on chain

# Plants, and your share in each [ppm]; their emissions are read from their final reports.
{plants}[scope2]
location_kg = 0
market_kg = 0    # below location_kg only with certificates claimed or other contracts
electricity_wh = 0
other_contracts_wh = 0    # covered by contracts and certificates that are not on this chain

[scope3]    # category = kg; one that is left out counts as not reported
{categories}"""
