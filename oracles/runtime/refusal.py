"""A refusal is about a file or a job; anything else that goes wrong is about the daemon's surroundings."""

from __future__ import annotations

from collections.abc import Callable

from tonne.chain.client import Chain
from tonne.chain.rpc import RpcFailure
from tonne.errors import TonneError

Explain = Callable[[RpcFailure], tuple[str, str] | None]


class Refusal(TonneError):
    """What was handed in is wrong. No other error may end a file."""


def explain_by(chain: Chain) -> Explain:
    """Decoder of reverts by the chain's ABIs: (code, sentence), or None for unknown revert data."""

    def explain(failure: RpcFailure) -> tuple[str, str] | None:
        revert = chain.errors.read(failure.revert_data())
        return (revert.code, revert.sentence) if revert.name else None

    return explain
