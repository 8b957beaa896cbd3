"""Every compared value is counted, and every difference is kept."""

from __future__ import annotations

from types import SimpleNamespace

from tonne.audit.replay.compare import Check, Tally, compare


def test_every_value_is_counted_and_every_difference_told():
    answers = [5, SimpleNamespace(x=1, y=2, z=3), [1, 2, 3], [1], ValueError("refused")]
    checks = [
        Check("A", "one", (), 5, "one"),
        Check("A", "named", (), {"x": 1, "y": 9}, "named"),
        Check("B", "list", (), (1, 2, 4), "list"),
        Check("B", "short", (), [1, 2], "short"),
        Check("B", "gone", (), 0, "gone"),
    ]
    asked = {}

    def call_many(calls, **options):
        asked.update(options, calls=list(calls))
        return answers

    tally = Tally()
    compare(SimpleNamespace(call_many=call_many), checks, 77, tally)

    assert asked["block"] == 77 and len(asked["calls"]) == 5
    assert tally.compared == {"A": 3, "B": 6}
    assert [d.about for d in tally.differences] == ["named.y", "list[2]", "short", "gone"]
