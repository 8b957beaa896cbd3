"""Serial numbers of other registries: each form that occurs, and one block for all ways to write it."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.errors import TonneError
from tonne.units import foreign_serials, registry_descriptors

EXTRACT = Path(__file__).resolve().parents[4] / "shared" / "data" / "offset_events.csv"

VERRA = "13488-505972385-505973109-VCS-VCU-576-VER-PY-14-2498-01012020-19112020-0"
PAIR = "RW-5-1463953-2-2-0-7014 - RW-5-1467609-2-2-0-7014"

#: (registry, as written, issuance, first, last, project)
FORMS = [
    ("VERRA", VERRA, 0, 505972385, 505973109, "2498"),
    (
        "VERRA",
        "240-7863589-7889021-VCU-003-APX-IN-1-101-01042006-18032007-0",
        0,
        7863589,
        7889021,
        "101",
    ),
    (
        "GOLD",
        "GS1-1-UG-GS11236-16-2024-30307-1-19149",
        30307,
        1,
        19149,
        "11236",
    ),
    ("GOLD", PAIR, (1 << 248) + 7014, 1463953, 1467609, ""),
    (
        "CAR",
        "CAR-1-US-293-1-120-CA-2006-102-1 to 29251",
        102,
        1,
        29251,
        "293",
    ),
    (
        "CAR",
        "CAR-ROC-US-2056-129-2283-WV-2025-8969-1 to 260294",
        8969,
        1,
        260294,
        "2056",
    ),
    ("ACR", "ACR-US-192-2010-203-1-5000", 203, 1, 5000, "192"),
    ("ACR", "ACR-US-1185-2025-3078-1 to 85847", 3078, 1, 85847, "1185"),
]


@pytest.mark.parametrize(("registry", "raw", "issuance", "first", "last", "project"), FORMS)
def test_each_form_names_its_block(
    registry: str, raw: str, issuance: int, first: int, last: int, project: str
) -> None:
    block = foreign_serials.parse(registry, raw, last - first + 1)
    assert block.key == (registry, issuance, first, last)
    assert block.project == project
    assert block.raw == raw


@pytest.mark.parametrize(
    "raw",
    [
        "ACR-US-192-2010-203-17 to 5000",
        "ACR-US-192-2010-203-017 to 5000",
        "ACR-US-192-2010-203- 17 to 5000",
        "ACR-US-192-2010-203-17-5000",
        "acr-us-0192-2010-203-17  TO  05000 ",
    ],
)
def test_017_and_17_and_space_17_are_one_block(raw: str) -> None:
    assert foreign_serials.parse("ACR", raw).key == ("ACR", 203, 17, 5000)


def test_both_forms_of_verra_share_one_counter() -> None:
    of_verra = [foreign_serials.parse("VERRA", raw) for r, raw, *_ in FORMS if r == "VERRA"]
    assert {block.issuance for block in of_verra} == {0}


@pytest.mark.parametrize(
    ("registry", "raw", "quantity", "code"),
    [
        ("CAR", "CAR-1-US-293-1-120-CA-2006-102-1 to 29251", 29250, "SERIAL_QUANTITY"),
        ("NONE", VERRA, None, "REGISTRY_UNKNOWN"),
        ("ACR", "ACR-XX-192-2010-203-1 to 5000", None, "SERIAL_FORM"),
        ("ACR", "ACR-US-192-2010-203-1 to 99000000", None, "SERIAL_TOO_LARGE"),
        ("GOLD", VERRA, None, "SERIAL_FORM"),
        ("VERRA", " \t", None, "SERIAL_MISSING"),
        ("VERRA", VERRA.replace("01012020", "32012020"), None, "SERIAL_FORM"),
        ("VERRA", VERRA + "-0", None, "SERIAL_FORM"),
        # A letter is no digit, whatever its place in the alphabet of bytes; nor is a foreign numeral.
        ("ACR", "ACR-US-192-2010-203-0A to 5000", None, "SERIAL_FORM"),
        ("ACR", "ACR-US-192-2010-203-\N{ARABIC-INDIC DIGIT ONE} to 5000", None, "SERIAL_FORM"),
        ("ACR", "ACR-US-192-2010-203-1 to 5000" + " " * 200, None, "SERIAL_FORM"),
        ("ACR", "ACR-US-192-2010-203-0 to 5000", None, "SERIAL_NUMBER"),
        ("ACR", f"ACR-US-192-2010-203-{2**64 - 2} to {2**64 - 1}", None, "SERIAL_NUMBER"),
        ("ACR", "ACR-US-192-2010-203-18 to 17", None, "SERIAL_ORDER"),
        ("GOLD", PAIR.replace("7014 - RW", "7015 - RW"), None, "SERIAL_PAIR"),
    ],
)
def test_what_is_no_block_is_refused_with_its_reason(
    registry: str, raw: str, quantity: int | None, code: str
) -> None:
    with pytest.raises(TonneError) as refused:
        foreign_serials.parse(registry, raw, quantity)
    assert refused.value.code == code
    assert refused.value.remedy


# Round trips: any block, written in any of the ways, is read as itself

COUNTRIES = st.sampled_from(["US", "BR", "IN", "RW", "UGA"])
SMALL = st.integers(1, 99_999)
YEARS = st.integers(1990, 2050)
STARTS = st.integers(1, 10**12)
SIZES = st.integers(1, 10**6)
PERIODS = st.tuples(st.dates(), st.dates()).map(
    lambda days: "-".join(day.strftime("%d%m") + f"{day.year:04d}" for day in sorted(days))
)


@st.composite
def untidy(draw: st.DrawFn, number: int) -> str:
    """A number with spaces and zeros around it."""
    space = st.sampled_from(["", " ", "  "])
    return draw(space) + "0" * draw(st.integers(0, 3)) + str(number) + draw(space)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, str, tuple[int, int, int]]:
    """(registry, one way to write a block, the block)"""
    first = draw(STARTS)
    last = first + draw(SIZES) - 1
    a, b = draw(untidy(first)), draw(untidy(last))
    n = [draw(SMALL) for _ in range(5)]
    m = [draw(untidy(number)) for number in n]
    land, year = draw(COUNTRIES), draw(YEARS)
    days = draw(PERIODS)
    to = draw(st.sampled_from([" to ", "-", " TO ", "\N{EN DASH}", "_"]))
    forms = {
        "VERRA new": (f"{m[0]}-{a}-{b}-VCS-VCU-{m[1]}-VER-{land}-{m[2]}-{m[3]}-{days}-0", 0),
        "VERRA old": (f"{m[0]}-{a}-{b}-VCU-{m[1]}-APX-{land}-{m[2]}-{m[3]}-{days}-0", 0),
        "GOLD own": (f"GS1-1-{land}-GS{m[0].strip()}-{m[1]}-{year}-{m[3]}-{a}-{b}", n[3]),
        "GOLD pair": (
            " - ".join(f"{land}-{m[0]}-{end}-{m[1]}-{m[2]}-{m[3]}-{m[4]}" for end in (a, b)),
            (1 << 248) + n[4],
        ),
        "CAR": (f"CAR-ROC-{land}-{m[0]}-{m[1]}-{m[2]}-CA-{year}-{m[4]}-{a}{to}{b}", n[4]),
        "ACR": (f"ACR-{land}-{m[0]}-{year}-{m[2]}-{a}{to}{b}", n[2]),
    }
    form = draw(st.sampled_from(sorted(forms)))
    raw, issuance = forms[form]
    return form.split()[0], raw, (issuance, first, last)


@given(written())
def test_any_way_to_write_a_block_is_read_as_that_block(
    case: tuple[str, str, tuple[int, int, int]],
) -> None:
    registry, raw, (issuance, first, last) = case
    block = foreign_serials.parse(registry, raw, last - first + 1)
    assert block.key == (registry, issuance, first, last)
    assert block.raw == raw
    # Written in the one form, it is read as the same block.
    again = foreign_serials.parse(registry, " ".join(raw.upper().split()))
    assert again.key == block.key


@given(written(), st.integers(-1000, 1000).filter(bool))
def test_any_other_quantity_is_refused(
    case: tuple[str, str, tuple[int, int, int]], error: int
) -> None:
    registry, raw, (_, first, last) = case
    with pytest.raises(TonneError, match="SERIAL_QUANTITY"):
        foreign_serials.parse(registry, raw, last - first + 1 + error)


@given(st.sampled_from(sorted(registry_descriptors.known())), st.text(max_size=60))
def test_any_text_is_a_block_or_refused(registry: str, text: str) -> None:
    try:
        block = foreign_serials.parse(registry, text)
    except TonneError as refused:
        assert refused.code.startswith("SERIAL_") and refused.remedy
    else:
        assert 0 < block.first <= block.last


@pytest.mark.skipif(not EXTRACT.exists(), reason="needs the registry extracts")
def test_every_row_of_the_extracts_is_a_block_or_has_none() -> None:
    found: Counter[str] = Counter()
    with EXTRACT.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            try:
                block = foreign_serials.parse(
                    row["registry"], row["serial"], int(row["quantity_t"])
                )
            except TonneError as refused:
                found[refused.code] += 1
            else:
                found["block"] += 1
                assert (block.first, block.last) == (
                    int(row["serial_first"]),
                    int(row["serial_last"]),
                )
    assert found == {"block": 350, "SERIAL_MISSING": 100}
