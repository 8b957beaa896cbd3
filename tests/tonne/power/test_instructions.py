"""Standing instructions as customers' files have them."""

from __future__ import annotations

import pytest

from tonne.errors import TonneError
from tonne.power.encoding import BID, OFFER
from tonne.power.instructions import read_accounts, read_instruction

HOUR = 3_600
WHOLE = """
node = 2

[[buy]]
wh = 250
price = 0.31
from = 06:00:00
until = 22:00:00

[[buy]]
wh = 800
price = "0.12"
from = 22:00:00
until = 06:00:00

[[sell]]
wh = 400
price = 0.080001
"""


def _file(tmp_path, text, name="17.toml"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_an_instruction_says_what_is_wanted_at_each_hour(tmp_path):
    meter, told = read_instruction(_file(tmp_path, WHOLE))
    assert (meter, told.node) == (17, 2)

    def at(hour):
        return told.at(hour * HOUR)

    day, night, sold = (BID, 250, 310_000), (BID, 800, 120_000), (OFFER, 400, 80_001)
    assert at(6) == at(21) == [day, sold]
    assert at(22) == at(0) == at(5) == [night, sold]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("wh = 250", "wh = 0"), "buy.0.wh"),
        (("wh = 250", "wh = 2.5"), "buy.0.wh"),
        (("price = 0.31", "price = -1"), "buy.0.price"),
        (("price = 0.31", "price = 0.0000001"), "buy.0.price"),
        (("price = 0.31", "price = 300"), "buy.0.price"),
        (("node = 2", "node = 256"), "node"),
        (("node = 2", "node = 2\nknot = 1"), "knot"),
        (("[[sell]]", "[[sell"), "17.toml"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_its_field(tmp_path, change, said):
    with pytest.raises(TonneError) as refused:
        read_instruction(_file(tmp_path, WHOLE.replace(*change)))
    assert refused.value.code == "INSTRUCTION_UNREADABLE"
    assert said in refused.value.message
    assert "docs/power.md" in refused.value.remedy


def test_a_file_of_nothing_or_of_no_meter_is_refused(tmp_path):
    for text, name in (("node = 2", "17.toml"), (WHOLE, "anna.toml"), ("#" * 70_000, "17.toml")):
        with pytest.raises(TonneError, match="cannot be read"):
            read_instruction(_file(tmp_path, text, name))


def test_accounts_are_told_by_node(tmp_path):
    path = _file(tmp_path, "[nodes.3]\nfirst = 16777216\ncount = 2\n", "accounts.toml")
    assert read_accounts(path)[3].accounts == (16_777_216, 16_777_217)
    with pytest.raises(TonneError) as refused:
        read_accounts(_file(tmp_path, "[nodes.3]\nfirst = 9\ncount = 2\n", "accounts.toml"))
    assert refused.value.code == "ACCOUNTS_UNREADABLE"
