"""Descriptors for wallets: one for every signed type, made from its one definition."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess

import pytest

import tonne
from tests.patience import HANGING_S
from tonne.crypto.eip712 import Struct
from tonne.deployment import compiler
from tools import descriptors
from tools.assurance import environments
from tools.descriptors import SIGNED, label

#: ERC-2612: every wallet knows it.
FOREIGN = {"Permit"}
#: What the linter runs on.
PYTHON = environments.interpreter("3.12")
#: Letters that a hardware wallet's screen shows of a label, an intent or a word for a number.
SCREEN = 20


def _in_contracts() -> dict[str, str]:
    """EIP-712 types of the contracts' sources, by name."""
    found = {}
    for path in (compiler.ROOT / "contracts").rglob("*.sol"):
        for text in re.findall(r'"([A-Z]\w*\(\w+ \w+(?:,\w+ \w+)*\))"', path.read_text("utf-8")):
            found[text.split("(")[0]] = text
    return found


def _in_python() -> dict[str, type[Struct]]:
    for module in pkgutil.walk_packages(tonne.__path__, "tonne."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return {kind.__name__: kind for kind in Struct.__subclasses__()}


def test_every_signed_type_has_a_descriptor():
    assert {signed.struct.__name__ for signed in SIGNED} == _in_python().keys() - FOREIGN


def test_the_definition_is_that_of_the_contracts():
    ours, theirs = _in_python(), _in_contracts()
    assert len(theirs) >= 10
    assert theirs.keys() <= ours.keys()
    for name in theirs.keys() & ours.keys():
        assert ours[name].type_string() == theirs[name]


def test_the_published_descriptors_are_those_of_the_definitions():
    published = {p.name: p.read_text("utf-8") for p in descriptors.FOLDER.glob("*.json")}
    assert published == descriptors.texts()


@pytest.mark.parametrize(
    "name, said",
    [
        ("emissionsT", "Emissions (t)"),
        ("totalPowerMwh", "Total power (MWh)"),
        ("materialityPpm", "Materiality (ppm)"),
        ("timeInForce", "Time in force"),
        ("tick", "Tick"),
    ],
)
def test_a_label_is_the_name_in_words(name, said):
    assert label(name) == said


@pytest.mark.parametrize("signed", SIGNED, ids=lambda signed: signed.struct.__name__)
def test_a_descriptor_shows_every_field_and_its_intent_fits_a_screen(signed):
    made = descriptors.descriptor(signed)
    shown = made["display"]["formats"][signed.struct.__name__]
    schema = made["context"]["eip712"]["schemas"][0]["types"][signed.struct.__name__]
    assert [f["path"] for f in shown["fields"]] == [f["name"] for f in schema] == shown["required"]
    assert max(len(f["label"]) for f in shown["fields"]) <= SCREEN
    assert len(shown["intent"]) <= SCREEN
    for field in shown["fields"]:
        if field["format"] == "enum":
            assert field["params"]["$ref"].rsplit(".", 1)[1] in made["metadata"]["enums"]
    words = [word for of in made["metadata"].get("enums", {}).values() for word in of.values()]
    assert max(map(len, words), default=0) <= SCREEN


@pytest.mark.long
@pytest.mark.skipif(PYTHON is None, reason="erc7730 needs a Python 3.12 with venv")
def test_the_linter_finds_nothing(tmp_path):
    place = [{"chainId": 1, "address": "0x5FbDB2315678afecb367f032d93F642f64180aa3"}]
    texts = descriptors.texts({s.contract: place for s in SIGNED})
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    linter = environments.ready("erc7730", PYTHON) / "erc7730"
    done = subprocess.run(
        [linter, "lint", tmp_path], capture_output=True, text=True, timeout=HANGING_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"checked {len(texts)} descriptor files, no errors found" in done.stdout, done.stdout
