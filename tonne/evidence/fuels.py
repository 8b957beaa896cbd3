"""The quality of a burnt fuel, and the CO2 of its carbon.

A line of combustion carries the fuel's net calorific value, carbon content, oxidation and share of biomass.
CO2 follows from them: amount × net calorific value × carbon content × oxidation × 44/12, without the carbon
of biomass (2006 IPCC Guidelines, volume 2, chapter 2; Regulation (EU) 2018/2066, article 24; China's
guideline for power plants). Each factor is a whole number and is off by half its unit at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from tonne.constants import PPM

#: [kg of carbon] in a tonne of fuel at most: its own mass.
CARBON_OF_A_TONNE_KG: Final = 1_000

#: Energy [MJ] × carbon [g/GJ] × oxidation [ppm] × share of fossil carbon [ppm] to a kilogram of CO2, of
#: whose 44 parts 12 are carbon.
_PER_KG: Final = 12 * 1_000 * 1_000 * PPM * PPM

#: Factors of the product above; each is given in halves.
_FACTORS: Final = 5

Method = Literal["calculation", "measurement"]
Tier = Literal[1, 2, 3, 4]
Share = Annotated[int, Field(strict=True, ge=0, le=PPM)]


class Kilograms(NamedTuple):
    """Bounds of a mass [kg]."""

    least: int
    most: int


class FuelQuality(BaseModel):
    """Quality of a line's fuel, as analysed or by default, and how its CO2 was found.

    `measurement`: CO2 was measured in the stack; the factors corroborate it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ncvMj: Annotated[int, Field(strict=True, ge=1, le=200_000)]  # [MJ a unit of the line]
    carbonGPerGj: Annotated[int, Field(strict=True, ge=0, le=200_000)]  # [g C/GJ]
    oxidationPpm: Share  # of the carbon
    biomassPpm: Share = 0  # of the carbon
    method: Method = "calculation"
    tier: Tier  # of the least of the factors; 1: default values

    @property
    def carbon_kg(self) -> int:
        """Carbon [kg] in a unit of the fuel, rounded down."""
        return self.ncvMj * self.carbonGPerGj // PPM

    def co2(self, quantity: int) -> Kilograms:
        """CO2 [kg] of an amount [unit of the line], as far as whole numbers tell it."""
        factors = (
            quantity,
            self.ncvMj,
            self.carbonGPerGj,
            self.oxidationPpm,
            PPM - self.biomassPpm,
        )
        low, high = 44, 44
        for factor in factors:
            low *= max(2 * factor - 1, 0)
            high *= 2 * factor + 1
        unit = _PER_KG * 2**_FACTORS
        return Kilograms(low // unit, -(-high // unit))

    def co2_kg(self, quantity: int) -> int:
        """CO2 [kg] of an amount [unit of the line], to the nearest kilogram."""
        return (2 * quantity * self._of_a_unit + _PER_KG) // (2 * _PER_KG)

    def amount_for(self, co2_kg: int) -> int:
        """Amount [unit of the line] whose CO2 comes nearest to `co2_kg`."""
        return (2 * co2_kg * _PER_KG + self._of_a_unit) // (2 * self._of_a_unit)

    @property
    def _of_a_unit(self) -> int:
        """CO2 of a unit of the fuel [kg / _PER_KG]."""
        return 44 * self.ncvMj * self.carbonGPerGj * self.oxidationPpm * (PPM - self.biomassPpm)


#: Defaults of a tonne of other bituminous coal and of natural gas (2006 IPCC Guidelines, volume 2, tables 1.2
#: and 1.3).
DEFAULTS: Final[Mapping[str, FuelQuality]] = MappingProxyType(
    {
        "coal": FuelQuality(ncvMj=25_800, carbonGPerGj=25_800, oxidationPpm=PPM, tier=1),
        "gas": FuelQuality(ncvMj=48_000, carbonGPerGj=15_300, oxidationPpm=PPM, tier=1),
    }
)
