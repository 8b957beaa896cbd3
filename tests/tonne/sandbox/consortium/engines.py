"""The validators' engine, for tests that run it."""

from __future__ import annotations

import pytest

from tonne.errors import TonneError
from tonne.sandbox.consortium import engine


def need() -> None:
    """Builds the engine if it is not there yet; skips the test where nothing can build it."""
    try:
        engine.binary()
    except TonneError as error:
        if error.code != "CONSORTIUM_NO_GO":
            raise
        pytest.skip(f"No engine of validators: {error.message}")
