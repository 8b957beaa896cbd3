"""Benches of the transaction manager."""

from __future__ import annotations

import pytest

from oracles.runtime.finality import Finality
from oracles.runtime.transactions import (
    TransactionSettings,
)
from tests.oracles.runtime.bench import Bench


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path)
    yield bench
    bench.journal.close()


@pytest.fixture
def deep(tmp_path):
    """A bench whose chain is final at six blocks."""
    bench = Bench(tmp_path, TransactionSettings(finality=Finality(6), resend_after_blocks=2))
    yield bench
    bench.journal.close()
