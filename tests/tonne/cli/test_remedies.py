"""Every command that an error advises is one that the program takes, with its arguments."""

from __future__ import annotations

import itertools
import re
import shlex

import pytest

from tests.tonne.cli import remedies
from tests.tonne.cli.command_lines import commands, fault

ADVICE = [*remedies.in_python(), *remedies.of_contracts()]


def test_remedies_were_found():
    assert len({advice.command for advice in ADVICE}) > 60


@pytest.mark.parametrize("advice", ADVICE, ids=lambda advice: advice.where)
def test_the_program_takes_an_advised_command(advice):
    assert fault(advice.command) is None


@pytest.mark.parametrize("advice", [*remedies.in_output()], ids=lambda advice: advice.where)
def test_what_a_command_says_to_do_next_is_whole(advice):
    """With a number or a file for each value that is only known at run time."""
    assert advice.command.startswith("tonne ")
    words = advice.command.split()
    choices = itertools.product(*((word, "FILE") if word == "1" else (word,) for word in words))
    assert None in [fault(" ".join(chosen)) for chosen in choices], fault(advice.command)


#: Advised commands that start a program which runs on, a simulation, or an audit; other tests run these.
PROGRAMS = ("audit", "consortium", "energy day", "meters", "page", "serve", "up")


def complete(command: str) -> bool:
    """Whether an advised command is one to run as it stands."""
    open_ends = re.search(r"\b[A-Z]{2,}\b|\b1\b|--help", command)
    return not open_ends and not command.removeprefix("tonne ").startswith(PROGRAMS)


@pytest.mark.parametrize("command", sorted({a.command for a in ADVICE if complete(a.command)}))
def test_an_advised_command_runs_on_a_small_market(command, tonne, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [word for word in shlex.split(command)[1:] if word != "--json"]
    path = max((p for p in commands() if tuple(words[: len(p)]) == p), key=len)
    options = {
        o for param in commands()[path][0].get_params(commands()[path][1]) for o in param.opts
    }
    who = "trader" if "--as" in options else None
    tonne(*words, who=who)


def test_no_command_is_advised_without_its_marks():
    assert list(remedies.unmarked()) == []


@pytest.mark.parametrize(
    "line",
    [
        "tonne market byu 10",
        "tonne market deposit",
        "tonne wallet",
        "tonne authority plan 1 --cup 2",
    ],
)
def test_a_command_that_the_program_would_refuse_is_found(line):
    assert fault(line) is not None
