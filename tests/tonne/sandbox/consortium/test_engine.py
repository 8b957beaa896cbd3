"""The engine's program is pinned by hash, and a machine that cannot build it is told why."""

from __future__ import annotations

import pytest

from tonne.errors import TonneError
from tonne.sandbox.consortium import engine


@pytest.fixture
def empty(monkeypatch, tmp_path):
    """A machine without the program."""
    monkeypatch.setattr(engine, "FOLDER", tmp_path / "tools")
    monkeypatch.setattr(engine, "USUAL_GO", tmp_path / "nowhere" / "go")
    return tmp_path


def program(folder, *lines):
    """A `go` of this behaviour, alone in the PATH."""
    path = folder / "bin" / "go"
    path.parent.mkdir()
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)
    return str(path.parent)


def refusal():
    with pytest.raises(TonneError) as refused:
        engine.binary()
    return refused.value


def test_without_go_it_is_said_what_is_missing(empty, monkeypatch):
    monkeypatch.setenv("PATH", str(empty))
    refused = refusal()
    assert refused.code == "CONSORTIUM_NO_GO"
    assert "tonne consortium build" in refused.remedy


def test_go_is_found_where_its_archive_is_unpacked_too(empty, monkeypatch):
    folder = program(empty, "echo go version go1.26.8")
    monkeypatch.setattr(engine, "USUAL_GO", empty / "bin" / "go")
    monkeypatch.setenv("PATH", str(empty / "none"))
    assert engine.go() == (f"{folder}/go", (1, 26))


def test_a_go_that_is_too_old_is_named(empty, monkeypatch):
    monkeypatch.setenv("PATH", program(empty, "echo go version go1.19.8 linux/amd64"))
    refused = refusal()
    assert (refused.code, refused.value) == ("CONSORTIUM_NO_GO", "go version go1.19.8 linux/amd64")


def test_a_build_that_fails_is_told_with_what_go_said_last(empty, monkeypatch):
    lines = ('[ "$1" = version ] && echo go version go1.26.8 && exit', "echo no proxy; exit 1")
    monkeypatch.setenv("PATH", program(empty, *lines))
    refused = refusal()
    assert refused.code == "CONSORTIUM_NOT_BUILT"
    assert "no proxy" in refused.message


def test_it_is_built_once(empty, monkeypatch):
    lines = (
        '[ "$1" = version ] && echo go version go1.26.8 && exit',
        f"echo built >> {empty}/builds",
        'while [ "$1" != -o ]; do shift; done; echo engine > "$2"',
    )
    monkeypatch.setenv("PATH", program(empty, *lines) + ":/usr/bin:/bin")
    told: list[str] = []
    made = engine.binary(told.append)
    assert engine.binary(told.append) == made
    assert made.read_text() == "engine\n"
    assert (empty / "builds").read_text() == "built\n"
    assert len(told) == 1


def test_everything_that_is_compiled_is_pinned_by_hash():
    sums = (engine.SOURCE / "go.sum").read_text().splitlines()
    geth = f"github.com/ethereum/go-ethereum v{engine.VERSION} "
    assert [line for line in sums if line.startswith(geth)] == [
        geth + "h1:U7sSGYGo4SPjP6iNIifNoyIAiNjrmQkz6EwQG+/EZWo="
    ]
    required = (engine.SOURCE / "go.mod").read_text()
    for line in required.splitlines():
        name, _, version = line.strip().removeprefix("require ").partition(" ")
        if version.startswith("v"):
            assert any(s.startswith(f"{name} {version.split()[0]}") for s in sums), line
