"""Descriptors of other registries: files that say how each writes its serial numbers, and what they mean.

One TOML file a registry, in `registries/`. A form is a row of fields between separators; the fields named in
`key` make the number of an issuance, and no other text does. What else a serial number says (country,
vintage, project, type) is compared with what is said beside it.
"""

from __future__ import annotations

import functools
import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tonne.errors import TonneError, refused, why
from tonne.paths import HOME, TREE
from tonne.units.serial_forms import KINDS, SIZED, TOP, SerialField, SerialForm

#: Where descriptors are looked for; a later folder adds registries, and changes none of a former one.
FOLDERS: Final[list[Path]] = list(dict.fromkeys((TREE / "registries", HOME / "registries")))

#: Names of fields that the library reads; any other is only part of the form.
RANGE: Final = ("first", "last")
LONGEST_BLOCK: Final = 2**32 - 1
NAME: Final = re.compile("[A-Z1-9][A-Z0-9]{0,31}")
TABLE: Final = {
    "name", "title", "unit", "holds", "counts_through", "largest_block", "sources", "forms", "types",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A registry as its file describes it."""

    name: str
    title: str
    unit: str  #          t: whole tonnes; kg: it issues fractions, of which whole tonnes are taken
    holds: str  #         blocks of serial numbers, or issuances by their id alone
    counts_through: bool  # one sequence of serial numbers for all issuances
    largest_block: int
    forms: Sequence[SerialForm]
    types: Mapping[
        str, str
    ]  # words of a project's type by the number that a serial number gives it
    digest: bytes  #      SHA-256 of the file
    path: Path

    @property
    def ids_only(self) -> bool:
        return self.holds == "issuances"

    @property
    def samples(self) -> str:
        return " or ".join(form.sample for form in self.forms)


def load(path: Path) -> Descriptor:
    """Reads a descriptor and refuses what it does not know, naming file, field and remedy."""
    try:
        raw = path.read_bytes()
        table = tomllib.loads(raw.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TonneError(
            "DESCRIPTOR_UNREADABLE",
            f"The descriptor cannot be read: {why(error) if isinstance(error, OSError) else error}.",
            field="file",
            value=path,
            remedy="Give a TOML file in UTF-8, like those in registries/.",
        ) from error
    return _Reader(path, table).read(hashlib.sha256(raw).digest())


def known() -> dict[str, Descriptor]:
    """Every registry with a descriptor at hand, by name."""
    found: dict[str, Descriptor] = {}
    for folder in FOLDERS:
        for path in sorted(folder.glob("*.toml")):
            descriptor = _loaded(path, path.stat().st_mtime_ns)
            found.setdefault(descriptor.name, descriptor)
    return found


@functools.lru_cache(maxsize=256)
def _loaded(path: Path, _: int) -> Descriptor:
    return load(path)


def named(name: str) -> Descriptor:
    """The descriptor of a registry."""
    at_hand = known()
    found = at_hand.get(name.strip().upper())
    if found is None:
        raise refused(
            "REGISTRY_UNKNOWN",
            registry=name,
            registry_name=name.strip() or "(none)",
            at_hand=", ".join(sorted(at_hand)),
        )
    return found


class _Reader:
    def __init__(self, path: Path, table: Mapping[str, Any]) -> None:
        self.path, self.table = path, table

    def read(self, digest: bytes) -> Descriptor:
        t = self.table
        for key in t:
            self._must(
                key in TABLE, key, t[key], f"is no key of a descriptor: {', '.join(sorted(TABLE))}"
            )
        name = self._text("name")
        self._must(
            NAME.fullmatch(name) is not None, "name", name, "is not 1 to 32 capitals and digits"
        )
        unit, holds = self._text("unit"), self._text("holds")
        self._must(unit in ("t", "kg"), "unit", unit, "is neither t nor kg")
        self._must(
            holds in ("blocks", "issuances"), "holds", holds, "is neither blocks nor issuances"
        )
        self._must(
            unit == "t" or holds == "issuances",
            "unit",
            unit,
            "must be t where serial numbers count units",
        )
        through = t.get("counts_through", False)
        self._must(
            isinstance(through, bool), "counts_through", through, "is neither true nor false"
        )
        largest = t.get("largest_block")
        sound = (
            isinstance(largest, int)
            and not isinstance(largest, bool)
            and 0 < largest <= LONGEST_BLOCK
        )
        self._must(
            sound, "largest_block", largest, f"is not a whole number from 1 to {LONGEST_BLOCK:,}"
        )
        sources = t.get("sources")
        told = (
            isinstance(sources, list)
            and sources
            and all(isinstance(s, dict) and s.get("title") and s.get("url") for s in sources)
        )
        self._must(
            bool(told),
            "sources",
            sources,
            "does not give a title and url of what the format is known from",
        )
        forms = t.get("forms")
        self._must(
            isinstance(forms, list) and bool(forms), "forms", forms, "has no form of serial number"
        )
        assert isinstance(forms, list) and isinstance(largest, int)  # checked above
        read = [self._form(n, form, holds, through) for n, form in enumerate(forms, 1)]
        types = t.get("types", {})
        good = isinstance(types, dict) and all(isinstance(v, str) and v for v in types.values())
        self._must(good, "types", types, "is not a table of texts by number")
        descriptor = Descriptor(
            name, self._text("title"), unit, holds, through, largest, read, types, digest, self.path
        )
        self._try_samples(descriptor)
        return descriptor

    def _form(self, number: int, form: Any, holds: str, through: bool) -> SerialForm:
        where = f"forms[{number}]"
        self._must(isinstance(form, dict), where, form, "is not a table")
        for key in form:
            allowed = ("sample", "fields", "key", "pair", "space")
            self._must(
                key in allowed, f"{where}.{key}", form[key], f"is none of {', '.join(allowed)}"
            )
        raw = form.get("fields")
        listed = isinstance(raw, list) and bool(raw) and all(isinstance(text, str) for text in raw)
        self._must(listed, f"{where}.fields", raw, "is not a list of `name: kind`")
        tokens = [[self._field(where, part) for part in text.split(" + ")] for text in raw]
        names = [f.name for token in tokens for f in token]
        self._must(len(set(names)) == len(names), f"{where}.fields", names, "names a field twice")
        pair, space, key = form.get("pair", False), form.get("space", 0), form.get("key", [])
        self._must(isinstance(pair, bool), f"{where}.pair", pair, "is neither true nor false")
        self._must(space in range(256), f"{where}.space", space, "is not 0 to 255")
        ranged = {"first"} if pair else set(RANGE)
        wanted = ranged if holds == "blocks" else set()
        self._must(set(names) & set(RANGE) == wanted, f"{where}.fields", names,
                   f"needs just these of first and last: {sorted(wanted) or 'none'}")  # fmt: skip
        plain = isinstance(key, list) and all(k in names and k not in RANGE for k in key)
        self._must(plain, f"{where}.key", key, "names what is no field, or the range")
        self._must(bool(key) != through, f"{where}.key", key,
                   "must name the fields of an issuance; none where the registry counts through")  # fmt: skip
        made = SerialForm(str(form.get("sample", "")), tokens, key, pair, space)
        widths = [made.fields[k].bits for k in key]
        bounded = all(widths) and sum(widths) < TOP
        problem = (
            f"needs kinds with a length, {TOP - 1} bits in all: number, year, letters N, hex N"
        )
        self._must(bounded, f"{where}.key", key, problem)
        return made

    def _field(self, where: str, text: str) -> SerialField:
        name, colon, said = (part.strip() for part in text.partition(":"))
        self._must(bool(colon and name and said), f"{where}.fields", text, "is not `name: kind`")
        if said.startswith("="):
            return SerialField(name, "literal", re.escape(said[1:].upper()), "", 0)
        words = said.split()
        prefix = ""
        if words[0] not in KINDS and words[0] not in SIZED:
            prefix, words = words[0].upper(), words[1:]
        kind = words[0] if words else ""
        if len(words) == 2 and kind in SIZED and words[1].isdigit() and 0 < int(words[1]) <= 32:
            pattern, alphabet = SIZED[kind]
            size = int(words[1])
            bits = ((len(alphabet) + 1) ** size).bit_length()
            return SerialField(name, kind, pattern % size, prefix, bits, alphabet)
        kinds = ", ".join([*KINDS, *(f"{s} N" for s in SIZED), "=TEXT"])
        self._must(
            len(words) == 1 and kind in KINDS, f"{where}.fields", text, f"has no kind of {kinds}"
        )
        pattern, bits = KINDS[kind]
        return SerialField(name, kind, pattern, prefix, bits)

    def _try_samples(self, descriptor: Descriptor) -> None:
        for number, form in enumerate(descriptor.forms, 1):
            where = f"forms[{number}].sample"
            texts = form.texts(form.sample)
            self._must(texts is not None, where, form.sample, "is no serial number of this form")
            assert texts is not None  # checked above
            form.issuance(texts)
            reading = [f for f in descriptor.forms if f.texts(form.sample) is not None]
            self._must(len(reading) == 1, where, form.sample, "fits two forms")

    def _text(self, key: str) -> str:
        text = self.table.get(key)
        self._must(isinstance(text, str) and bool(text), key, text, "is missing or no text")
        assert isinstance(text, str)  # checked above
        return text

    def _must(self, holds: bool, key: str, value: Any, problem: str) -> None:
        if not holds:
            raise refused(
                "DESCRIPTOR_REFUSED",
                given=value,
                path_name=self.path.name,
                key=key,
                problem=problem,
            )
