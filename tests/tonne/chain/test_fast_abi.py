"""The quick coder of ABI words says what the general one says, for every function there is."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from eth_abi.exceptions import EncodingError

from tonne.chain import contract
from tonne.chain.contract import Contract, encode_values
from tonne.chain.fast_abi import writer
from tonne.errors import TonneError

ABI = Path(__file__).resolve().parents[3] / "abi"
FUNCTIONS = [
    (path.stem, entry)
    for path in sorted(ABI.glob("*.json"))
    for entry in json.loads(path.read_text())
    if entry["type"] == "function" and entry["inputs"]
]


def _some(parameter, draw):
    kind = parameter["type"]
    if kind.endswith("]"):
        inner = {**parameter, "type": kind[: kind.rindex("[")]}
        count = kind[kind.rindex("[") + 1 : -1]
        return [_some(inner, draw) for _ in range(int(count) if count else draw.randrange(4))]
    if kind == "tuple":
        return [_some(each, draw) for each in parameter["components"]]
    if kind == "address":
        return draw.randbytes(20)
    if kind == "bool":
        return draw.random() < 0.5
    if kind == "string":
        return "é" * draw.randrange(40)
    if kind == "bytes":
        return draw.randbytes(draw.randrange(70))
    if kind.startswith("bytes"):
        return draw.randbytes(int(kind[5:]))
    bits = int(kind.removeprefix("u").removeprefix("int"))
    most = 1 << (bits if kind.startswith("u") else bits - 1)
    return draw.choice([0, 1, most - 1, draw.randrange(most)])


def test_what_is_written_is_what_the_general_coder_writes():
    draw, quick = random.Random(1), 0
    for name, entry in FUNCTIONS:
        found = writer(entry["inputs"])
        if found is None:
            continue
        quick += 1
        kind = contract._Tuple(entry["inputs"]).type
        for _ in range(3):
            values = [_some(each, draw) for each in entry["inputs"]]
            assert found.write(values) == encode_values(kind, values), (name, entry["name"])
    assert quick > len(FUNCTIONS) * 0.9, "only what holds text or lists of lists is left out"


@pytest.mark.parametrize(
    ("kind", "value", "bounds"),
    [
        ("uint8", 256, "0 to 255"), ("uint40", -1, "0 to"), ("uint256", 1 << 256, "0 to"),
        ("uint8[]", [1, 300], "0 to 255"), ("int16", 1 << 15, "-32,768 to 32,767"),
    ],
)  # fmt: skip
def test_a_number_that_its_type_cannot_hold_is_refused_with_the_bounds(kind, value, bounds):
    with pytest.raises(TonneError) as refused:
        _setter(kind).encode("set", value)
    assert (refused.value.code, refused.value.field) == ("NUMBER_OUT_OF_RANGE", "it")
    assert f"from {bounds}" in refused.value.remedy


@pytest.mark.parametrize(
    ("kind", "value"),
    [("bool", 1), ("address", b"\1" * 19), ("bytes32", b"\1" * 33), ("bytes", 7)],
)
def test_what_no_word_can_hold_is_refused(kind, value):
    with pytest.raises((EncodingError, TypeError)):
        _setter(kind).encode("set", value)


def _setter(kind):
    entry = {
        "type": "function",
        "name": "set",
        "inputs": [{"name": "it", "type": kind}],
        "outputs": [],
    }
    return Contract("Some", "0x" + "11" * 20, [entry])
