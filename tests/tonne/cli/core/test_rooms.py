"""The root group: what it makes of words that no command takes."""

from __future__ import annotations

import json

import pytest

from tonne import cli


@pytest.mark.parametrize(
    ("words", "number"),
    [
        (("market", "buy", "-5", "--price", "48"), "-5"),
        (("market", "sell", "--price", "-48.00", "-1,500"), "-1,500"),
        (("surrender", "1", "-20"), "-20"),
    ],
)
def test_a_negative_number_is_told_as_one(capsys, words, number):
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, "--json"])
    told = json.loads(capsys.readouterr().out)["error"]
    assert ended.value.code == 1
    assert (told["code"], told["value"]) == ("NUMBER_NEGATIVE", number)
    assert number[1:] in told["remedy"]


def test_an_option_that_there_is_not_stays_one(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["market", "buy", "5", "--prise", "48", "-x"])
    assert ended.value.code == 2 and "No such option" in capsys.readouterr().err
