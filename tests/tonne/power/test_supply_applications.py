"""Files of applications for supply: what is signed is what is in them, or they are none."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tonne.constants import ZERO_ADDRESS, ZERO_WORD
from tonne.crypto.accounts import Account
from tonne.errors import TonneError
from tonne.power import supply_applications as applications
from tonne.power.bid_tree import market_domain
from tonne.power.supply_applications import (
    ApplicationFile,
    SupplyApplication,
    hash_of,
)

CUSTOMER = Account.from_seed("a customer")
DOMAIN = market_domain(31337, "0x" + "12" * 20)
TEXT = 'node = 2\n\n[[buy]]\nwh = 250\nprice = "0.31"\n'
FOR_BIDS = SupplyApplication(12, 17, 2, ZERO_ADDRESS, hash_of(TEXT), 1_700_000_000)
FOR_ACCOUNT = replace(FOR_BIDS, key=Account.from_seed("own").address, instruction=ZERO_WORD)


def _written(tmp_path, ticket, text):
    path = tmp_path / "application.json"
    made = ApplicationFile(ticket, DOMAIN, {}, CUSTOMER.address, text).signed(CUSTOMER)
    if ticket.key == FOR_ACCOUNT.key and not text:
        made = made.signed(Account.from_seed("own"))
    made.write(path)
    return path


@pytest.mark.parametrize(("ticket", "text"), [(FOR_BIDS, TEXT), (FOR_ACCOUNT, "")])
def test_a_file_is_read_as_it_was_written(tmp_path, ticket, text):
    found = applications.read(_written(tmp_path, ticket, text))
    assert (found.ticket, found.text, found.signer) == (ticket, text, CUSTOMER.address)
    assert found.missing == []


@pytest.mark.parametrize(
    ("ticket", "text", "said"),
    [
        (FOR_BIDS, TEXT.replace("0.31", "0.99"), "another one than was signed"),
        (FOR_ACCOUNT, TEXT, "is not signed"),
        (replace(FOR_BIDS, key=FOR_ACCOUNT.key), TEXT, "not just one"),
        (replace(FOR_ACCOUNT, key=ZERO_ADDRESS), "", "not just one"),
        (replace(FOR_BIDS, node=3), TEXT, "another node"),
        (replace(FOR_BIDS, instruction=hash_of("node = 2")), "node = 2", "is needed"),
        (replace(FOR_BIDS, instruction=hash_of("#" * 5_000)), "#" * 5_000, "more than 4096"),
    ],
)
def test_a_file_of_something_else_than_was_signed_is_refused(tmp_path, ticket, text, said):
    with pytest.raises(TonneError) as refused:
        applications.read(_written(tmp_path, ticket, text))
    assert refused.value.code == "APPLICATION_UNREADABLE"
    assert said in refused.value.message


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('"\\u001b]0;mine\\u0007" = 1\n', "buy.0.\\x1b]0;mine\\x07: "),
        ("# \u009b31m\n", "signs that are not shown"),
        ("# \u202e\n", "signs that are not shown"),
        ("a = " + "[" * 1_500 + "]" * 1_500, "recursion"),
    ],
)
def test_no_text_of_a_file_steers_a_terminal_or_ends_a_command(tmp_path, more, said):
    text = TEXT + more
    with pytest.raises(TonneError) as refused:
        applications.read(_written(tmp_path, replace(FOR_BIDS, instruction=hash_of(text)), text))
    assert refused.value.code == "APPLICATION_UNREADABLE"
    assert said in refused.value.message
    assert refused.value.message.isprintable()


def test_an_account_comes_without_an_instruction_that_is_no_text(tmp_path):
    path = _written(tmp_path, FOR_ACCOUNT, "")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"instruction": None}))
    with pytest.raises(TonneError, match="no text"):
        applications.read(path)


def test_a_file_without_an_end_is_not_read(tmp_path):
    (tmp_path / "endless.json").symlink_to("/dev/zero")
    with pytest.raises(TonneError, match="more than"):
        applications.read(tmp_path / "endless.json")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"chainId": 1' + "0" * 100 + "}"])
def test_a_file_that_no_reader_bears_is_refused(tmp_path, text):
    path = tmp_path / "application.json"
    path.write_text(text)
    with pytest.raises(TonneError) as refused:
        applications.read(path)
    assert refused.value.code == "APPLICATION_UNREADABLE"


@pytest.mark.parametrize(
    "change",
    [
        {"chainId": 2**256},
        {"instruction": None},
        {"instruction": 7},
        {"signer": "0x12"},
        {"chainId": "31337"},
        {"hash": "0x" + "00" * 32},
        {"signatures": {"supplier": "0x00"}},
        {"application": {}},
    ],
)
def test_a_file_that_is_no_application_is_refused(tmp_path, change):
    path = _written(tmp_path, FOR_BIDS, TEXT)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(TonneError) as refused:
        applications.read(path)
    assert refused.value.code == "APPLICATION_UNREADABLE"
    assert "tonne energy apply" in refused.value.remedy


def test_a_file_beyond_all_bounds_is_not_read(tmp_path):
    path = tmp_path / "large.json"
    path.write_text(" " * 300_000)
    with pytest.raises(TonneError, match="more than"):
        applications.read(path)
