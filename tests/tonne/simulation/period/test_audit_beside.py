"""An audit in a process of its own finds what one here finds, also of what came after it began."""

from __future__ import annotations

import os
import signal

import pytest

from tonne.audit.reconcile import audit
from tonne.errors import TonneError
from tonne.simulation.period.audit_beside import AuditBeside


def grow(town):
    """Two blocks more."""
    trader = town.market.people["trader"]
    for _ in range(2):
        town.chain.send(trader, "SettlementCurrency", "approve", town.chain["Exchange"], 1)


def test_it_finds_what_an_audit_at_the_end_finds(town):
    with AuditBeside() as beside:
        beside.start(town.chain.url, town.folder)
        grow(town)
        beside.finish()
        found = beside.result()
    expected = audit(town.chain)
    assert found.sound and found.head == expected.head
    assert (found.events, found.values) == (expected.events, expected.values)
    assert (found.state, str(found.proof)) == (expected.state, str(expected.proof))


def test_nothing_is_left_of_it_where_its_result_is_not_asked_for(town):
    with AuditBeside() as beside:
        beside.start(town.chain.url, town.folder)
        process = beside._process
    assert process is not None and not process.is_alive()


def test_it_ends_where_there_never_was_a_chain():
    with AuditBeside() as beside:
        process = beside._process
        assert process is not None and process.is_alive()
    assert not process.is_alive()


def test_its_refusal_is_raised_here(town, tmp_path):
    with AuditBeside() as beside:
        beside.start(town.chain.url, tmp_path)
        with pytest.raises(TonneError) as refused:
            beside.result()
    assert refused.value.code.startswith("DEPLOYMENT") or refused.value.remedy


def test_that_it_was_killed_is_told(town):
    with AuditBeside() as beside:
        beside.start(town.chain.url, town.folder)
        os.kill(beside._process.pid, signal.SIGKILL)
        with pytest.raises(TonneError) as refused:
            beside.result()
    assert refused.value.code == "AUDIT_PROCESS_ENDED"
