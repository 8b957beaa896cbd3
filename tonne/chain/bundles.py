"""Many views in one `eth_call`: a few bytes of code stand at an unused address for that call alone.

Alone, a question takes a node near by 46 us beside its view, and in a bundle 2 us. The code calls one
contract after the other and gives back their answers; nothing is deployed, nothing is signed. A view that a
bundle leaves open, for any reason, is asked alone: every refusal is the view's own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from tonne.chain.rpc import Rpc, RpcFailure

#: Views in one call, and calls in one body. geth ends a call at 50M gas.
VIEWS: Final = 200
CALLS: Final = 10
#: Where the code stands: "tonne.views" in ASCII.
PLACE: Final = "0x" + b"tonne.views".rjust(20, b"\0").hex()

#: For each call in the input, a word (address, length) and so many bytes: calls, and adds to the output
#: a word (success, length) and what came back. Stack: the output's length, the place in the input.
CODE: Final = "0x" + (
    "60006000"  # nothing is written, nothing is read
    "5b368110601057"  # while there is input, go on at 0x10
    "506000f3"  # else return the output
    "00"
    "5b803580"  # the word
    "63ffffffff16"  # its length
    "808360200185"  # copy so many bytes behind it into memory, behind the output
    "37"
    "6000600082868560601c5afa"  # call the address with them
    "60401b3d178452"  # success and length, as a word
    "3d6000856020013e"  # what came back
    "905001602001"  # the next place in the input
    "903d0160200190"  # the output's length
    "600456"
)

_WORD: Final = re.compile(r"[0-9a-f]{64}")

#: A view to be asked: 0x and the contract's address; 0x and the call's data.
View = tuple[str, str]


def ask(rpc: Rpc, views: Sequence[View], block: str) -> list[str | None]:
    """What each view answers at a block, as `eth_call` would; None for each that must be asked alone."""
    bundles = [views[start : start + VIEWS] for start in range(0, len(views), VIEWS)]
    answers = rpc.batch((_request(bundle, block) for bundle in bundles), CALLS)
    found: list[str | None] = []
    for bundle, answer in zip(bundles, answers, strict=True):
        found += _parts(answer, len(bundle))
    return found


def _request(views: Sequence[View], block: str) -> tuple[str, list[object]]:
    data = "0x" + "".join(f"{to[2:]}{(len(data) - 2) // 2:024x}{data[2:]}" for to, data in views)
    return ("eth_call", [{"to": PLACE, "data": data}, block, {PLACE: {"code": CODE}}])


def _parts(answer: object, count: int) -> list[str | None]:
    """The answers in a bundle's; all None where the node refused it or cannot do it."""
    nothing: list[str | None] = [None] * count
    if isinstance(answer, RpcFailure) or not isinstance(answer, str):
        return nothing
    found: list[str | None] = []
    at = 2
    for _ in range(count):
        head = answer[at : at + 64]
        if not _WORD.fullmatch(head):
            return nothing
        size = int(head[48:], 16) * 2
        data = answer[at + 64 : at + 64 + size]
        if len(data) != size:
            return nothing
        found.append("0x" + data if head[47] == "1" else None)
        at += 64 + size
    return found if at == len(answer) else nothing
