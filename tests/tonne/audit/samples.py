"""Long lists of what is left out or altered: a quarter of each by day, all by night."""

from __future__ import annotations

from typing import Final

import pytest

#: Gives a test `some`, the part of a list that it tries; each of them is an audit of its own.
SOME_BY_DAY: Final = pytest.mark.parametrize(
    "some",
    [
        pytest.param(slice(None, None, 4), id="a quarter"),
        pytest.param(slice(None), id="all", marks=[pytest.mark.long, pytest.mark.nightly]),
    ],
)
