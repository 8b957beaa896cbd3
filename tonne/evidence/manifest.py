"""What stands behind a signed report: its lines and the manifest of its evidence.

A report on chain carries totals and two Merkle roots. The lines say what was made and what was
emitted, by gas and source; the manifest names each file of evidence by size and SHA-256. Both are
hashed in canonical JSON, one leaf an entry, in the tree of `tonne.crypto.merkle`. All amounts are whole
numbers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tonne.constants import PPM
from tonne.crypto.merkle import leaf_hash, merkle_root
from tonne.errors import TonneError
from tonne.evidence.fuels import CARBON_OF_A_TONNE_KG, DEFAULTS, FuelQuality

Category = Literal["output", "combustion", "process", "purchased"]
Unit = Literal["MWh", "GJ", "t", "kg", "km3"]
GwpSet = Literal[4, 5, 6]  # assessment report
Gas = Literal["CO2", "CH4", "N2O", "CF4", "C2F6", "SF6"]

#: 100-year global warming potentials × 10 by IPCC assessment report. AR6: methane of fossil origin.
GWP: Final[Mapping[int, Mapping[str, int]]] = MappingProxyType(
    {
        4: {"CO2": 10, "CH4": 250, "N2O": 2980, "CF4": 73900, "C2F6": 122000, "SF6": 228000},
        5: {"CO2": 10, "CH4": 280, "N2O": 2650, "CF4": 66300, "C2F6": 111000, "SF6": 235000},
        6: {"CO2": 10, "CH4": 298, "N2O": 2730, "CF4": 73800, "C2F6": 124000, "SF6": 252000},
    }
)

#: A year of the largest plant is below 10^9 t; sums of 1,000 lines of these stay within 64 bits.
MAX_QUANTITY: Final = 10**15
MAX_LINES: Final = 1000
MAX_FILES: Final = 1000

#: Product of an output line and the unit it is counted in.
ELECTRICITY: Final[tuple[str, Unit]] = ("electricity", "MWh")
HEAT: Final[tuple[str, Unit]] = ("heat", "GJ")


#: Words of a product that is burnt, whatever its line is called; not gas and coke, which are raw materials,
#: too.
_FUELS: Final = frozenset(("coal", "lignite", "peat", "diesel", "kerosene", "anthracite"))


class EvidenceError(TonneError):
    """Lines or a manifest that cannot be what was signed."""


Text = Annotated[str, Field(min_length=1, max_length=120)]
Whole = Annotated[int, Field(strict=True, ge=0, le=MAX_QUANTITY)]


class ReportLine(BaseModel):
    """One line of a report: something made, burnt, used up or bought, and what it emitted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    category: Category
    product: Text  # what was made or used: electricity, heat, coal, limestone
    source: Text  # where: a unit, a boiler, a process
    quantity: Whole  # [unit]
    unit: Unit
    gases: dict[Gas, Whole] = Field(default_factory=dict)  # [kg of each gas]
    gwpSet: GwpSet
    fuel: FuelQuality | None = None  # of combustion

    @property
    def tenths_of_kg(self) -> int:
        """Emissions [kg CO2e × 10]."""
        return sum(kg * GWP[self.gwpSet][gas] for gas, kg in self.gases.items())


class EvidenceFile(BaseModel):
    """One file of evidence, by the name it has in the package."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Annotated[str, Field(min_length=1, max_length=240)]
    bytes: Whole
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals of a report's lines."""

    emissions_t: int  # [t CO2e], rounded up once: the payer's direction
    power_mwh: int  # [MWh] made
    heat_gj: int  # [GJ] made
    gwp_set: int


_LINES = TypeAdapter(list[ReportLine])
_FILES = TypeAdapter(list[EvidenceFile])


