"""Every finding has one reason, and what is new or gone is told."""

from __future__ import annotations

from tools.assurance import static

KNOWN = [("weak-prng", "A.f"), ("unused-return", "B.g")]


def test_a_new_finding_and_a_gone_one_are_told():
    assert static.compare(KNOWN, KNOWN) == []
    assert static.compare([*KNOWN, ("weak-prng", "A.g")], KNOWN) == ["new: weak-prng at A.g"]
    assert static.compare(KNOWN[:1], KNOWN) == ["gone: unused-return at B.g"]
    assert static.compare(KNOWN, [*KNOWN, KNOWN[0]]) == ["triaged twice: weak-prng at A.f"]


def test_a_place_is_named_without_lines():
    function = {
        "type": "function",
        "name": "f",
        "type_specific_fields": {"parent": {"type": "contract", "name": "A"}},
    }
    local = {"type": "variable", "name": "x", "type_specific_fields": {"parent": function}}
    assert static.place(function) == "A.f"
    assert static.place(local) == "A.f.x"


def test_every_finding_in_the_triage_has_a_reason():
    entries = static.triaged(static.TRIAGE)
    assert entries
    assert len(set(entries)) == len(entries)
