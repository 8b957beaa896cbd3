"""A sample is judged in its order until enough mutants compiled, whatever was judged before."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.assurance import mutation
from tools.assurance.mutants import Mutant
from tools.assurance.mutation import INVALID, KILLED, SURVIVED, Queue, Result, Sample

POOL = [Mutant("A.sol", line, 0, "<", "<=", f"mutant {line}") for line in range(9)]


def result(mutant: Mutant, outcome: str) -> Result:
    return Result(mutant.key, mutant.line, outcome, "test_a", 1)


def test_a_mutant_that_does_not_compile_is_made_up_for(tmp_path: Path) -> None:
    queue = Queue(POOL, Sample(count=2), tmp_path / "not" / "there" / "mutants.jsonl")
    first, second = queue.next(), queue.next()
    assert (first, second) == (POOL[0], POOL[1])
    assert queue.next() is None  # two are with workers
    queue.done(result(POOL[0], INVALID))
    queue.done(result(POOL[1], KILLED))
    assert queue.next() == POOL[2]
    queue.done(result(POOL[2], SURVIVED))
    assert queue.next() is None
    assert [found.outcome for found in queue.results()] == [INVALID, KILLED, SURVIVED]


def test_what_was_judged_is_not_judged_again(tmp_path: Path) -> None:
    file = tmp_path / "mutants.jsonl"
    earlier = Queue(POOL, Sample(count=2), file)
    for mutant in (earlier.next(), earlier.next()):
        assert mutant
        earlier.done(result(mutant, KILLED))
    later = Queue(POOL, Sample(count=3), file)
    assert later.next() == POOL[2]
    assert later.next() is None


def test_nothing_is_begun_after_the_minutes(tmp_path: Path) -> None:
    queue = Queue(POOL, Sample(count=2, minutes=-1), tmp_path / "mutants.jsonl")
    assert queue.next() is None
    assert queue.results() == []


def test_a_survivor_without_an_explanation_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    killed = [result(mutant, KILLED) for mutant in POOL[1:]]
    assert mutation.report(len(POOL), killed) == 0
    assert mutation.report(len(POOL), [*killed, result(POOL[0], SURVIVED)]) == 1
    assert "survived: mutant 0" in capsys.readouterr().out


def test_few_tests_come_first() -> None:
    tests = [str(number) for number in range(100)]
    groups = list(mutation._groups(tests))
    assert [len(group) for group in groups] == [6, 12, 24, 48, 10]
    assert [test for group in groups for test in group] == tests


def test_a_build_for_many_hands_each_mutant_out_once(tmp_path: Path) -> None:
    queue = Queue(POOL, Sample(count=3), tmp_path / "mutants.jsonl")
    assert queue.unknown() == POOL[:3]
    waiting = iter({7: POOL[0], 9: POOL[2]}.items())
    assert queue.pick(waiting) == (7, POOL[0])
    queue.done(result(POOL[0], INVALID))
    assert queue.pick(waiting) == (9, POOL[2])
    queue.done(result(POOL[2], KILLED))
    assert queue.pick(waiting) is None
    assert queue.unknown() == [POOL[1], POOL[3]]  # one did not compile
    assert queue.next() == POOL[1]
    assert queue.next() == POOL[3]
    assert queue.next() is None


def test_the_fates_of_a_whole_sample_are_published() -> None:
    assert Sample(300).isWhole
    for other in (Sample(299), Sample(300, boundaries=True), Sample(300, only="contracts/lib")):
        assert not other.isWhole
    rooms = [
        Mutant(f"contracts/{room}/A.sol", 1, 0, "<", "<=", f"contracts/{room}/A.sol | a")
        for room in ("lib", "open")
    ]
    told = mutation.page(9, [result(rooms[0], KILLED), result(rooms[1], SURVIVED)])
    assert "2 mutants that compile, of 9." in told
    assert "| `lib` | 1 | 1 | 0 | 0 | 100.0 % |" in told
    assert "| all | 2 | 1 | 0 | 1 | 50.0 % |" in told
    assert "- `contracts/open/A.sol | a`: not explained" in told


def test_a_test_that_fails_without_a_mutant_kills_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Forge matches signatures, not names: `^test_a$` would match none, and pass."""
    asked: list[list[str]] = []

    def forge(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command[5:])
        fails = "--no-match-test" not in command
        said = "Suite result: FAILED\n[FAIL: gas] test_a() (gas: 1)\n" if fails else ""
        return subprocess.CompletedProcess(command, int(fails), said, "")

    monkeypatch.setattr(subprocess, "run", forge)
    found = mutation.Tree(tmp_path).judge_number(3, POOL[0], ["tests/A.t.sol"])
    assert found.outcome == SURVIVED
    assert [command[-2:] for command in asked] == [
        ["--match-path", "tests/A.t.sol"],
        ["--match-test", r"^test_a\("],
        ["--no-match-test", r"^(test_a)\("],
    ]
