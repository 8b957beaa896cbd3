"""Commit messages: subjects that are accepted and refused, and the hook that pre-commit runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import commit_subject

ROOT = Path(__file__).resolve().parents[2]
BODY = "\n\nThe folder held copies.\n"


def faults(message: str) -> list[str]:
    return list(commit_subject.faults(message))


@pytest.mark.parametrize(
    "subject",
    [
        "Delete compiler inputs of local chains",
        "Pass the deadline to the watcher",
        "Embed the font",
        "Shed load when a node is slow",
        "Feed the oracle from files",
        "Bring credits back by their series",
        "Focus the first field",
        "Split, sort and write the rows",
        "X" * 72,
    ],
)
def test_an_imperative_subject_is_accepted(subject):
    assert faults(subject + BODY) == []


@pytest.mark.parametrize(
    "first, form",
    [
        ("Added", "past tense"),
        ("Tied", "past tense"),
        ("Wrote", "past tense or participle"),
        ("Adds", "third person or plural"),
        ("Fixes", "third person or plural"),
        ("Tests", "third person or plural"),
        ("Adding", "a participle"),
        ("Meter's", "possessive"),
        ("Meters'", "possessive"),
        ("The", "no verb"),
        ("What", "no verb"),
        ("WIP", "no verb"),
    ],
)
def test_another_form_is_refused_with_the_word(first, form):
    assert faults(f"{first} limits of accounts{BODY}") == [
        f'The subject begins with "{first}", {form}; begin with an imperative, such as "Add".'
    ]


@pytest.mark.parametrize(
    "message, found",
    [
        (
            "Add " + "x" * 69 + BODY,
            'The subject has 73 characters; 72 are allowed. Beyond the limit: "x".',
        ),
        ("Add a limit." + BODY, 'The subject ends with a period: "Add a limit.".'),
        ("Docs: add a page" + BODY, 'The subject begins with a label: "Docs:".'),
        ("Merge two tables." + BODY, 'The subject ends with a period: " two tables.".'),
        ("add a page" + BODY, 'The subject begins without a capital letter: "add".'),
        ("Add a page\nIt was missing.\n", 'Line 2 must be blank: "It was missing.".'),
        (
            "Add a page\n",
            "The body is empty: give the reason for the change after a blank line.",
        ),
        (
            "Add a page\n\nSigned-off-by: A <a@example.org>\n",
            "The body is empty: give the reason for the change after a blank line.",
        ),
        ("# Please enter the commit message\n\n", "The message is empty."),
    ],
)
def test_each_fault_is_one_sentence(message, found):
    assert faults(message) == [found]


def test_all_faults_are_listed_at_once():
    found = faults("Added " + "x" * 70 + ".")
    assert [sentence.split(":")[0].split('"')[0] for sentence in found] == [
        "The subject has 77 characters; 72 are allowed. Beyond the limit",
        "The subject ends with a period",
        "The subject begins with ",
        "The body is empty",
    ]


def test_a_construction_that_has_to_be_resolved_is_refused():
    (fault,) = faults("Tell what is left\n\nA remainder was not shown.\n")
    assert (
        fault
        == 'Write it plainly (what as a noun): "Tell what is left A remainder was not shown.".'
    )


@pytest.mark.parametrize(
    "subject",
    [
        "Merge branch 'main' of a repository with a very long address, longer than seventy-two characters",
        'Revert "Added a page."',
        "fixup! Add a page",
    ],
)
def test_subjects_that_git_writes_are_accepted(subject):
    assert faults(subject) == []


def test_comments_and_the_appended_change_are_left_out():
    appended = "# ------------------------ >8 ------------------------\n+Some line.\n"
    assert faults(f"# A comment\nAdd a page\n\n{appended}") == faults("Add a page\n")
    assert faults(f"# A comment\n\nAdd a page{BODY}{appended}") == []


def test_the_program_refuses_a_commit_as_a_hook_of_git(tmp_path):
    """Git runs it with the file of the message, as pre-commit does; its exit status ends the commit."""
    git(tmp_path, "init", "--quiet")
    hook = tmp_path / ".git" / "hooks" / "commit-msg"
    hook.parent.mkdir(exist_ok=True)
    program = f"PYTHONPATH={ROOT} {sys.executable} -P -m tools.commit_subject"
    hook.write_text(f'#!/bin/sh\nexec env {program} "$1"\n')
    hook.chmod(0o755)
    commit = ("commit", "--quiet", "--allow-empty", "--message")
    refused = git(tmp_path, *commit, "Added a page.", "--message", "It was missing.")
    assert refused.returncode == 1
    assert 'ends with a period: "dded a page."' in refused.stderr
    assert '"Added", past tense' in refused.stderr
    accepted = git(tmp_path, *commit, "Add a page", "--message", "It was missing.")
    assert accepted.returncode == 0, accepted.stderr
    assert git(tmp_path, "log", "--format=%s").stdout == "Add a page\n"


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs git without the settings of the user and the machine."""
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in (("NAME", "A"), ("EMAIL", "a@example.org"))
        },
    }
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
