"""The packed event of fills, decoded as documented, in Python and in TypeScript alike."""

import json
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.errors import TonneError
from tonne.market.fills import RECORD, Fill, decode

ROOT = Path(__file__).resolve().parents[3]
VECTORS = ROOT / "tests" / "vectors" / "fills.json"
NODE = ROOT / ".tools" / "bin" / "node"

#: Decodes what stands on standard input, and packs it again.
SCRIPT = """
import {{ readFileSync }} from "node:fs";
import {{ decodeFills, encodeFills }} from "{module}";
const answer = JSON.parse(readFileSync(0, "utf8")).map((data) => {{
  try {{
    return {{ fills: decodeFills(data), again: encodeFills(decodeFills(data)) }};
  }} catch (error) {{
    return {{ refused: error.name }};
  }}
}});
console.log(JSON.stringify(answer));
"""

FILLS = st.builds(
    Fill,
    tick=st.integers(1, 57_599),
    ended=st.booleans(),
    index=st.integers(0, 2**23 - 1),
    maker=st.integers(1, 2**24 - 1),
    lots=st.integers(1, 2**32 - 1),
)


def test_a_record_of_the_chain_is_read():
    # tick 4810, order 5 of the queue, participant 7, 100 lots; then an order of 3 lots that ended
    data = bytes.fromhex("12ca0000050000070000006412cb80000000000800000003")
    assert decode(data) == [
        Fill(tick=4810, ended=False, index=5, maker=7, lots=100),
        Fill(tick=4811, ended=True, index=0, maker=8, lots=3),
    ]


@pytest.mark.parametrize("vector", json.loads(VECTORS.read_text()), ids=lambda v: v["data"][:10])
def test_the_vectors_are_decoded(vector):
    data = bytes.fromhex(vector["data"][2:])
    assert [asdict(fill) for fill in decode(data)] == vector["fills"]
    assert b"".join(fill.pack() for fill in decode(data)) == data


def in_typescript(data):
    script = SCRIPT.format(module=(ROOT / "abi" / "fills.ts").as_uri())
    command = [NODE, "--experimental-strip-types", "--no-warnings", "--input-type=module", "-e"]
    done = subprocess.run(
        [*command, script], input=json.dumps(data), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_typescript_decodes_the_same_vectors():
    vectors = json.loads(VECTORS.read_text())
    assert in_typescript([vector["data"] for vector in vectors]) == [
        {"fills": vector["fills"], "again": vector["data"]} for vector in vectors
    ]


def test_typescript_refuses_what_is_no_record():
    refused = in_typescript(["0x00", "12ca00000500000700000064", "0x" + "zz" * RECORD, "0x0"])
    assert refused == [{"refused": "RangeError"}] * 4


@given(st.lists(FILLS, max_size=20))
def test_what_was_packed_is_decoded(fills):
    data = b"".join(fill.pack() for fill in fills)
    assert len(data) == RECORD * len(fills)
    assert decode(data) == fills


@given(st.binary(max_size=40).filter(lambda data: len(data) % RECORD))
def test_half_a_record_is_refused(data):
    with pytest.raises(TonneError) as refusal:
        decode(data)
    assert refusal.value.code == "FILLS_LENGTH"
