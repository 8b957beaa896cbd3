"""Nothing is lost in the folders, whatever files are called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tonne.files import MAX_FILE_BYTES

NORTH, EAST = 1, 2
BAD = "0-bad.report.json"


def test_files_of_one_name_lose_nothing(desk):
    """Each year's `north.report.json`: in `done/`, and in `rejected/` with its own reason."""
    name = "north.report.json"
    first = desk.single(desk.report(NORTH)).model_dump_json().encode()
    second = desk.single(desk.report(EAST)).model_dump_json().encode()
    for place, content in enumerate((first, second)):
        desk.put(name, content)
        desk.work(done=place + 1)
    for content in (b"{", first, b"[", b"{"):
        desk.put(name, content)
        desk.cycle()()

    assert _contents(desk, "done") == sorted([first, second])
    assert desk.code_of(name) == "REPORT_MALFORMED"
    refused = {n: (desk.inbox / "rejected" / n).read_bytes() for n in _files(desk, "rejected")}
    assert sorted(refused.values()) == sorted([b"{", b"[", first])
    codes = {content: desk.code_of(n) for n, content in refused.items()}
    assert codes == {b"{": "REPORT_MALFORMED", b"[": "REPORT_MALFORMED", first: "REPORT_REPEATED"}
    assert desk.reported() == [NORTH, EAST]


def test_two_of_one_name_may_be_on_their_way_at_once(desk):
    cycle = desk.cycle()
    for plant in (NORTH, EAST):
        desk.put("same.report.json", desk.single(desk.report(plant)))
        for arrival in cycle._inbox.arrivals():
            assert cycle._take(arrival)
    assert len(desk.names("accepted")) == 2

    desk.work(done=2)

    assert desk.reported() == [NORTH, EAST]
    assert desk.names("accepted") == desk.names("rejected") == []


def test_a_kill_before_the_move_of_the_second_of_one_name_loses_nothing(desk):
    name = "same.report.json"
    desk.put(name, desk.single(desk.report(NORTH)))
    desk.work(done=1)
    desk.put(name, desk.single(desk.report(EAST)))
    cycle = desk.cycle()
    move, cycle._inbox.move = cycle._inbox.move, lambda *_: None
    (arrival,) = cycle._inbox.arrivals()
    cycle._take(arrival)
    cycle._inbox.move = move
    assert desk.names() == [name]

    desk.work(done=2)

    assert desk.names("rejected") == []
    assert desk.reported() == [NORTH, EAST]


def test_another_reason_for_the_same_file_keeps_the_earlier_one(desk):
    inbox = desk.cycle()._inbox
    for reason in ("one", "two", "two", "three"):
        desk.put(BAD, b"{")
        inbox.reject(BAD, "CODE", reason, "")

    told = {path.name: json.loads(path.read_text())["reason"] for path in _reasons(desk)}
    assert told == {
        f"{BAD}.reason.json": "three",
        f"{BAD}.reason.1.json": "one",
        f"{BAD}.reason.2.json": "two",
    }


@pytest.mark.parametrize("name", ["x" * 255, "x" * 243 + ".report.json", "no suffix"])
def test_long_names_are_told_apart_too(desk, name):
    inbox = desk.cycle()._inbox
    contents = [b"1", b"2", b"1", b"x" * MAX_FILE_BYTES + b"1", b"x" * MAX_FILE_BYTES + b"2"]
    for content in contents:
        desk.put(name, content)
        inbox.reject(name, "CODE", "why", "")

    assert _contents(desk, "rejected") == sorted(set(contents))
    assert len(_reasons(desk)) == 4


def _reasons(desk) -> list[Path]:
    return sorted((desk.inbox / "rejected").glob("*.reason*.json"))


def _files(desk, place: str) -> list[str]:
    """Without reasons."""
    return [name for name in desk.names(place) if ".reason" not in name]


def _contents(desk, place: str) -> list[bytes]:
    return sorted((desk.inbox / place / name).read_bytes() for name in _files(desk, place))
