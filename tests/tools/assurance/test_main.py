"""`make assurance` is red when one of its parts is."""

from __future__ import annotations

import sys

import pytest

from tools.assurance import __main__ as assurance

RECORD = "tools.assurance.__main__.passed.record"
CURRENT = "tools.assurance.__main__.passed.is_current"
PARTS = ("prove", "static.main", "campaigns", "sample")


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(sys, "argv", ["assurance", "--full"])
    for part in PARTS:
        monkeypatch.setattr(f"tools.assurance.__main__.{part}", lambda *_: 0)
    monkeypatch.setattr(RECORD, lambda *_: None)
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


@pytest.mark.parametrize(
    "arguments, failing, recorded",
    [
        ((), "", 1),
        (("--full",), "", 1),
        ((), "campaigns", 0),
        (("proofs",), "", 0),  # a part is no pass of the whole
    ],
)
def test_only_a_pass_of_all_steps_is_recorded(
    parts: pytest.MonkeyPatch, arguments: tuple[str, ...], failing: str, recorded: int
) -> None:
    calls: list[object] = []
    parts.setattr(RECORD, calls.append)
    parts.setattr(sys, "argv", ["assurance", *arguments])
    if failing:
        parts.setattr(f"tools.assurance.__main__.{failing}", lambda *_: 1)
    assert assurance.main() == int(bool(failing))
    assert len(calls) == recorded


@pytest.mark.parametrize("isCurrent, status", [(True, 0), (False, 1)])
def test_if_changed_runs_the_steps_only_for_other_sources(
    parts: pytest.MonkeyPatch, isCurrent: bool, status: int
) -> None:
    parts.setattr(CURRENT, lambda *_: isCurrent)
    parts.setattr(sys, "argv", ["assurance", "--if-changed"])
    parts.setattr("tools.assurance.__main__.prove", lambda *_: 1)
    assert assurance.main() == status


def test_an_unknown_step_is_refused(parts: pytest.MonkeyPatch) -> None:
    parts.setattr(sys, "argv", ["assurance", "prooofs"])
    with pytest.raises(SystemExit) as end:
        assurance.main()
    assert end.value.code == 2
