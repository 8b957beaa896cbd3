"""Prose: each construction is counted, and no folder's rate rises."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import plain_english
from tools.plain_english import Rate

ROOT = Path(__file__).resolve().parents[2]

#: Sentences with one construction each.
EXAMPLES = {
    "what as a noun": "It lists what is left.",
    "who without a person": "Refunds go back, who paid them or not.",
    "told, said": "The buyer is told the price.",
    "things that speak": "The log tells the reason.",
    "stands": "The order stands.",
    "comes to": "The sum comes to 7 t.",
    "of its own": "It has a key of its own.",
    "anew, beside": "Sign it anew.",
    "none that": "Nobody pays.",
    "whose, not of a person": "A market whose day ended.",
}

#: Highest rates [per 1,000 words]. A rewritten folder gets a lower one; no rate is ever raised.
CEILINGS = {}


@pytest.mark.parametrize("construction", plain_english.CONSTRUCTIONS)
def test_each_construction_is_found_once_in_its_example(construction):
    assert [name for name, _ in plain_english.found_in(EXAMPLES[construction])] == [construction]


@pytest.mark.parametrize(
    "sentence",
    [
        "The operator surrenders units by 31 December.",
        "A wallet whose owner died is recovered.",
        "None of the orders is open.",
        "The name stands for a person.",
    ],
)
def test_a_plain_sentence_has_none(sentence):
    assert list(plain_english.found_in(sentence)) == []


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.md", "Two words.\n```sh\nwhat is left\n```\n`stands`\n", 2),
        ("a.py", '"""Three plain words."""\nx = "two words"\n# Two more.\n', 5),
        ("a.sol", "/// @notice Two words\nuint256 stands;\n", 3),
        ("a.toml", '[CODE]\nsays = "Two words."\nfield = "stands"\n', 2),
        ("a.csv", "stands,what is\n", 0),
    ],
)
def test_only_prose_is_counted(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    assert plain_english.rate(tmp_path) == Rate(0, words)


@pytest.mark.parametrize("path", CEILINGS)
def test_no_rate_rises(path):
    rate = plain_english.rate(ROOT / path)
    assert rate.per_thousand <= CEILINGS[path]
    assert rate.per_thousand > CEILINGS[path] - 1, f"lower the ceiling of {path}"


def test_the_help_of_commands_is_plain():
    text = (ROOT / "tests" / "tonne" / "cli" / "help.txt").read_text(encoding="utf-8")
    assert plain_english.rate_of(text).per_thousand <= 1.5
