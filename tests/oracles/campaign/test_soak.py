"""What the soak calls growth, and a soak of minutes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.oracles.campaign.soak import SoakResult, SoakSample, grown, played

MB = 2**20
#: Three hours of a daemon that does not grow, but for what it keeps of each report.
FLAT = [
    SoakSample("emissions", 60 * i, 100 * MB + i % 5 * 2**16, 12 + i % 3, 2, 200_000 + 9_000 * i, i)
    for i in range(180)
]


def test_a_daemon_that_breathes_does_not_grow():
    assert grown(FLAT) == []


@pytest.mark.parametrize(
    ("name", "each", "told"),
    [
        ("memory", 200_000, "memory from 106 to 129 MB"),
        ("handles", 1 / 20, "handles from 14 to 20"),
        ("journal", 40_000, "journal by"),
    ],
)
def test_each_growth_is_told(name, each, told):
    """The journal grows in the second half only: that is what is not explained by what is done."""
    begin = 90 if name == "journal" else 0
    samples = [
        replace(s, **{name: int(getattr(s, name) + max(i - begin, 0) * each)})
        for i, s in enumerate(FLAT)
    ]
    assert [sentence[: len(told)] for sentence in grown(samples)] == [told]


def test_a_soak_says_what_else_was_wrong():
    both = [replace(s, daemon=name) for s in FLAT for name in ("emissions", "meters")]
    result = SoakResult(1, 3.0, both, reports=3)
    assert result.wrong() == []
    result.lost.append("report 4")
    result.fell.append("meters (-9)")
    assert result.wrong() == ["meters (-9) fell", "1 lost: ['report 4']"]
    assert SoakResult(1, 3.0).wrong() == [
        "too short: no report was handed in",
        "emissions: it was never looked at",
        "meters: it was never looked at",
    ]


@pytest.mark.nightly
@pytest.mark.long
def test_minutes_of_a_soak(tmp_path):
    result = played(0.12, 1, tmp_path, print)
    assert result.wrong() == []
    assert result.reports >= 2 and result.reorganisations == 0
