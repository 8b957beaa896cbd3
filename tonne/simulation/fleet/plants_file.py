"""Reading a fleet from a CSV file: refused whole, with file, line and column, when a row is bad.

The documented form is in `docs/fleet.md`. A scenario file (see `scenarios/`) can describe another
one: which columns make the key, which year to take, which class a fuel belongs to.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tonne.errors import TonneError, refused
from tonne.simulation.fleet.plants import CLASS_NUMBERS, ESTIMATES, OWN_USE, Fleet, Plant

#: Largest amount a report can carry: 40 bits.
MAX_AMOUNT: Final = 2**40 - 1
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)

#: What else a file may carry beside the columns a form reads.
_CHINA_EXTRA: Final = (
    "plant_id",
    "fuel",
    "technology",
    "start_year",
    "allocation_t_benchmark",
    "allocation_t_scaled",
    "benchmark_t_per_mwh",
)


class Form(BaseModel):
    """Which column says what; "" where the table has none. The defaults are the documented form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: tuple[str, ...] = ("entity_id",)
    key_is_name: bool = False  # then reports show a number instead, unless names are asked for
    class_column: str = "benchmark_class"
    constant_class: str = ""  # of every row; the table then has no class column
    classes: Mapping[str, str] = Field(
        default={
            **{name: name for name in CLASS_NUMBERS},
            "conventional_coal_gt300": "coal_gt300",
            "conventional_coal_le300": "coal_le300",
        }
    )
    generation: tuple[str, ...] = ("generation_mwh", "generation_mwh_2020_est")
    emissions: tuple[str, ...] = ("co2_t", "co2_t_2020_est")
    capacity: str = "capacity_mw"
    assumed_load: float = Field(default=0.5, gt=0, le=1)  # where the form has no capacity
    own_use: Mapping[str, float] = Field(default=dict(OWN_USE))
    name: str = "plant_name"
    owner: str = "owner"
    province: str = "province"
    units: str = "units"
    supplied: str = "supplied_mwh"
    heat: str = "heat_gj"
    prior_supplied: str = "prior_supplied_mwh"
    prior_heat: str = "prior_heat_gj"
    allocation: str = (
        "allocation_t"  # free allowances by table; such a row may say nothing of output
    )
    latest: str = ""  #         only rows with the highest value of this column
    same_plant: tuple[str, ...] = ()  #  rows equal in all of these are one plant
    also: tuple[str, ...] = _CHINA_EXTRA  # known, not read
    assume_heat: bool = True
    credit: str = "as given with the file"
    notes: tuple[str, ...] = ()

    @field_validator("constant_class")
    @classmethod
    def known_class(cls, name: str) -> str:
        if name and name not in CLASS_NUMBERS:
            raise ValueError(f"is no class; known are {', '.join(CLASS_NUMBERS)}")
        return name

    def known(self) -> set[str]:
        optional = (
            self.capacity,
            self.name,
            self.owner,
            self.province,
            self.units,
            self.supplied,
            self.heat,
            self.prior_supplied,
            self.prior_heat,
            self.allocation,
            self.latest,
        )
        classes = () if self.constant_class else (self.class_column,)
        named = {*self.key, *classes, *self.generation, *self.emissions, *self.also}
        return named | {c for c in optional if c}


