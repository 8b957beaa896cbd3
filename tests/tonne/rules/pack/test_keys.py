"""The keys of rule packs: their file, its refusals, and the table in the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from tonne.errors import TonneError
from tonne.rules.pack.key_spec import Spec
from tonne.rules.pack.keys import KEYS, read_keys
from tools import rule_keys

GOOD = """\
[market.band]
says = "Widest move of a day."
unit = "share"
scale = 1_000_000
most = 1
chain_key = "market.band_ppm"

[market.close_rule]
says = "Closing price."
unit = "rule"
words = ["mean", "last"]
built = "last"

[offset.methodologies]
says = "Methodologies admitted."
unit = "set"
numbers = 3
"""


def _read(folder: Path, text: str) -> dict[str, Spec]:
    file = folder / "rule_keys.toml"
    file.write_bytes(text.encode())
    return read_keys(file)


def test_a_file_of_keys_is_read_in_its_order(tmp_path):
    keys = _read(tmp_path, GOOD)
    assert list(keys.items()) == [
        (
            "market.band",
            Spec("share", 10**6, "market.band_ppm", most=1, says="Widest move of a day."),
        ),
        (
            "market.close_rule",
            Spec("rule", words=("mean", "last"), built="last", says="Closing price."),
        ),
        (
            "offset.methodologies",
            Spec("set", words=("1", "2", "3"), says="Methodologies admitted."),
        ),
    ]


@pytest.mark.parametrize(
    "old, new, key, defect",
    [
        ("[market.band]", "[markt.band]", "markt", "no such section"),
        ("[market.band]", "banking = 1\n[market.band]", "banking", "not a table of keys"),
        ("[market.band]", "[market]\nlot = 1\n[market.band]", "market.lot", "not a table"),
        ("most = 1", "mots = 1", "market.band.mots", "no such field"),
        ("most = 1", "most = 0", "market.band.most", "cannot be below 1"),
        ("most = 1", "most = true", "market.band.most", "not of type int"),
        ("scale = 1_000_000", "scale = 0.5", "market.band.scale", "not of type int"),
        ('unit = "share"\n', "", "market.band.unit", "is missing"),
        ('unit = "share"', 'unit = ""', "market.band.unit", "is no unit"),
        ('unit = "share"', 'unit = "{tonnes}"', "market.band.unit", "is no unit"),
        ('unit = "share"', 'unit = "flag"', "market.band.scale", "a flag has none"),
        (
            'unit = "share"\nscale = 1_000_000',
            'unit = "date"',
            "market.band.most",
            "a date has none",
        ),
        ("of a day.", "of a day", "market.band.says", "full stop"),
        ('"market.band_ppm"', '""', "market.band.chain_key", "is empty"),
        (
            "numbers = 3",
            'numbers = 3\nchain_key = "market.band_ppm"',
            "offset.methodologies.chain_key",
            "is that of market.band already",
        ),
        ("most = 1", 'words = ["a"]', "market.band.words", "rule and set only"),
        ("numbers = 3", "", "offset.methodologies", "either words or numbers"),
        (
            "numbers = 3",
            'numbers = 3\nwords = ["a"]',
            "offset.methodologies",
            "either words or numbers",
        ),
        ('["mean", "last"]', "[]", "market.close_rule.words", "not a list of words"),
        ('["mean", "last"]', '["last", 1]', "market.close_rule.words", "not a list of words"),
        ('["mean", "last"]', '["last", "last"]', "market.close_rule.words", "lists a word twice"),
        ('built = "last"', 'built = "first"', "market.close_rule.built", "known: mean, last"),
    ],
)
def test_a_defective_key_is_refused_with_file_line_and_key(tmp_path, old, new, key, defect):
    assert GOOD.count(old) == 1
    with pytest.raises(TonneError) as caught:
        _read(tmp_path, GOOD.replace(old, new))
    error = caught.value
    assert (error.code, error.field) == ("RULE_KEYS_INVALID", key)
    assert defect in error.message
    assert error.remedy
    place, _, rest = error.message.partition(": ")
    file, _, line = place.rpartition(":")
    assert file == str(tmp_path / "rule_keys.toml")
    assert int(line) >= 1
    assert rest.startswith(f"{key}: ")


def test_the_line_of_a_defect_is_named(tmp_path):
    with pytest.raises(TonneError, match=r"rule_keys\.toml:5: market\.band\.most: "):
        _read(tmp_path, GOOD.replace("most = 1", "most = 0"))


@pytest.mark.parametrize("text", [GOOD + "[market.band]\n", "says = ", "[a"])
def test_a_file_that_is_not_toml_is_refused(tmp_path, text):
    with pytest.raises(TonneError, match=r"rule_keys\.toml") as caught:
        _read(tmp_path, text)
    assert (caught.value.code, caught.value.field) == ("RULE_KEYS_INVALID", "file")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / "rule_keys.toml").write_bytes(b"# \xff")
    with pytest.raises(TonneError, match=r"rule_keys\.toml") as caught:
        read_keys(tmp_path / "rule_keys.toml")
    assert caught.value.code == "RULE_KEYS_INVALID"


def test_the_table_in_the_documentation_is_that_of_the_file():
    page = rule_keys.PAGE.read_text(encoding="utf-8")
    assert page == rule_keys.page(), "run `make rule-keys`"
    assert all(f"\n| `{key}` | " in page for key in KEYS)
