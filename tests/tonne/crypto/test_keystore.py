"""Keys on disk: encrypted, private to their owner, readable by others' tools."""

from __future__ import annotations

import json

import pytest
from eth_account import Account as Reference
from eth_keyfile import keyfile

from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.errors import TonneError

ACCOUNT = Account.from_seed("keystore")


@pytest.fixture
def passphrase(tmp_path):
    path = tmp_path / "passphrase.txt"
    path.write_text("correct horse\n")
    return path


@pytest.fixture
def file(tmp_path):
    return keystore.write(tmp_path / "key.json", ACCOUNT, "correct horse", keystore.WEAK)


def test_a_keystore_is_read_back(file, passphrase):
    assert keystore.read(file, passphrase) == ACCOUNT
    assert keystore.address(file) == ACCOUNT.address


def test_an_initial_vector_that_begins_with_zeros_is_written_whole(
    tmp_path, passphrase, monkeypatch
):
    """Of 256 keystores one; geth ends at a vector that is shorter than a block."""
    monkeypatch.setattr(keyfile.Random, "get_random_bytes", lambda size: bytes(size - 1) + b"\7")
    path = keystore.write(tmp_path / "zeros.json", ACCOUNT, "correct horse", keystore.WEAK)
    vector = json.loads(path.read_text())["crypto"]["cipherparams"]["iv"]
    assert bytes.fromhex(vector) == bytes(15) + b"\7"
    assert keystore.read(path, passphrase) == ACCOUNT


def test_others_tools_read_it_and_we_read_theirs(file, passphrase, tmp_path):
    assert Reference.decrypt(json.loads(file.read_text()), "correct horse") == ACCOUNT.key

    theirs = tmp_path / "theirs.json"
    theirs.write_text(json.dumps(Reference.encrypt(ACCOUNT.key, "correct horse", iterations=2)))
    assert keystore.read(theirs, passphrase) == ACCOUNT


def test_only_its_owner_can_read_it_and_it_holds_no_plain_key(file):
    assert file.stat().st_mode & 0o077 == 0
    assert ACCOUNT.key.hex() not in file.read_text()


def test_it_is_never_overwritten(file):
    with pytest.raises(TonneError) as refusal:
        keystore.write(file, Account.from_seed("other"), "x", keystore.WEAK)
    assert refusal.value.code == "KEYSTORE_EXISTS"
    assert keystore.address(file) == ACCOUNT.address


def test_what_does_not_open_says_why(file, tmp_path, passphrase):
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("battery staple\n")
    junk = tmp_path / "junk.json"
    junk.write_text("[]")
    for path, phrase, code in (
        (file, wrong, "KEYSTORE_WRONG_PASSPHRASE"),
        (file, tmp_path / "none.txt", "KEYSTORE_NO_PASSPHRASE_FILE"),
        (tmp_path / "none.json", passphrase, "KEYSTORE_MISSING"),
        (junk, passphrase, "KEYSTORE_UNREADABLE"),
        (passphrase, passphrase, "KEYSTORE_UNREADABLE"),
    ):
        with pytest.raises(TonneError) as refusal:
            keystore.read(path, phrase)
        assert refusal.value.code == code


def test_without_terminal_or_file_nothing_is_asked(file, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(TonneError) as refusal:
        keystore.read(file)
    assert refusal.value.code == "KEYSTORE_NO_PASSPHRASE"
    with pytest.raises(TonneError, match="Give --fleet-passphrase-file FILE"):
        keystore.read(file, option="--fleet-passphrase-file")
    with pytest.raises(TonneError) as refusal:
        keystore.require_terminal(file)
    assert refusal.value.code == "KEYSTORE_NO_PASSPHRASE"


def _asked(monkeypatch, *typed):
    """Has a person at a terminal type; the questions put to them."""
    questions, answers = [], iter(typed)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr(
        keystore.getpass, "getpass", lambda question: questions.append(question) or next(answers)
    )
    return questions


def test_a_mistyped_passphrase_is_asked_for_again(file, monkeypatch):
    questions = _asked(monkeypatch, "Correct horse", "", "correct horse")
    assert keystore.read(file) == ACCOUNT
    assert len(questions) == 3 and questions[1].startswith("That does not open it.")


def test_three_wrong_ones_end_it_with_what_fits_a_prompt(file, monkeypatch):
    questions = _asked(monkeypatch, *["wrong"] * 9)
    with pytest.raises(TonneError) as refusal:
        keystore.read(file)
    assert refusal.value.code == "KEYSTORE_WRONG_PASSPHRASE" and len(questions) == 3
    assert "file" not in refusal.value.remedy


def test_a_file_with_the_passphrase_of_another_keystore_is_named(file, tmp_path):
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("battery staple\n")
    with pytest.raises(TonneError) as refusal:
        keystore.read(file, wrong)
    assert str(wrong) in refusal.value.remedy


@pytest.mark.parametrize("content", ["", "\n", " \n"])
def test_an_empty_passphrase_protects_no_new_keystore(tmp_path, content):
    path = tmp_path / "empty.txt"
    path.write_text(content)
    with pytest.raises(TonneError) as refusal:
        keystore.new_passphrase_in(path)
    assert refusal.value.code == "KEYSTORE_EMPTY_PASSPHRASE"
