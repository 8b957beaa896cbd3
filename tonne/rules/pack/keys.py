"""The keys of rule packs: specification of each, loaded from `tonne/data/rule_keys.toml`.

Keys with a chain key are read by the contracts; the others by the plain rules (`tonne.rules.engine`) and by
the disclosure tables. A defective file is refused with file, line, key and defect: RULE_KEYS_INVALID.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final

from tonne.errors import TonneError
from tonne.rules.pack.key_spec import PRODUCTS, SECTIONS, Spec
from tonne.rules.pack.toml_lines import LineIndex, dotted

#: Fields of a key's table, and the type of each.
_FIELDS: Final[dict[str, tuple[type, ...]]] = {
    "says": (str,),
    "unit": (str,),
    "scale": (int,),
    "most": (int,),
    "words": (list,),
    "numbers": (int,),
    "built": (bool, str),
    "chain_key": (str,),
    "left": (str,),
}
_REQUIRED: Final = ("says", "unit")
_UNIT: Final = re.compile(r"([^{}]|\{measure\}|\{currency\})+")
#: Units whose values are no numbers: without scale.
NUMBERLESS: Final = ("flag", "rule", "set", "date", "local time")


class _KeyFile:
    """One file of keys. No pydantic: help pages read keys, and load without it."""

    def __init__(self, file: Traversable) -> None:
        self.file = file
        raw = file.read_bytes()
        try:
            self.text = raw.decode("utf-8")
            self.tables: dict[str, Any] = tomllib.loads(self.text)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise TonneError(
                "RULE_KEYS_INVALID", f"{file}: {error}.", field="file", value=str(file),
                remedy="Correct the TOML.",
            ) from error  # fmt: skip

    def refuse(self, path: tuple[str, ...], defect: str, value: object = None) -> TonneError:
        line = LineIndex(self.text).find(path)
        return TonneError(
            "RULE_KEYS_INVALID", f"{self.file}:{line}: {dotted(path)}: {defect}",
            field=dotted(path), value=value, remedy="Correct the key's table.",
        )  # fmt: skip

    def specs(self) -> dict[str, Spec]:
        found: dict[str, Spec] = {}
        owners: dict[str, str] = {}
        for section, tables in self.tables.items():
            if section not in SECTIONS:
                raise self.refuse((section,), f"no such section; known: {', '.join(SECTIONS)}.")
            if not isinstance(tables, dict):
                raise self.refuse((section,), "is not a table of keys.", tables)
            for name, table in tables.items():
                key = f"{section}.{name}"
                spec = self._spec((section, name), table)
                if spec.chain_key and (owner := owners.setdefault(spec.chain_key, key)) != key:
                    raise self.refuse(
                        (section, name, "chain_key"), f"is that of {owner} already.", spec.chain_key
                    )
                found[key] = spec
        return found

    def _spec(self, path: tuple[str, ...], table: object) -> Spec:
        if not isinstance(table, dict):
            raise self.refuse(path, "is not a table.", table)
        self._check_fields(path, table)
        spec = Spec(
            unit=table["unit"],
            scale=table.get("scale", 1),
            chain_key=table.get("chain_key"),
            words=self._words(path, table),
            most=table.get("most"),
            built=table.get("built"),
            says=table["says"],
            left=table.get("left", ""),
        )
        self._check_bounds(path, spec)
        return spec

    def _check_fields(self, path: tuple[str, ...], table: dict[str, Any]) -> None:
        for field in _REQUIRED:
            if field not in table:
                raise self.refuse((*path, field), "is missing.")
        for field, value in table.items():
            if field not in _FIELDS:
                raise self.refuse((*path, field), f"no such field; known: {', '.join(_FIELDS)}.")
            if type(value) not in _FIELDS[field]:
                kinds = " or ".join(kind.__name__ for kind in _FIELDS[field])
                raise self.refuse((*path, field), f"is {value!r}, not of type {kinds}.", value)
            if type(value) is int and value < 1:
                raise self.refuse((*path, field), f"is {value}; it cannot be below 1.", value)
        for field in ("says", "left"):
            if not table.get(field, ".").endswith("."):
                raise self.refuse((*path, field), "does not end with a full stop.", table[field])
        if not _UNIT.fullmatch(table["unit"]):
            defect = "is no unit; braces hold measure or currency only."
            raise self.refuse((*path, "unit"), defect, table["unit"])
        if table.get("chain_key") == "":
            raise self.refuse((*path, "chain_key"), "is empty.")

    def _words(self, path: tuple[str, ...], table: dict[str, Any]) -> tuple[str, ...]:
        given = [field for field in ("words", "numbers") if field in table]
        if table["unit"] not in ("rule", "set"):
            if given:
                raise self.refuse((*path, given[0]), "is for the units rule and set only.")
            return ()
        if len(given) != 1:
            raise self.refuse(path, "needs either words or numbers.")
        if "numbers" in table:
            return tuple(str(number) for number in range(1, table["numbers"] + 1))
        words: list[Any] = table["words"]
        if not words or not all(isinstance(word, str) and word for word in words):
            raise self.refuse((*path, "words"), "is not a list of words.", words)
        if len(set(words)) != len(words):
            raise self.refuse((*path, "words"), "lists a word twice.", words)
        return tuple(words)

    def _check_bounds(self, path: tuple[str, ...], spec: Spec) -> None:
        if spec.scale != 1 and spec.unit in NUMBERLESS:
            raise self.refuse((*path, "scale"), f"a {spec.unit} has none.", spec.scale)
        if spec.most is not None and spec.unit in NUMBERLESS and spec.unit != "local time":
            raise self.refuse((*path, "most"), f"a {spec.unit} has none.", spec.most)
        if spec.built is not None and (problem := replace(spec, built=None).problem(spec.built)):
            raise self.refuse((*path, "built"), problem, spec.built)


def read_keys(file: Traversable) -> dict[str, Spec]:
    """The keys of a file, in its order; a defective file is refused."""
    return _KeyFile(file).specs()


KEYS: Final = read_keys(resources.files("tonne").joinpath("data/rule_keys.toml"))

#: Consequences of a shortfall other than money.
MEASURES_OF_PENALTY: Final = KEYS["penalty.measures"].words

#: Keys that may be said of one sector by itself: `allocation.steel.method`.
OF_SECTORS: Final = ("coverage", "allocation", "obligation", "mrv")

#: The benchmarks of the contracts' classes of plant, as `ParamKeys` of ISchemes.sol has them.
CHAIN_BENCHMARKS: Final = (
    "benchmark.power.coal_gt300", "benchmark.power.coal_le300", "benchmark.power.unconventional_coal",
    "benchmark.power.gas", "benchmark.heat.coal", "benchmark.heat.gas",
)  # fmt: skip

_BENCHMARK = re.compile(r"benchmark\.(power|heat)\.[\w-]+")
_BOUND = re.compile(r"mrv\.(min|max)_(power|heat)\.[\w-]+")


def spec_of(key: str) -> Spec:
    """The spec of a key; KeyError carries the last parts of the keys that exist beside it."""
    if key in KEYS:
        return KEYS[key]
    section, _, rest = key.partition(".")
    if match := _BENCHMARK.fullmatch(key):
        return Spec(
            f"{{measure}}/{PRODUCTS[match[1]]}", 10**4, key,
            says=f"Free allowances for each {PRODUCTS[match[1]]} of {match[1]}.",
        )  # fmt: skip
    if match := _BOUND.fullmatch(key):
        bound = {"min": "Below", "max": "Above"}[match[1]]
        return Spec(
            f"{{measure}}/{PRODUCTS[match[2]]}", 10**4,
            says=f"{bound} this intensity of {match[2]} a report is not plausible, and refused.",
        )  # fmt: skip
    sector, _, name = rest.partition(".")
    if section in OF_SECTORS and f"{section}.{name}" in KEYS:
        spec = KEYS[f"{section}.{name}"]
        return replace(spec, chain_key=None, says=f"For {sector}: {spec.says}")
    raise KeyError({k.rpartition(".")[2] for k in KEYS if k.startswith(f"{section}.")})


def sector_of(key: str) -> str | None:
    """The sector a key is said of, if it is said of one."""
    parts = key.split(".")
    if len(parts) != 3 or parts[0] not in OF_SECTORS or _BOUND.fullmatch(key):
        return None
    return parts[1]
