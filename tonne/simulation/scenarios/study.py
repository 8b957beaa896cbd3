"""Reads what a scenario file sweeps: `[run]`, `[[sweep]]` and `[[case]]`.

[run]
from = 2021            # first reporting year
years = 2
seeds = [1, 2, 3]
emitters = 300
[[sweep]]
key = "cap"
values = [0.97, 1.0, [1.0, 0.98]]   # a list is a path, one figure a year
[[case]]
name = "fixed fine"
set = { "penalty.min_per_unit" = 60, "penalty.max_per_unit" = 60 }
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field

from tonne.rules.pack import RulePack, load
from tonne.rules.pack.key_spec import PRODUCTS, Spec
from tonne.rules.pack.loader import FORMAT, ValueReader
from tonne.rules.pack.model import Table, Text, Year
from tonne.rules.pack.scenario import TABLES, ScenarioHead, assume, find
from tonne.rules.pack.toml_lines import TomlPath
from tonne.simulation.scenarios.keys import KEYS, YEARLY, Setting, known, spec_of_key
from tonne.simulation.scenarios.variant import contradiction, varied

#: More runs than this are refused: a sweep multiplies fast.
MOST_RUNS: Final = 20_000

#: Emitters of the generated fleet.
FLEET: Final = 2_162

#: A case: its name and what it sets.
Named = tuple[str, tuple[Setting, ...]]

Seed = Annotated[int, Field(strict=True, ge=0, lt=2**32)]


class StudyRun(Table):
    """`[run]`: the periods run for each variant and seed."""

    from_: Annotated[Year, Field(alias="from")]
    years: Annotated[int, Field(strict=True, ge=1, le=10)] = 1
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)]
    emitters: Annotated[int, Field(strict=True, ge=1, le=FLEET)] = 300
    sessions: Annotated[int, Field(strict=True, ge=10, le=250)] = 48
    reference_price: Annotated[Decimal, Field(gt=0)] | None = None  # [currency a unit]


class Sweep(Table):
    key: Text
    values: Annotated[tuple[Any, ...], Field(min_length=1)]


class Case(Table):
    name: Text
    set: Annotated[dict[str, Any], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Variant:
    """One set of rules: a case and one value of each sweep."""

    case: str
    settings: tuple[Setting, ...]

    @property
    def name(self) -> str:
        swept = ", ".join(f"{s.key} {s.written}" for s in self.settings if s.swept)
        return "; ".join(part for part in (self.case, swept) if part) or "as it is"


@dataclass(frozen=True, slots=True)
class Study:
    """A scenario file, read and checked."""

    path: Path
    digest: str  # SHA-256 of the file
    title: str
    pack: RulePack  # with what the file assumes
    run: StudyRun
    sweeps: tuple[tuple[Setting, ...], ...]
    cases: tuple[Named, ...]

    def variants(self) -> list[Variant]:
        """Every case with every combination of swept values, in the order of the file."""
        return [
            Variant(name, (*fixed, *chosen))
            for name, fixed in self.cases or (("", ()),)
            for chosen in itertools.product(*self.sweeps)
        ]


def read(path: Path) -> Study:
    """The study of a scenario file; refused with file, line and remedy."""
    return _Reader(find(path)).read()


class _Reader(ValueReader):
    def read(self) -> Study:
        self.check_top(TABLES, FORMAT)
        head = self.model(ScenarioHead, ("scenario",))
        pack = assume(load(head.scheme), self.path)
        self.scheme, self.pack = pack.scheme, pack
        self.run = self.model(StudyRun, ("run",))
        if len(set(self.run.seeds)) < len(self.run.seeds):
            raise self.refuse(
                "SCENARIO_SEEDS", ("run", "seeds"), "names a seed twice.", list(self.run.seeds),
                "Name each seed once; the same seed gives the same run.",
            )  # fmt: skip
        given = self.listed(Sweep, "sweep")
        sweeps = tuple(self.sweep(sweep, i) for i, sweep in enumerate(given))
        cases = tuple(self.case(one, i) for i, one in enumerate(self.listed(Case, "case")))
        self.once(given, cases)
        if not sweeps and not cases:
            raise self.refuse(
                "SCENARIO_NOTHING_SWEPT", ("run",), "the file sweeps nothing.", None,
                "Add [[sweep]] with key and values, or [[case]] with name and set.",
            )  # fmt: skip
        count = math.prod(map(len, sweeps)) * max(len(cases), 1) * len(self.run.seeds)
        if count > MOST_RUNS:
            raise self.refuse(
                "SCENARIO_TOO_MANY", ("run", "seeds"), f"{count:,} runs are too many.", count,
                f"Sweep fewer values or seeds: at most {MOST_RUNS:,} runs.",
            )  # fmt: skip
        self.check_start()
        self.together(sweeps, cases)
        digest = hashlib.sha256(self.raw).hexdigest()
        return Study(self.path, digest, head.title, pack, self.run, sweeps, cases)

    def together(self, sweeps: tuple[tuple[Setting, ...], ...], cases: tuple[Named, ...]) -> None:
        """Refuses a combination of settings that cannot hold."""
        day = date(self.run.from_ + 1, 12, 31)
        for i, (name, fixed) in enumerate(cases or (("", ()),)):
            for chosen in itertools.product(*sweeps):
                settings = (*fixed, *chosen)
                wrong = contradiction(varied(self.pack, settings, self.run.from_), settings, day)
                if wrong is None:
                    continue
                place = next((j for j, s in enumerate(chosen) if s.key == wrong.key), None)
                where = ("case", i, "set", wrong.key) if place is None else ("sweep", place, "key")
                raise self.refuse(
                    "SCENARIO_CONTRADICTION", where, wrong.sentence, name or None, wrong.remedy
                )

    def check_start(self) -> None:
        """The model needs benchmarks in every year, and a price to begin with."""
        for year in range(self.run.from_, self.run.from_ + self.run.years):
            for product in PRODUCTS:
                for info in self.pack.classes.values():
                    key = f"benchmark.{product}.{getattr(info, product)}"
                    if not self.pack.has(key, date(year, 12, 31)):
                        raise self.refuse(
                            "SCENARIO_NO_BENCHMARK", ("run", "from"),
                            f"{self.scheme.name} has no {key} for {year}.", year,
                            "Run other years, or supply it as [[assume]].",
                        )  # fmt: skip
        if not self.pack.classes:
            raise self.refuse(
                "SCENARIO_NO_CLASSES", ("scenario", "scheme"), "has no class of plant to allocate by.",
                self.scheme.name, "Take a scheme with benchmarks, such as china-national.",
            )  # fmt: skip
        if self.run.reference_price is None and not self.pack.values.get("market.reference_price"):
            raise self.refuse(
                "SCENARIO_NO_PRICE", ("run",), "no price to begin with is known.", None,
                "Add reference_price = ... to [run].",
            )  # fmt: skip

    def sweep(self, given: Sweep, i: int) -> tuple[Setting, ...]:
        where: TomlPath = ("sweep", i)
        spec = self.key(given.key, (*where, "key"))
        settings = tuple(
            self.setting(given.key, spec, value, (*where, "values", j), swept=True)
            for j, value in enumerate(given.values)
        )
        if len({s.value for s in settings}) < len(settings):
            raise self.refuse(
                "SCENARIO_TWICE", (*where, "values"), "names a value twice.", given.key,
                "Name each value once.",
            )  # fmt: skip
        return settings

    def case(self, given: Case, i: int) -> Named:
        settings = []
        for key, value in given.set.items():
            where: TomlPath = ("case", i, "set", key)
            settings.append(self.setting(key, self.key(key, where), value, where, swept=False))
        return given.name, tuple(settings)

    def once(self, sweeps: list[Sweep], cases: tuple[Named, ...]) -> None:
        """A key is swept once, and not set by a case too; names of cases differ."""
        keys = [sweep.key for sweep in sweeps]
        for i, sweep in enumerate(sweeps):
            if sweep.key in keys[:i] or any(s.key == sweep.key for _, one in cases for s in one):
                raise self.refuse(
                    "SCENARIO_TWICE", ("sweep", i, "key"), "is swept or set elsewhere too.", sweep.key,
                    "Sweep a key once, and leave it out of the cases.",
                )  # fmt: skip
        names = [name for name, _ in cases]
        for i, name in enumerate(names):
            if name in names[:i]:
                raise self.refuse(
                    "SCENARIO_TWICE", ("case", i, "name"), "is the name of another case.", name,
                    "Give each case its own name.",
                )  # fmt: skip

    def key(self, key: str, where: TomlPath) -> Spec:
        """What a key holds, if the model answers to it."""
        parts = key.split(".")
        if parts[0] == "benchmark":
            uses = {
                f"benchmark.{product}.{getattr(info, product)}"
                for product in PRODUCTS
                for info in self.pack.classes.values()
            }
            if key not in uses:
                raise self.refuse(
                    "PACK_PRODUCT", where, "is a benchmark of no known product.", key,
                    f"{self.scheme.name} has: {', '.join(sorted(uses))}.",
                )  # fmt: skip
        elif key not in KEYS:
            close = difflib.get_close_matches(key, sorted(known()), n=1)
            raise self.refuse(
                "PACK_UNKNOWN_KEY", where, "is nothing that a scenario can vary.", key,
                f"Did you mean {close[0]}?" if close else f"Known: {', '.join(sorted(known()))}.",
            )  # fmt: skip
        return spec_of_key(key)

    def setting(self, key: str, spec: Spec, value: Any, where: TomlPath, *, swept: bool) -> Setting:
        """A value, or a path of them, within the bounds of its key."""
        path = value if isinstance(value, list) else [value]
        if isinstance(value, list) and not (key in YEARLY or key.startswith("benchmark.")):
            raise self.refuse(
                "SCENARIO_PATH", where, "is one figure, not a path.", key,
                f"A path of years can be given for benchmarks and: {', '.join(sorted(YEARLY))}.",
            )  # fmt: skip
        if isinstance(value, list) and len(path) != self.run.years:
            raise self.refuse(
                "SCENARIO_PATH", where, f"has {len(path)} figures for {self.run.years} years.", key,
                "Give one for each year of [run].",
            )  # fmt: skip
        for one in path:
            if problem := spec.problem(one):
                raise self.refuse(
                    "PACK_VALUE", where, problem, str(one), f"{key} is in {self.unit(spec)}."
                )
        return Setting(key, tuple(path), isinstance(value, list), self.unit(spec), swept)

    def unit(self, spec: Spec) -> str:
        return spec.unit.format(measure=self.scheme.measure, currency=self.scheme.currency)
