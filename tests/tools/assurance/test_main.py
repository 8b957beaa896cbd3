"""`make assurance` is red when one of its parts is."""

from __future__ import annotations

import sys

import pytest

from tools.assurance import __main__ as assurance

PARTS = ("prove", "static.main", "campaigns", "sample")


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(sys, "argv", ["assurance", "--full"])
    for part in PARTS:
        monkeypatch.setattr(f"tools.assurance.__main__.{part}", lambda *_: 0)
    return monkeypatch


def test_green_when_all_parts_are(parts: pytest.MonkeyPatch) -> None:
    assert assurance.main() == 0


@pytest.mark.parametrize("part", PARTS)
def test_red_when_one_part_is(parts: pytest.MonkeyPatch, part: str) -> None:
    parts.setattr(f"tools.assurance.__main__.{part}", lambda *_: 1)
    assert assurance.main() == 1


def test_the_short_form_plants_no_mutants(parts: pytest.MonkeyPatch) -> None:
    parts.setattr(sys, "argv", ["assurance"])
    parts.setattr("tools.assurance.__main__.sample", lambda *_: 1)
    assert assurance.main() == 0
