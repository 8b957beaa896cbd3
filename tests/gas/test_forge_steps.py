"""Steps that Forge wrote are put into the calls that they are of."""

from __future__ import annotations

import json

import pytest

from tests.gas import forge_steps

ADD, SLOAD, CALL, RETURN = 0x01, 0x54, 0xF1, 0xF3


def _piece(address, data, limit, *operations):
    steps = [
        {"op": op, "gas_remaining": limit - 10 * i, "gas_cost": 10, "stack": ["0x0"]}
        for i, op in enumerate(operations)
    ]
    return {"address": address, "calldata": data, "gas_limit": limit, "steps": steps}


@pytest.fixture
def dump(tmp_path):
    """A test calls one contract twice; that one calls a built-in contract and another one."""
    test = ("0x7e", "0x00", 9_000)
    first, second = ("0xaa", "0x11223344aa", 8_000), ("0xaa", "0x11223344bb", 7_000)
    inner = ("0xbb", "0x55667788", 6_000)
    pieces = [
        _piece(*test, ADD, CALL),
        _piece(*first, ADD, CALL),
        _piece(*first, SLOAD, CALL),
        _piece(*inner, ADD, RETURN),
        _piece(*first, RETURN),
        _piece(*test, ADD, CALL),
        _piece(*second, RETURN),
        _piece(*test, RETURN),
    ]
    path = tmp_path / "dump.json"
    path.write_text(json.dumps({"debug_arena": pieces}))
    return path


def test_calls_have_their_own_steps_with_depths(dump):
    (steps, data), (others, more) = forge_steps.calls(dump, "11223344")
    assert [(s["op"], s["depth"]) for s in steps] == [
        ("0x1", 1), ("CALL", 1), ("SLOAD", 1), ("CALL", 1), ("0x1", 2), ("0xf3", 2), ("0xf3", 1),
    ]  # fmt: skip
    assert (data.hex(), more.hex()) == ("11223344aa", "11223344bb")
    assert [s["op"] for s in others] == ["0xf3"]


def test_an_inner_call_is_found_by_its_own_selector(dump):
    [(steps, _)] = forge_steps.calls(dump, "55667788")
    assert [s["depth"] for s in steps] == [1, 1]
