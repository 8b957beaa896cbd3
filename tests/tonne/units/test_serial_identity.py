"""One issuance has one number: no mutation of a real serial beside its key makes a second block."""

from __future__ import annotations

import csv
import itertools
import random
from pathlib import Path

import pytest

from tonne.errors import TonneError
from tonne.units import foreign_serials, registry_descriptors
from tonne.units.serial_forms import SerialForm

EXTRACT = Path(__file__).resolve().parents[4] / "shared" / "data" / "offset_events.csv"
MUTATIONS = 10_000

#: Real serial numbers of every form, where the extracts are not at hand.
FACTS = (
    ("VERRA", "13488-505972385-505973109-VCS-VCU-576-VER-PY-14-2498-01012020-19112020-0"),
    ("VERRA", "240-7863589-7889021-VCU-003-APX-IN-1-101-01042006-18032007-0"),
    ("GOLD", "GS1-1-UG-GS11236-16-2024-30307-1-19149"),
    ("GOLD", "RW-5-1463953-2-2-0-7014 - RW-5-1467609-2-2-0-7014"),
    ("CAR", "CAR-ROC-US-2056-129-2283-WV-2025-8969-1 to 260294"),
    ("ACR", "ACR-US-1185-2025-3078-1 to 85847"),
)
#: Of registries that the extracts do not have.
MORE = (
    ("ART", "ART-GY-102-2019-3-2500001 to 2600000"),
    ("ART", "FCPF-CI-130-2023-20-1 to 46404"),
    ("PURO", "PURO_PR_CORC100+_FI_577166_2020_055a3fbe-eabc-4535-b9cf-1028e7d18f89_1-100"),
    ("ARB", "CAFR5003-B"),
    ("ISOMETRIC", "iss_1KP6EDZ8K1S036PY"),
)


def real() -> list[tuple[str, str]]:
    if not EXTRACT.exists():
        return [*FACTS, *MORE]
    with EXTRACT.open(encoding="utf-8", newline="") as file:
        rows = [(r["registry"], r["serial"]) for r in csv.DictReader(file) if r["serial"]]
    return [*rows, *MORE]


def form_of(registry: str, raw: str) -> SerialForm:
    forms = registry_descriptors.named(registry).forms
    return next(form for form in forms if form.texts(raw) is not None)


def dressed(draw: random.Random, raw: str) -> str:
    """The same text in another dress: case, width, hyphens, spaces, invisible signs."""
    dash = draw.choice(
        ["-", "\N{EN DASH}", "\N{NON-BREAKING HYPHEN}", "\N{FULLWIDTH HYPHEN-MINUS}", " - ", "_"]
    )
    text = raw.replace("-", dash) if " - " not in raw else raw
    changes = (
        str.lower,
        str.upper,
        lambda t: "".join(
            chr(ord(c) + 0xFEE0) if "!" < c <= "~" and draw.random() < 0.3 else c for c in t
        ),
        lambda t: f" {t}\t",
        lambda t: t[:3] + draw.choice("\N{ZERO WIDTH SPACE}\N{SOFT HYPHEN}\ufeff") + t[3:],
    )
    for change in draw.sample(changes, draw.randint(0, 3)):
        text = change(text)
    return text


def changed(draw: random.Random, registry: str, raw: str) -> str:
    """Another text in fields that do not identify, and zeros before the numbers that do."""
    form = form_of(registry, raw)
    names = {"first", "last", *form.key}
    tokens = [part.strip() for part in raw.replace(" to ", "-").replace("_", "-").split("-")]
    half = len(tokens) // 2 if form.pair else len(tokens)
    others = {
        "country": ["CN", "BR", "USA"], "year": ["1999", "2030"], "letters": ["XYZ"], "word": ["ROC", "9"],
        "number": ["7", "00007"], "day": ["01012020", "31122031"],
    }  # fmt: skip
    for place, fields in enumerate(form.tokens):
        if len(fields) > 1 or draw.random() < 0.5:
            continue
        field = fields[0]
        if field.name in names:
            if field.kind == "number":
                zeros = "0" * draw.randint(0, 3)
                for at in (place, place + half) if form.pair else (place,):
                    tokens[at] = zeros + tokens[at]
        elif field.kind in others:
            text = field.prefix + draw.choice(others[field.kind])
            for at in (place, place + half) if form.pair else (place,):
                tokens[at] = text
    if form.pair:
        return "-".join(tokens[:half]) + " - " + "-".join(tokens[half:])
    return "-".join(tokens)


@pytest.mark.long
@pytest.mark.nightly
def test_ten_thousand_mutations_of_real_serials_name_no_second_block() -> None:
    draw, rows = random.Random(16), real()
    second, read = [], 0
    for n in range(MUTATIONS):
        registry, raw = rows[n % len(rows)]
        mutant = dressed(draw, changed(draw, registry, raw))
        try:
            found = foreign_serials.parse(registry, mutant).key
        except TonneError:
            continue
        read += 1
        if found != foreign_serials.parse(registry, raw).key:
            second.append((raw, mutant))
    assert second == []
    assert read > MUTATIONS * 0.9  # most of them are read, and as the same block


def test_real_blocks_of_one_issuance_never_overlap_and_have_one_country_and_project() -> None:
    if not EXTRACT.exists():
        pytest.skip("needs the registry extracts")
    places: dict[tuple[str, int], list[tuple[int, int]]] = {}
    about: dict[tuple[str, int], set[tuple[str, str]]] = {}
    with EXTRACT.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if not row["serial"]:
                continue
            block = foreign_serials.parse(row["registry"], row["serial"])
            key = block.registry, block.issuance
            if row["event"] != "issuance":
                places.setdefault(key, []).append((block.first, block.last))
            if block.issuance:
                about.setdefault(key, set()).add((row["country"], row["project_id"]))
    for blocks in places.values():
        blocks.sort()
        assert all(a[1] < b[0] for a, b in itertools.pairwise(blocks))
    assert {len(found) for found in about.values()} == {1}
    assert len(about) > 100


@pytest.mark.parametrize(
    "twin",
    [
        "GS1-1-UG-GS011235-16-2024-30306-1-2497",
        "gs1-1-ug-gs11235-16-2024-030306-01-2497",
        "ＧＳ1-1-UG-GS11235-16-2024-30306-1-2497",
        "GS1-1-CN-GS11235-16-2020-30306-1-2497",
        "GS1-2-UG-GS11235-4-2024-30306-1-2497",
    ],
)
def test_the_two_spellings_of_one_issuance_are_one(twin: str) -> None:
    known = foreign_serials.parse("GOLD", "GS1-1-UG-GS11235-16-2024-30306-1-2497")
    assert foreign_serials.parse("GOLD", twin).key == known.key
