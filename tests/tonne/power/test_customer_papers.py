"""Papers of an aggregator's customers: lists of keys, read strictly, and the proof that each customer has."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tonne.crypto.accounts import Account
from tonne.crypto.merkle import merkle_proof, merkle_proofs, verify_proof
from tonne.errors import TonneError
from tonne.power import customer_papers
from tonne.power.customer_papers import draw, read, read_keys

KEYS = [Account.from_seed("customer", i).address for i in range(5)]
MIXED = next(k for k in KEYS if k[2:] not in (k[2:].lower(), k[2:].upper()))


class Here:
    """What a paper reads of a chain."""

    chain_id = 31_337

    def __getitem__(self, name):
        assert name == "PowerMarket"
        return Account.from_seed("market")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "keys.csv"


@pytest.mark.parametrize("count", range(1, 10))
def test_the_proofs_of_all_leaves_are_those_of_each(count):
    leaves = [bytes([i]) * 32 for i in range(count)]
    assert merkle_proofs(leaves) == [merkle_proof(leaves, i) for i in range(count)]


def test_each_key_has_a_paper_under_one_root():
    papers = draw(Here(), 3, 7, KEYS)
    assert [p.key for p in papers] == KEYS
    assert [p.index for p in papers] == [0, 1, 2, 3, 4]
    assert len({p.root for p in papers}) == 1
    assert len({p.salt for p in papers}) == 5
    root = bytes.fromhex(papers[0].root[2:])
    assert all(p.is_under(root, 5) for p in papers)
    assert not any(p.is_under(root, 4) for p in papers[4:])
    assert not replace(papers[0], key=KEYS[1]).is_under(root, 5)
    assert not replace(papers[0], salt=papers[1].salt).is_under(root, 5)


def test_salts_are_drawn_anew():
    one, two = (draw(Here(), 3, 7, KEYS[:1])[0] for _ in range(2))
    assert one.root != two.root


def test_the_leaf_is_the_contract_s():
    """`abi.encode(salt, key)`, hashed with 0x00 ahead."""
    from tonne.crypto.hashing import keccak

    (paper,) = draw(Here(), 3, 7, KEYS[:1])
    data = bytes.fromhex(paper.salt[2:]) + bytes(12) + bytes.fromhex(KEYS[0][2:])
    assert paper.root == "0x" + keccak(b"\x00" + data).hex()
    assert verify_proof(bytes.fromhex(paper.root[2:]), keccak(b"\x00" + data), 0, 1, [])


def test_a_paper_is_read_as_it_was_written(tmp_path):
    for paper in draw(Here(), 3, 7, KEYS):
        path = tmp_path / paper.name
        path.write_text(paper.as_json())
        assert read(path, Here()) == paper


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"index": 1}, "not under its root"),
        ({"salt": "0x" + "11" * 32}, "not under its root"),
        ({"key": KEYS[1]}, "not under its root"),
        ({"root": "0x" + "11" * 32}, "not under its root"),
        ({"connections": 4, "index": 4}, "not under its root"),
        ({"proof": ["0x" + "11" * 32] * 33}, "proof is too long"),
        ({"index": True}, "index is no number"),
        ({"index": "0"}, "index is no number"),
        ({"index": -1}, "index is no number"),
        ({"node": 256}, "node is no number of 8 bits"),
        ({"bidder": 1 << 24}, "bidder is no number of 24 bits"),
        ({"connections": 1 << 32}, "connections is no number of 32 bits"),
        ({"key": "0x12"}, "key is no address"),
        ({"key": None}, "key is no address"),
        ({"contract": 7}, "contract is no address"),
        ({"salt": "0x12"}, "words of 32 bytes"),
        ({"root": None}, "words of 32 bytes"),
        ({"proof": ["0xzz"]}, "words of 32 bytes"),
        ({"proof": "0x"}, "words of 32 bytes"),
    ],
)
def test_a_paper_with_another_field_is_none(tmp_path, change, said):
    path = tmp_path / "paper.json"
    path.write_text(json.dumps(json.loads(draw(Here(), 3, 7, KEYS)[0].as_json()) | change))
    with pytest.raises(TonneError) as caught:
        read(path, Here())
    assert caught.value.code == "CUSTOMER_PAPER_UNREADABLE"
    assert caught.value.value == str(path)
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("[]", "it has no fields"),
        ("7", "it has no fields"),
        ("{}", "it has no chain"),
        ('{"chain": 1}', "it has no contract"),
        ("[" * 9_000, "nested too deeply"),
        (" " * 20_000, "more than 16384 bytes"),
    ],
)
def test_a_file_of_something_else_is_no_paper(tmp_path, text, said):
    path = tmp_path / "paper.json"
    path.write_text(text)
    with pytest.raises(TonneError) as caught:
        read(path, Here())
    assert caught.value.code == "CUSTOMER_PAPER_UNREADABLE"
    assert said in caught.value.message


def test_a_file_that_is_not_there_is_no_paper(tmp_path):
    with pytest.raises(TonneError) as caught:
        read(tmp_path / "paper.json", Here())
    assert caught.value.code == "CUSTOMER_PAPER_UNREADABLE"


@pytest.mark.parametrize("field", ["chain", "contract"])
def test_a_paper_of_another_deployment_is_told(tmp_path, field):
    path = tmp_path / "paper.json"
    paper = draw(Here(), 3, 7, KEYS)[0]
    other = replace(paper, chain=1) if field == "chain" else replace(paper, contract=KEYS[0])
    path.write_text(other.as_json())
    with pytest.raises(TonneError) as caught:
        read(path, Here())
    assert (caught.value.code, caught.value.field) == ("CUSTOMER_PAPER_ELSEWHERE", field)
    assert caught.value.value == getattr(other, field)


# Lists of keys


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(KEYS),
        "key\n" + "\n".join(KEYS) + "\n",
        "Address\r\n" + "\r\n".join(KEYS) + "\r\n\r\n",
        "\ufeff" + "\n".join(f" {key.lower()} " for key in KEYS),
        "\n".join("0x" + key[2:].upper() for key in KEYS),
    ],
)
def test_a_list_of_keys_is_read_in_its_order(file, text):
    file.write_text(text, encoding="utf-8", newline="")
    assert read_keys(file) == KEYS


@pytest.mark.parametrize(
    ("text", "row"),
    [
        (KEYS[0] + "\n0x12", 2),
        (KEYS[0] + "\n\n" + KEYS[1] + ",7", 3),
        ("name\n" + KEYS[0], 1),
        (KEYS[0] + "\nkey\n", 2),
        (KEYS[0][2:], 1),
        (MIXED[:2] + MIXED[2:].swapcase(), 1),
        (KEYS[0] + "\n0x" + "0" * 40, 2),
    ],
)
def test_a_row_that_is_no_address_is_named(file, text, row):
    file.write_text(text)
    with pytest.raises(TonneError) as caught:
        read_keys(file)
    error = caught.value
    assert (error.code, error.field) == ("CUSTOMER_KEYS_ROW", f"row {row}")
    assert error.value == text.splitlines()[row - 1].strip()
    assert f"Row {row} " in error.message


@pytest.mark.parametrize("again", [KEYS[1], KEYS[1].lower()])
def test_a_key_that_comes_twice_is_refused(file, again):
    file.write_text("\n".join([*KEYS[:3], again]))
    with pytest.raises(TonneError) as caught:
        read_keys(file)
    assert (caught.value.code, caught.value.value) == ("CUSTOMER_KEYS_TWICE", again)
    assert "Rows 2 and 4" in caught.value.message


@pytest.mark.parametrize("text", ["", "\n \n", "key\n"])
def test_a_list_without_a_key_is_refused(file, text):
    file.write_text(text)
    with pytest.raises(TonneError) as caught:
        read_keys(file)
    assert (caught.value.code, caught.value.value) == ("CUSTOMER_KEYS_NONE", str(file))


def test_a_list_of_too_many_keys_is_refused(file, monkeypatch):
    monkeypatch.setattr(customer_papers, "MOST_CUSTOMERS", 4)
    file.write_text("\n".join(KEYS[:4]))
    assert len(read_keys(file)) == 4
    file.write_text("\n".join(KEYS))
    with pytest.raises(TonneError) as caught:
        read_keys(file)
    assert (caught.value.code, caught.value.value) == ("CUSTOMER_KEYS_MANY", str(file))


def test_a_file_that_is_no_text_is_no_list(file, monkeypatch):
    file.write_bytes(b"\xff\xfe\x00")
    for prepare in (lambda: None, lambda: file.write_bytes(b"0" * 9_000_000), file.unlink):
        prepare()
        with pytest.raises(TonneError) as caught:
            read_keys(file)
        assert caught.value.code == "CUSTOMER_KEYS_UNREADABLE"
        assert caught.value.value == str(file)


def test_the_largest_list_takes_seconds():
    keys = [f"0x{i + 1:040x}" for i in range(20_000)]
    papers = draw(Here(), 0, 1, keys)
    root = bytes.fromhex(papers[0].root[2:])
    assert papers[-1].is_under(root, len(keys))
