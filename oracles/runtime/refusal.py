"""A refusal is about a file or a job; anything else that goes wrong is about the daemon's surroundings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tonne.chain.client import Chain
from tonne.chain.rpc import RpcFailure
from tonne.errors import TonneError

Explain = Callable[[RpcFailure], tuple[str, str] | None]


class Refusal(TonneError):
    """The submitted file or message is wrong. No other error may end a file."""


@contextmanager
def refusing(code: str, field: str, value: Any, remedy: str) -> Iterator[None]:
    """Refuses a stranger's input for any error of its reader; otherwise it would come again and end each
    cycle. Errors with a code stay as they are."""
    try:
        yield
    except TonneError:
        raise
    except Exception as error:
        said = f"It cannot be read ({type(error).__name__})."
        raise TonneError(code, said, field=field, value=value, remedy=remedy) from error


def explain_by(chain: Chain) -> Explain:
    """Decoder of reverts by the chain's ABIs: (code, sentence), or None for unknown revert data."""

    def explain(failure: RpcFailure) -> tuple[str, str] | None:
        revert = chain.errors.read(failure.revert_data())
        return (revert.code, revert.sentence) if revert.name else None

    return explain
