"""Steps of a call that Forge measured, for `opcodes`: what `forge test --debug --dump FILE` writes.

The dump has a piece for each stretch of steps between two calls, in order, without its depth: that follows
from how the piece before it ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

#: Operations that `opcodes` tells apart, by their byte.
_NAMES: Final[Mapping[int, str]] = {
    0x54: "SLOAD", 0x55: "SSTORE",
    0x31: "BALANCE", 0x3B: "EXTCODESIZE", 0x3C: "EXTCODECOPY", 0x3F: "EXTCODEHASH",
    0xA0: "LOG0", 0xA1: "LOG1", 0xA2: "LOG2", 0xA3: "LOG3", 0xA4: "LOG4",
    0xF0: "CREATE", 0xF1: "CALL", 0xF2: "CALLCODE", 0xF4: "DELEGATECALL",
    0xF5: "CREATE2", 0xFA: "STATICCALL",
}  # fmt: skip
#: Operations that end a call: STOP, RETURN, REVERT, INVALID, SELFDESTRUCT.
_ENDS: Final = frozenset({0x00, 0xF3, 0xFD, 0xFE, 0xFF})

Step = dict[str, Any]


def calls(dump: Path, selector: str) -> list[tuple[list[Step], bytes]]:
    """Steps and data of each call with this selector (8 digits), in order, as a trace of Anvil has them."""
    found: list[tuple[list[Step], bytes]] = []
    open_at: int | None = None
    for depth, piece in _pieces(json.loads(dump.read_text(encoding="utf-8"))["debug_arena"]):
        data = bytes.fromhex(piece["calldata"].removeprefix("0x"))
        if open_at is None and data[:4].hex() == selector:
            open_at = depth
            found.append(([], data))
        elif open_at is not None and depth < open_at:
            open_at = None
        if open_at is not None:
            found[-1][0].extend(_step(step, depth - open_at + 1) for step in piece["steps"])
    return found


def _pieces(pieces: list[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each with its depth, from 1."""
    depth, before = 1, None
    for piece in pieces:
        if before is not None and before["steps"]:
            last = before["steps"][-1]["op"]
            if last in _ENDS:
                depth -= 1
            elif _is_other_frame(before, piece):
                depth += 1
        yield depth, piece
        before = piece


def _is_other_frame(before: Mapping[str, Any], piece: Mapping[str, Any]) -> bool:
    """Whether a call was entered; one of a precompiled contract, or of none, leaves the frame as it was."""
    return (before["gas_limit"], before["calldata"], before["address"]) != (
        piece["gas_limit"], piece["calldata"], piece["address"],
    )  # fmt: skip


def _step(step: Mapping[str, Any], depth: int) -> Step:
    return {
        "op": _NAMES.get(step["op"], f"{step['op']:#x}"),
        "gas": step["gas_remaining"],
        "gasCost": step["gas_cost"],
        "depth": depth,
        "stack": step["stack"],
    }