def read_scenario(path: Path) -> tuple[Form, Path | None]:
    """The fleet form and the rule pack a scenario file names."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        form = Form.model_validate(data.pop("fleet", {}))
    except OSError as error:
        raise TonneError(
            "SCENARIO_UNREADABLE",
            f"{path}: {error.strerror}.",
            field="scenario",
            value=str(path),
            remedy="Name a readable file.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise refused("SCENARIO_NOT_TOML", path=str(path), error=error) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TonneError(
            "SCENARIO_BAD_FIELD",
            f"{path}: [fleet] {where}: {first['msg']}.",
            field=where,
            value=first.get("input"),
            remedy="Write it as scenarios/australia-nger.toml is written.",
        ) from error
    pack = data.pop("pack", None)
    if isinstance(data.get("scheme"), dict):
        raise refused("SCENARIO_IS_PACK", path=str(path))
    if data:
        raise TonneError(
            "SCENARIO_BAD_FIELD",
            f"{path}: '{next(iter(data))}' is not part of a scenario.",
            field=next(iter(data)),
            remedy="A scenario has a `pack` and a [fleet].",
        )
    return form, (path.parent / str(pack)).resolve() if pack else None


def read_fleet(path: Path, form: Form | None = None) -> Fleet:
    """The fleet a CSV file holds. Nothing of a file with a bad row is used."""
    form = form or Form()
    reader = _Reader(path, form)
    plants = reader.plants()
    assumed = list(form.notes)
    if reader.estimated:
        assumed.append(ESTIMATES)
    if reader.own_use_assumed:
        assumed.append("Own use of a station is assumed: supply is generation less own use.")
    if reader.without_output:
        assumed.append(
            f"Rows without output, whose allocation a table decides: {reader.without_output}."
        )
    if not form.capacity:
        assumed.append(f"Capacity is assumed from output at a load of {form.assumed_load:.0%}.")
    if reader.merged:
        assumed.append(
            f"Rows that repeat another's figures, and count as its plant: {reader.merged}."
        )
    if reader.unused:
        assumed.append("Columns not used: " + ", ".join(reader.unused) + ".")
    return Fleet(
        tuple(plants),
        path.name,
        form.credit,
        tuple(assumed),
        real_names=True,
        heat_unknown=form.assume_heat and not any(p.heat_gj for p in plants),
    )


class _Reader:
    def __init__(self, path: Path, form: Form) -> None:
        self.path, self.form = path, form
        self.own_use_assumed = False
        self.estimated = False
        self.merged = 0
        self.without_output = 0
        self.unused: list[str] = []
        self.bad: list[tuple[int, TonneError]] = []  # faults of rows, with their lines

    def refuse(
        self, code: str, line: int, column: str | int, text: str, value: object, remedy: str
    ) -> NoReturn:
        raise TonneError(
            code,
            f"{self.path.name}, line {line}, column {column}: {text}.",
            field=str(column),
            value=value,
            remedy=remedy,
        )

    def refuse_row(
        self, code: str, line: int, column: str | int, text: str, value: object, remedy: str
    ) -> None:
        """Notes a fault of a row; all are listed when the file is read."""
        try:
            self.refuse(code, line, column, text, value, remedy)
        except TonneError as fault:
            self.bad.append((line, fault))

    def require_no_fault(self) -> None:
        """Raises the one fault of the rows, or FLEET_ROWS with all of them and the remedy of each."""
        faults = [fault for _, fault in sorted(self.bad, key=lambda bad: bad[0])]
        if len(faults) == 1:
            raise faults[0]
        if faults:
            listed = "\n".join(f"  {fault.message} {fault.remedy}" for fault in faults)
            raise refused(
                "FLEET_ROWS",
                path=str(self.path),
                faults_count=len(faults),
                path_name=self.path.name,
                listed=listed,
            )

    def text(self) -> str:
        try:
            raw = self.path.read_bytes()
        except OSError as error:
            raise refused(
                "FLEET_UNREADABLE", path=str(self.path), strerror=error.strerror
            ) from error
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = raw[: error.start]
            row = before[before.rfind(b"\n") + 1 :]
            self.refuse(
                "FLEET_ENCODING",
                before.count(b"\n") + 1,
                row.count(b",") + 1,
                f"byte 0x{raw[error.start]:02x} is not UTF-8",
                f"0x{raw[error.start]:02x}",
                "Save the file as UTF-8.",
            )

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """(line, row), with the heading checked first and every row as wide as it."""
        text = self.text()
        if "\0" in text:
            before = text[: text.index("\0")]
            self.refuse(
                "FLEET_ENCODING",
                before.count("\n") + 1,
                before[before.rfind("\n") + 1 :].count(",") + 1,
                "a zero byte",
                "0x00",
                "Save the file as UTF-8 (not UTF-16).",
            )
        lines = csv.reader(io.StringIO(text, newline=""), strict=True)
        heading: list[str] | None = None
        line = 1
        while True:
            line = lines.line_num + 1
            try:
                cells = next(lines)
            except StopIteration:
                break
            except csv.Error as error:
                self.refuse("FLEET_NOT_CSV", line, 1, str(error), "", "Quote the cells properly.")
            if heading is None:
                heading = cells
                self.check_heading(heading)
                continue
            if not cells:
                continue
            if len(cells) != len(heading):
                self.refuse_row(
                    "FLEET_ROW_WIDTH",
                    line,
                    min(len(cells), len(heading)) + 1,
                    f"{len(cells)} cells under {len(heading)} headings",
                    len(cells),
                    "Give every row one cell for each heading; quote cells that hold a comma.",
                )
                continue
            yield line, dict(zip(heading, (c.strip() for c in cells), strict=True))
        if heading is None:
            self.refuse("FLEET_EMPTY", 1, 1, "the file is empty", "", "Give it a heading row.")

    def check_heading(self, heading: list[str]) -> None:
        form = self.form
        known = form.known()
        for number, column in enumerate(heading, 1):
            if column in heading[: number - 1]:
                self.refuse(
                    "FLEET_DUPLICATE_COLUMN",
                    1,
                    number,
                    f"the heading '{column}' stands twice",
                    column,
                    "Name each column once.",
                )
            near = difflib.get_close_matches(column, sorted(known - set(heading)), 1, 0.8)
            if column not in known and near:
                self.refuse(
                    "FLEET_WRONG_COLUMN",
                    1,
                    number,
                    f"'{column}' is not a column of the form",
                    column,
                    f"Did you mean '{near[0]}'?",
                )
        self.unused = [c for c in heading if c not in known]
        figures = [*form.generation, *form.emissions]
        self.estimated = any(c in heading and c.endswith("_est") for c in figures)
        needed: list[tuple[str, ...]] = [(c,) for c in form.key]
        needed += [] if form.constant_class else [(form.class_column,)]
        by_table = form.allocation in heading
        needed += [form.emissions] if by_table else [form.generation, form.emissions]
        needed += [(c,) for c in (form.latest, "" if by_table else form.capacity) if c]
        for names in needed:
            if not any(name in heading for name in names):
                self.refuse(
                    "FLEET_MISSING_COLUMN",
                    1,
                    len(heading) + 1,
                    f"the heading lacks '{names[0]}'",
                    names[0],
                    "The required columns are in docs/fleet.md.",
                )

    def plants(self) -> list[Plant]:
        form = self.form
        rows = list(self.rows())
        if form.latest:
            newest = max((row[form.latest] for _, row in rows), default="")
            rows = [(line, row) for line, row in rows if row[form.latest] == newest]
        seen: dict[str, int] = {}
        figures: set[tuple[str, ...]] = set()
        plants: list[Plant] = []
        for line, row in rows:
            try:
                plant = self.plant(line, row)
            except TonneError as fault:
                self.bad.append((line, fault))
                continue
            if form.same_plant:
                same = tuple(row.get(c, "") for c in form.same_plant)
                if same in figures:
                    self.merged += 1
                    continue
                figures.add(same)
            if plant.key in seen:
                self.refuse_row(
                    "FLEET_DUPLICATE_KEY",
                    line,
                    form.key[0],
                    f"'{plant.key}' stands on line {seen[plant.key]} already",
                    plant.key,
                    "Give every emitter one row.",
                )
                continue
            seen[plant.key] = line
            plants.append(
                replace(plant, key=f"P{len(plants) + 1:04d}") if form.key_is_name else plant
            )
        self.require_no_fault()
        if not plants:
            self.refuse("FLEET_EMPTY", 2, 1, "there is no row", "", "Give it at least one row.")
        return plants

    def plant(self, line: int, row: Mapping[str, str]) -> Plant:
        form = self.form
        parts = []
        for column in form.key:
            if not row[column]:
                self.missing(line, column)
            parts.append(row[column])
        raw_class = form.constant_class or row[form.class_column]
        if not raw_class and "" not in form.classes:
            self.missing(line, form.class_column)
        name = form.constant_class or form.classes.get(raw_class, "")
        if name not in CLASS_NUMBERS:
            self.refuse(
                "FLEET_UNKNOWN_CLASS",
                line,
                form.class_column,
                f"'{raw_class}' is no class",
                raw_class,
                "Known are " + ", ".join(form.classes) + ".",
            )
        tabled = self.optional(line, row, form.allocation)
        if tabled is not None and tabled % 1:
            self.refuse(
                "FLEET_FRACTION",
                line,
                form.allocation,
                f"{tabled} is no whole number of tonnes",
                row[form.allocation],
                "Round it as the authority did.",
            )
        generated = self.generated(line, row, tabled)
        emissions = self.number(line, row, self.pick(row, form.emissions))
        supplied = self.optional(line, row, form.supplied)
        own_use = form.own_use.get(name, 0.0)
        if supplied is None:
            supplied = generated * (Decimal(1) - Decimal(str(own_use)))
            self.own_use_assumed |= own_use > 0
        if not form.capacity:
            hours = Decimal(8760) * Decimal(str(form.assumed_load))
            capacity = max(generated / hours, Decimal("0.001"))
        elif tabled is not None and not row.get(form.capacity):
            capacity = Decimal(0)
        else:
            capacity = self.number(line, row, form.capacity)
            if capacity <= 0:
                self.refuse(
                    "FLEET_ZERO_CAPACITY",
                    line,
                    form.capacity,
                    "a plant has a capacity",
                    row[form.capacity],
                    "Give it in MW.",
                )
        key = " / ".join(parts)
        return Plant(
            key=key,
            class_name=name,
            capacity_kw=-int(-capacity * 1000 // 1),
            power_mwh=int(supplied),
            heat_gj=int(self.optional(line, row, form.heat) or 0),
            emissions_t=round(emissions),
            prior_power_mwh=int(self.optional(line, row, form.prior_supplied) or 0),
            prior_heat_gj=int(self.optional(line, row, form.prior_heat) or 0),
            province=row.get(form.province, "") or "unknown",
            name=key if form.key_is_name else row.get(form.name, ""),
            owner=row.get(form.owner, ""),
            units=int(self.optional(line, row, form.units) or 1),
            line=line,
            tabled_t=None if tabled is None else int(tabled),
        )

    def generated(self, line: int, row: Mapping[str, str], tabled: Decimal | None) -> Decimal:
        """Output of the year [MWh]; nothing where the cell is empty and a table decides."""
        column = next((name for name in self.form.generation if name in row), "")
        if row.get(column):
            return self.number(line, row, column)
        if tabled is None:
            self.refuse(
                "FLEET_MISSING_VALUE",
                line,
                column or self.form.generation[0],
                "a required cell is empty",
                "",
                f"Fill it in, or give the row's free allowances in {self.form.allocation}: the authority's"
                " table then decides, and output may stay empty."
                if self.form.allocation
                else "Fill it in; the required columns are in docs/fleet.md.",
            )
        self.without_output += 1
        return Decimal(0)

    @staticmethod
    def pick(row: Mapping[str, str], names: tuple[str, ...]) -> str:
        return next(name for name in names if name in row)

    def missing(self, line: int, column: str) -> NoReturn:
        self.refuse(
            "FLEET_MISSING_VALUE",
            line,
            column,
            "a required cell is empty",
            "",
            "Fill it in; the required columns are in docs/fleet.md.",
        )

    def optional(self, line: int, row: Mapping[str, str], column: str) -> Decimal | None:
        if not column or not row.get(column):
            return None
        return self.number(line, row, column)

    def number(self, line: int, row: Mapping[str, str], column: str) -> Decimal:
        text = row.get(column, "")
        if not text:
            self.missing(line, column)
        if not _NUMBER.fullmatch(text):
            self.refuse(
                "FLEET_NOT_A_NUMBER",
                line,
                column,
                f"'{text[:40]}' is not a number",
                text,
                "Write digits and at most one decimal point.",
            )
        value = Decimal(text)
        if value < 0:
            self.refuse(
                "FLEET_NEGATIVE",
                line,
                column,
                f"{text[:40]} is negative",
                text,
                "No amount is below zero.",
            )
        if value > MAX_AMOUNT:
            self.refuse(
                "FLEET_TOO_LARGE",
                line,
                column,
                f"{text[:40]} is beyond {MAX_AMOUNT:,}",
                text,
                "Check the unit of measure.",
            )
        return value
