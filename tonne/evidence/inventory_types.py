"""EIP-712 types of organisations' inventories, and their domain.

The contract's type hashes are tested against the ones computed here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final

from tonne.chain.contract import encode_values
from tonne.crypto.eip712 import Domain, Struct
from tonne.crypto.hashing import keccak
from tonne.types.packing import has_bit

#: Whole of a plant [ppm].
WHOLE: Final = 1_000_000
#: Electricity that emits a kilogram at the dirtiest [Wh], as the contract reckons.
LEAST_WH_PER_KG: Final = 500

#: Categories 1 to 15 of the GHG Protocol's Scope 3 Standard, by the name of their field.
SCOPE3: Final = {
    "category1Kg": "purchased goods and services",
    "category2Kg": "capital goods",
    "category3Kg": "fuel- and energy-related activities",
    "category4Kg": "upstream transport and distribution",
    "category5Kg": "waste",
    "category6Kg": "business travel",
    "category7Kg": "commuting",
    "category8Kg": "upstream leased assets",
    "category9Kg": "downstream transport and distribution",
    "category10Kg": "processing of sold products",
    "category11Kg": "use of sold products",
    "category12Kg": "end of life of sold products",
    "category13Kg": "downstream leased assets",
    "category14Kg": "franchises",
    "category15Kg": "investments",
}

#: `BoundaryApproach`, `InventoryMethod` and `RestatementReason` of IInventories, from 1.
BOUNDARIES: Final = ("equity share", "financial control", "operational control")
METHODS: Final = ("GHG Protocol", "ISO 14064-1", "national")
REASONS: Final = ("structure", "method", "error", "data")
#: Assurance of a scope, from 0.
LEVELS: Final = ("none", "limited", "reasonable")


def inventories_domain(chain_id: int, contract: str) -> Domain:
    """The domain of inventories and statements about them."""
    return Domain("tonne Inventories", chain_id, contract)


@dataclass(frozen=True, slots=True)
class Inventory(Struct):
    """An organisation's greenhouse gas inventory of a calendar year, signed by it. Masses [kg CO2e]."""

    TYPES: ClassVar = (
        *("uint24", "uint16", "uint8", "bytes32", "uint8", "uint16", "uint8", "uint8", "uint8"),
        *("uint64", "uint64", "uint64", "uint64"),
        *("uint64", "uint64", "uint64"),
        "uint16",
        *("uint64",) * len(SCOPE3),
        "uint64",
        *("bytes32", "bytes32", "uint64"),
    )

    organisation: int  # participant number
    year: int
    version: int  # 1 for the first, one more for each restatement
    replaces: bytes  # struct hash of the version before; 0 for the first
    reason: int  # of the restatement; 0 for the first
    baseYear: int
    boundary: int
    method: int
    gwpSet: int  # assessment report the global warming potentials are from
    scope1PlantsKg: int  # of the plants named, by their final reports
    scope1OtherKg: int  # of sources without a report on chain
    scope2LocationKg: int
    scope2MarketKg: int
    electricityWh: int  # bought and used [Wh]
    certificatesWh: int  # covered by certificates claimed on this chain [Wh]
    otherContractsWh: int  # covered by contracts and certificates that are not [Wh]
    scope3Reported: int  # bit c - 1: category c is reported
    category1Kg: int
    category2Kg: int
    category3Kg: int
    category4Kg: int
    category5Kg: int
    category6Kg: int
    category7Kg: int
    category8Kg: int
    category9Kg: int
    category10Kg: int
    category11Kg: int
    category12Kg: int
    category13Kg: int
    category14Kg: int
    category15Kg: int
    creditsT: int  # retired credits claimed on this chain [t]; subtracted from nothing
    plantsHash: bytes  # see `plants_hash`
    documentHash: bytes  # of the report with the words; 0 none
    signedAt: int  # [s]

    @property
    def scope3_kg(self) -> tuple[int, ...]:
        """Categories 1 to 15 [kg CO2e]."""
        return tuple(getattr(self, name) for name in SCOPE3)

    def category(self, number: int) -> int | None:
        """Category 1 to 15 [kg CO2e]; None where it is not reported."""
        reported = has_bit(self.scope3Reported, number - 1)
        return self.scope3_kg[number - 1] if reported else None

    @classmethod
    def of(cls, told: Any) -> Inventory:
        """The inventory of an event, whose categories are a list."""
        own = {name: getattr(told, name) for name in HEAD + TAIL}
        return cls(**own, **dict(zip(SCOPE3, told.scope3Kg, strict=True)))

    def argument(self) -> tuple[Any, ...]:
        """`Inventory` as the contract takes it."""
        head = tuple(getattr(self, name) for name in HEAD)
        return (*head, self.scope3_kg, *(getattr(self, name) for name in TAIL))


_FIELDS: Final = tuple(field.name for field in fields(Inventory))
_FIRST: Final = _FIELDS.index("category1Kg")
#: Fields before and after the categories.
HEAD: Final = _FIELDS[:_FIRST]
TAIL: Final = _FIELDS[_FIRST + len(SCOPE3) :]


@dataclass(frozen=True, slots=True)
class InventoryAssurance(Struct):
    """A verification body's statement about an inventory; lead verifier and reviewer sign the same."""

    TYPES: ClassVar = (
        *("bytes32", "uint24", "uint16", "uint8", "uint16", "uint24"),
        *("uint8", "uint8", "uint8", "bool", "uint32", "bytes32", "uint64"),
    )

    inventory: bytes  # struct hash
    organisation: int
    year: int
    version: int
    scheme: int  # under whose accreditation
    body: int
    scope1Level: int  # 0 not assured, 1 limited, 2 reasonable
    scope2Level: int
    scope3Level: int
    qualified: bool
    materialityPpm: int  # [ppm]
    configDigest: bytes  # of the scheme's signer set
    signedAt: int  # [s]


def plants_hash(plants: Iterable[tuple[int, int]]) -> bytes:
    """Hash of plants and shares [ppm], in rising order, as an inventory names them."""
    return keccak(encode_values("((uint32,uint32)[])", ([tuple(plant) for plant in plants],)))


def plants_kg(shares: Iterable[tuple[int, int]]) -> int:
    """Scope 1 of plants [kg CO2e], of final emissions [t] and shares [ppm]; the sum is rounded down."""
    return sum(emissions_t * share_ppm for emissions_t, share_ppm in shares) // 1000
