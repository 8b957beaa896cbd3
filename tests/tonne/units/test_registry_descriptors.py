"""Descriptors of registries: each file reads its own forms only, and a wrong one is refused by its field."""

from __future__ import annotations

from pathlib import Path

import pytest

from tonne.errors import TonneError
from tonne.units import foreign_serials, registry_descriptors

#: ERS, as its help centre publishes the format: no code of the library knows it.
ERS = """
name = "ERS"
title = "ERS Registry"
unit = "t"
holds = "blocks"
largest_block = 999999999

[[sources]]
title = "Labelling and Serialisation, ERS help centre"
url = "https://help.ers.org/article/72-labelling-and-serialisation"

[[forms]]
sample = "ERS-0-17-BR-VRU-2023-4-1-5000"
key = ["project", "vintage", "batch"]
fields = [
  "programme: =ERS", "type: number", "project: number", "country: country", "unit: letters", "vintage: year",
  "batch: number", "first: number", "last: number",
]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "ers.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_nine_registries_have_a_descriptor() -> None:
    known = registry_descriptors.known()
    assert set(known) >= {"VERRA", "GOLD", "CAR", "ACR", "ART", "PURO", "ARB", "ISOMETRIC", "TONNE"}
    assert sorted(n for n, d in known.items() if d.ids_only) == ["ARB", "ISOMETRIC"]
    assert [n for n, d in known.items() if d.unit == "kg"] == ["ISOMETRIC"]


def test_no_sample_is_read_by_another_registry() -> None:
    known = registry_descriptors.known()
    for name, descriptor in known.items():
        for form in descriptor.forms:
            readers = [
                n
                for n, d in known.items()
                if any(f.texts(form.sample) is not None for f in d.forms)
            ]
            assert readers == [name]


def test_another_registry_is_a_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TonneError, match="REGISTRY_UNKNOWN"):
        foreign_serials.parse("ERS", "ERS-0-17-BR-VRU-2023-4-1-5000")
    write(tmp_path, ERS)
    monkeypatch.setattr(registry_descriptors, "FOLDERS", [*registry_descriptors.FOLDERS, tmp_path])
    block = foreign_serials.parse("ERS", "ers-0-0017-br-vru-2023-4-1-5000", 5000)
    issuance = (17 << 16 | 2023) << 64 | 4
    assert block.key == ("ERS", issuance, 1, 5000)
    assert (block.project, block.said["country"]) == ("0017", "BR")


def test_fields_that_identify_are_told_apart_whatever_their_length(tmp_path: Path) -> None:
    descriptor = registry_descriptors.load(write(tmp_path, ERS))
    raws = [
        f"ERS-0-{p}-BR-VRU-{y}-{b}-1-9" for p in (1, 11, 111) for y in (2020, 2021) for b in (1, 11)
    ]
    assert len({foreign_serials.parse_as(descriptor, raw).issuance for raw in raws}) == len(raws)
    arb = [
        foreign_serials.parse("ARB", raw).issuance for raw in ("CAFR50-A", "CAFR50-AA", "CAFR5-A")
    ]
    assert len(set(arb)) == len(arb)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('name = "ERS"', 'name = "Ers"', "name"),
        ('unit = "t"', 'unit = "lb"', "unit"),
        ('unit = "t"', 'unit = "kg"', "unit"),
        ('holds = "blocks"', 'holds = "issuances"', "forms[1].fields"),
        ('holds = "blocks"', "holds = 1", "holds"),
        ("largest_block = 999999999", "largest_block = 0", "largest_block"),
        ("largest_block = 999999999", "largest_block = 4294967296", "largest_block"),
        ("largest_block = 999999999", "largest_block = true", "largest_block"),
        ("url =", "where =", "sources"),
        ('key = ["project", "vintage", "batch"]', "key = []", "forms[1].key"),
        ('key = ["project", "vintage", "batch"]', 'key = ["batch", "first"]', "forms[1].key"),
        ('key = ["project", "vintage", "batch"]', 'key = ["unit"]', "forms[1].key"),
        ('"batch: number"', '"batch: numbers"', "forms[1].fields"),
        ('"batch: number"', '"project: number"', "forms[1].fields"),
        ('"batch: number", "first: number"', '"batch: number"', "forms[1].fields"),
        ("ERS-0-17-BR", "ERS-0-17-XX", "forms[1].sample"),
        ("sample =", "colour = 1\nsample =", "forms[1].colour"),
        ('title = "ERS Registry"', "colour = 1", "colour"),
    ],
)
def test_a_wrong_descriptor_is_refused_with_its_field(
    tmp_path: Path, old: str, new: str, field: str
) -> None:
    assert ERS.count(old) >= 1
    with pytest.raises(TonneError) as refused:
        registry_descriptors.load(write(tmp_path, ERS.replace(old, new, 1)))
    assert (refused.value.code, refused.value.field) == ("DESCRIPTOR_REFUSED", field)
    assert refused.value.remedy


@pytest.mark.parametrize("text", ["name = ", "\x00"])
def test_what_is_no_descriptor_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(TonneError, match="DESCRIPTOR_UNREADABLE"):
        registry_descriptors.load(write(tmp_path, text))
    with pytest.raises(TonneError, match="DESCRIPTOR_UNREADABLE"):
        registry_descriptors.load(tmp_path / "none.toml")