def canonical_json(value: Any) -> bytes:
    """The one form in which evidence is hashed: keys sorted, no spaces, UTF-8, whole numbers."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


# Lines


def parse_lines(raw: Any) -> tuple[ReportLine, ...]:
    """Lines as read from a file; EvidenceError when they are not well formed or mix GWP sets."""
    try:
        lines = tuple(_LINES.validate_python(raw))
    except ValidationError as error:
        raise _malformed("REPORT_LINES_FORMAT", "lines", error) from None
    if not lines or len(lines) > MAX_LINES:
        raise EvidenceError.of("REPORT_LINES_COUNT", lines_count=len(lines), max_lines=MAX_LINES)
    sets = {line.gwpSet for line in lines}
    if len(sets) != 1:
        raise EvidenceError.of("REPORT_LINES_GWP", sets=sorted(sets))
    for place, line in enumerate(lines):
        _require_fuel(place, line)
    _require_output_once(lines)
    return lines


def _require_output_once(lines: Sequence[ReportLine]) -> None:
    """A product of a source has one line; where tonnes of it are allocated by, a second would double them."""
    seen: dict[tuple[str, str, str], int] = {}
    for place, line in enumerate(lines):
        if line.category != "output":
            continue
        first = seen.setdefault((line.product.casefold(), line.source.casefold(), line.unit), place)
        if first != place:
            raise EvidenceError.of(
                "REPORT_LINES_TWICE",
                product=line.product,
                place=place + 1,
                source=line.source,
                first_line=first + 1,
                line=place,
            )


def _require_fuel(place: int, line: ReportLine) -> None:
    """What burnt is told, and a calculated line emits what its carbon makes."""
    if line.category == "process" and _FUELS & set(line.product.casefold().split()):
        raise _of_fuel(
            place,
            "category",
            line.category,
            f"{line.product} is a fuel, whose CO2 follows from its carbon",
            "Make it a line of combustion with its fuel, or name the process that emits.",
        )
    if line.category != "combustion":
        if line.fuel is not None:
            raise _of_fuel(
                place,
                "category",
                line.category,
                "only combustion has a fuel",
                "Leave `fuel` out, or make it a line of combustion.",
            )
        return
    if line.fuel is None:
        raise _of_fuel(
            place,
            "fuel",
            None,
            f"nothing says what {line.product} is",
            "Give its ncvMj, carbonGPerGj, oxidationPpm, method and tier.",
        )
    if line.unit == "t" and line.fuel.carbon_kg > CARBON_OF_A_TONNE_KG:
        raise _of_fuel(
            place,
            "fuel.carbonGPerGj",
            line.fuel.carbonGPerGj,
            f"a tonne of {line.product} would hold {line.fuel.carbon_kg:,} kg of carbon",
            "Correct ncvMj [MJ/t] or carbonGPerGj [g C/GJ].",
        )
    co2_kg, bounds = line.gases.get("CO2", 0), line.fuel.co2(line.quantity)
    if line.fuel.method == "calculation" and not bounds.least <= co2_kg <= bounds.most:
        raise _of_fuel(
            place,
            "gases.CO2",
            co2_kg,
            f"{line.quantity:,} {line.unit} of {line.product} make {bounds.least:,} to"
            f" {bounds.most:,} kg of CO2",
            "Correct amount, factors or gases; CO2 that was measured has the method measurement.",
        )


def _of_fuel(place: int, field: str, value: Any, why: str, remedy: str) -> EvidenceError:
    return EvidenceError(
        "REPORT_LINES_FUEL",
        f"Line {place + 1}: {why}.",
        field=f"lines.{place}.{field}",
        value=value,
        remedy=remedy,
    )


def told_of_fuels(lines: Sequence[ReportLine]) -> list[str]:
    """How the CO2 of each fuel was found, by which factors, and what the carbon of a measured one makes."""
    told = []
    for line in lines:
        fuel, co2_kg = line.fuel, line.gases.get("CO2", 0)
        if fuel is None:
            continue
        factors = f"{fuel.ncvMj:,} MJ/{line.unit}, {fuel.carbonGPerGj:,} g C/GJ, tier {fuel.tier}"
        if fuel.method == "calculation":
            found = f"calculated from its carbon, {factors}"
        else:
            least, most = fuel.co2(line.quantity)
            found = f"measured, {factors}; its carbon makes {least:,} to {most:,} kg"
        told.append(f"{line.product}, {line.source}: {co2_kg:,} kg of CO2 {found}")
    return told


def totals(lines: Sequence[ReportLine]) -> Totals:
    """Emissions and output of a report's lines."""
    tenths_of_kg = sum(line.tenths_of_kg for line in lines)
    output = [line for line in lines if line.category == "output"]
    return Totals(
        emissions_t=-(-tenths_of_kg // 10_000),
        power_mwh=sum(x.quantity for x in output if (x.product, x.unit) == ELECTRICITY),
        heat_gj=sum(x.quantity for x in output if (x.product, x.unit) == HEAT),
        gwp_set=lines[0].gwpSet,
    )


def unlike_totals(lines: Sequence[ReportLine], signed: Mapping[str, int]) -> tuple[str, int] | None:
    """The first signed figure, by its field, that lines do not add up to, and what they come to."""
    sums = totals(lines)
    added = {
        "emissionsT": sums.emissions_t,
        "powerMwh": sums.power_mwh,
        "heatGj": sums.heat_gj,
        "gwpSet": sums.gwp_set,
        "lineCount": len(lines),
    }
    return next(((name, sum_) for name, sum_ in added.items() if signed[name] != sum_), None)


def lines_root(lines: Sequence[ReportLine]) -> bytes:
    """Merkle root over the lines, in their order."""
    return merkle_root([leaf_hash(leaf) for leaf in leaves(lines)])


def leaves(lines: Sequence[ReportLine]) -> list[bytes]:
    """Lines in the form that is hashed, and published by the contract PublishedLines."""
    return [canonical_json(entry) for entry in plain(lines)]


def plain(entries: Iterable[ReportLine | EvidenceFile]) -> list[dict[str, Any]]:
    """Lines or files as plain JSON; a line without fuel has no word of it."""
    return [entry.model_dump(exclude_none=True) for entry in entries]


def power_plant_lines(
    *,
    power_mwh: int,
    heat_gj: int,
    emissions_t: int,
    fuel: str,
    process_t: int = 0,
    gwp_set: GwpSet = 5,
    source: str = "unit 1",
    oxidation_ppm: int = PPM,
) -> tuple[ReportLine, ...]:
    """The usual lines of a plant: power, heat and process emissions where there are any, and as much fuel of
    the default quality (`fuels.DEFAULTS`), of whose carbon `oxidation_ppm` burns, as emits the rest."""
    lines = [_line("output", ELECTRICITY[0], power_mwh, ELECTRICITY[1], gwp_set, source)]
    if heat_gj:
        lines.append(_line("output", HEAT[0], heat_gj, HEAT[1], gwp_set, source))
    burnt_kg = (emissions_t - process_t) * 1000
    lines.append(_burnt(fuel, burnt_kg, oxidation_ppm, gwp_set, source))
    if process_t:
        of_process: dict[Gas, int] = {"CO2": process_t * 1000}
        lines.append(_line("process", "limestone", 0, "t", gwp_set, source, of_process))
    return tuple(lines)


def industry_lines(
    *,
    product: str,
    product_t: int,
    emissions_t: int,
    process: str,
    process_t: int,
    fuel: str,
    cf4_kg: int = 0,
    gwp_set: GwpSet = 5,
    source: str = "works",
    oxidation_ppm: int = PPM,
) -> tuple[ReportLine, ...]:
    """The lines of a plant of a sector: tonnes of its product, process emissions with perfluorocarbons, and
    as much fuel of the default quality as emits the rest of `emissions_t` [t CO2e]."""
    process_kg = max(process_t * 1000 - cf4_kg * GWP[gwp_set]["CF4"] // 10, 0)
    gases: dict[Gas, int] = {"CO2": process_kg}
    if cf4_kg:
        gases["CF4"] = cf4_kg
    lines = [
        _line("output", product, product_t, "t", gwp_set, source),
        _line("process", process, product_t, "t", gwp_set, source, gases),
    ]
    burnt_kg = emissions_t * 1000 - lines[1].tenths_of_kg // 10
    if burnt_kg > 0:
        lines.append(_burnt(fuel, burnt_kg, oxidation_ppm, gwp_set, source))
    return tuple(lines)


def _burnt(fuel: str, co2_kg: int, oxidation_ppm: int, gwp_set: GwpSet, source: str) -> ReportLine:
    """A line of as much fuel of the default quality as emits `co2_kg`."""
    quality = DEFAULTS[fuel].model_copy(update={"oxidationPpm": oxidation_ppm})
    amount, gases = quality.amount_for(co2_kg), cast("dict[Gas, int]", {"CO2": co2_kg})
    return _line("combustion", fuel, amount, "t", gwp_set, source, gases, quality)


def _line(
    category: Category,
    product: str,
    quantity: int,
    unit: Unit,
    gwp_set: GwpSet,
    source: str,
    gases: Mapping[Gas, int] | None = None,
    fuel: FuelQuality | None = None,
) -> ReportLine:
    """A line; gases of which there is nothing are left out [kg]."""
    return ReportLine(
        category=category,
        product=product,
        source=source,
        quantity=quantity,
        unit=unit,
        gases={gas: kg for gas, kg in (gases or {}).items() if kg},
        gwpSet=gwp_set,
        fuel=fuel,
    )


# Evidence


def parse_manifest(raw: Any) -> tuple[EvidenceFile, ...]:
    """A manifest as read from a file; EvidenceError when it is not well formed, not sorted or unsafe."""
    try:
        files = tuple(_FILES.validate_python(raw))
    except ValidationError as error:
        raise _malformed("REPORT_EVIDENCE_FORMAT", "evidence", error) from None
    if len(files) > MAX_FILES:
        raise EvidenceError.of("REPORT_EVIDENCE_COUNT", files_count=len(files), max_files=MAX_FILES)
    paths = [file.path for file in files]
    if any(a >= b for a, b in pairwise(paths)):
        raise EvidenceError.of("REPORT_EVIDENCE_ORDER", paths=paths[:5])
    for path in paths:
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts:
            raise EvidenceError.of("REPORT_EVIDENCE_PATH", path=path)
    return files


def manifest_root(files: Sequence[EvidenceFile]) -> bytes:
    """Merkle root over the manifest; 32 zero bytes for an empty one."""
    return merkle_root([leaf_hash(canonical_json(file.model_dump())) for file in files])


def manifest_of(contents: Mapping[str, bytes]) -> tuple[EvidenceFile, ...]:
    """The manifest of files held in memory, by path."""
    return parse_manifest(
        [
            {"path": path, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
            for path, body in sorted(contents.items())
        ]
    )


def manifest_of_folder(folder: Path) -> tuple[EvidenceFile, ...]:
    """The manifest of every file below a folder."""
    entries = []
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        entries.append(
            {
                "path": file.relative_to(folder).as_posix(),
                "bytes": file.stat().st_size,
                "sha256": digest,
            }
        )
    return parse_manifest(sorted(entries, key=lambda entry: str(entry["path"])))


def changed_files(files: Sequence[EvidenceFile], folder: Path) -> list[str]:
    """Paths of the manifest that are missing below `folder` or are not the file that was signed."""
    there = {file.path: file for file in manifest_of_folder(folder)}
    return [file.path for file in files if there.get(file.path) != file]


def _malformed(code: str, field: str, error: ValidationError) -> EvidenceError:
    first = error.errors()[0]
    place = ".".join(str(part) for part in (field, *first["loc"]))
    return EvidenceError(
        code,
        f"{place}: {first['msg']}.",
        field=place,
        value=first.get("input"),
        remedy="Correct the entry and sign again.",
    )
