"""Options of `make energy-live` with which no market can be played."""

from __future__ import annotations

import pytest

from tests.oracles.power.live.__main__ import options


@pytest.mark.parametrize(
    "arguments, told",
    [
        ("--intervals 0", "--intervals is 0; choose 1 or more"),
        ("--minutes 0", "--minutes is 0; choose 1 or more"),
        ("--aggregators 0", "--aggregators is 0; choose 1 or more"),
        ("--aggregators 3 --meters 29", "--meters is 29; choose 30 or more"),
        (
            "--aggregators 65 --meters 650",
            "--aggregators is 65; a grid has 64 nodes at most",
        ),
    ],
)
def test_a_refused_option_is_named_with_its_bound(arguments, told, capsys):
    with pytest.raises(SystemExit) as ended:
        options(arguments.split())
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_the_options_of_the_makefile_are_taken():
    week = "--intervals 672 --meters 200 --aggregators 5 --kills 50"
    assert options(week.split()).meters == 200
    assert options("--wall-clock --minutes 120 --kills 20".split()).wall_clock
    assert options([]).aggregators == 2
