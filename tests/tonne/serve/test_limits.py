"""A client's bucket of requests."""

from __future__ import annotations

import pytest

from tonne.serve import limits


@pytest.fixture
def clock():
    return [100.0]


def test_a_burst_goes_through_and_then_the_rate(clock):
    limiter = limits.Limiter(10, lambda: clock[0])
    assert [limiter.wait("a") for _ in range(20)] == [0] * 20
    wait = limiter.wait("a")
    assert 0 < wait <= 0.1
    clock[0] += wait + 1e-6
    assert limiter.wait("a") == 0
    assert limiter.wait("a") > 0


def test_clients_have_buckets_of_their_own(clock):
    limiter = limits.Limiter(1, lambda: clock[0])
    assert [limiter.wait("a") for _ in range(2)] == [0, 0]
    assert limiter.wait("a") > 0
    assert limiter.wait("b") == 0


def test_no_rate_is_no_limit(clock):
    limiter = limits.Limiter(0, lambda: clock[0])
    assert not any(limiter.wait("a") for _ in range(10_000))


def test_less_than_one_request_a_second_is_still_one_now_and_then(clock):
    limiter = limits.Limiter(0.1, lambda: clock[0])
    assert limiter.wait("a") == 0
    assert 9 < limiter.wait("a") <= 10
    clock[0] += 10
    assert limiter.wait("a") == 0


def test_what_is_remembered_is_bounded(clock, monkeypatch):
    monkeypatch.setattr(limits, "MOST_CLIENTS", 3)
    limiter = limits.Limiter(1, lambda: clock[0])
    for number in range(10):
        limiter.wait(str(number))
    assert list(limiter._known) == ["7", "8", "9"]
