"""A signer signs the calls of one daemon, on one deployment, within bounds: each other request is refused."""

from __future__ import annotations

import json
import re

import pytest

from oracles.signer.policy import CALLS, MOST_GAS, SignerPolicy
from tonne import paths
from tonne.chain.contract import Contract
from tonne.crypto.accounts import Account, Fees
from tonne.errors import TonneError

SENDER = Account.from_seed("signer", "test")
#: Functions that a module makes calls of.
ENCODED = re.compile(r"\bencode\(\s*\"(\w+)\"")
CHAIN, MAX_FEE = 1337, 500 * 10**9
ADDRESSES = {"EmissionsOracle": "0x" + "11" * 20, "Projects": "0x" + "22" * 20}


@pytest.fixture(scope="module")
def contracts():
    names = {name for calls in CALLS.values() for name in calls}
    return {
        name: Contract(
            name,
            ADDRESSES.get(name, "0x" + "33" * 20),
            json.loads((paths.HOME / "abi" / f"{name}.json").read_text()),
        )
        for name in names
    }


@pytest.fixture
def policy(contracts):
    return SignerPolicy.of("emissions", contracts, CHAIN, SENDER.address, MAX_FEE)


@pytest.fixture
def request_of(contracts):
    submit = contracts["EmissionsOracle"].overloads("submit")[0].selector.hex()

    def make(**changes):
        return {
            "from": SENDER.address.lower(),
            "to": ADDRESSES["EmissionsOracle"],
            "data": f"0x{submit}" + "00" * 64,
            "gas": hex(MOST_GAS),
            "nonce": "0x0",
            "value": "0x0",
            "chainId": hex(CHAIN),
            "maxFeePerGas": hex(MAX_FEE),
            "maxPriorityFeePerGas": "0x1",
        } | changes

    return make


@pytest.mark.parametrize(
    ("daemon", "folders"),
    [
        ("meters", ["meters"]),
        ("settlement", ["power/settlement"]),
        ("solver", ["power/solver", "power/releases.py"]),
    ],
)
def test_what_a_daemon_sends_is_signed_for_it(daemon, folders):
    """By its sources: a call that was added, and not here, was refused on the first day it was needed."""
    sources = [paths.HOME / "oracles" / folder for folder in folders]
    files = [file for path in sources for file in ([path] if path.is_file() else path.glob("*.py"))]
    sent = {name for file in files for name in ENCODED.findall(file.read_text())}
    signed = {name for names in CALLS[daemon].values() for name in names}
    assert sent <= signed
    assert sent


def test_every_call_of_a_daemon_is_in_the_contract(contracts):
    for calls in CALLS.values():
        for name, functions in calls.items():
            assert all(contracts[name].has(function) for function in functions)


def test_a_call_of_the_daemon_is_read(policy, request_of):
    wanted = policy.read(request_of())
    assert (wanted.gas, wanted.fees) == (MOST_GAS, Fees(MAX_FEE, 1))
    plain = request_of(gasPrice="0x5")
    del plain["maxFeePerGas"], plain["maxPriorityFeePerGas"], plain["chainId"], plain["value"]
    assert policy.read(plain).fees == Fees(5, None)


def test_a_nonce_that_was_left_out_can_be_filled(policy, request_of):
    fill = request_of(to=SENDER.address, data="0x", gas=hex(21_000))
    assert policy.read(fill).data == b""
    for change in ({"gas": hex(21_001)}, {"value": "0x1"}, {"data": "0x00"}):
        with pytest.raises(TonneError):
            policy.read(fill | change)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"chainId": "0x1"}, "chainId"),
        ({"from": "0x" + "44" * 20}, "from"),
        ({"from": None}, "from"),
        ({"to": "0x" + "33" * 20}, "to"),
        ({"to": "0x"}, "to"),
        ({"to": "0xzz"}, "to"),
        ({"data": "0x12345678"}, "data"),
        ({"data": "0x"}, "data"),
        ({"value": "0x1"}, "value"),
        ({"gas": hex(MOST_GAS + 1)}, "gas"),
        ({"maxFeePerGas": hex(MAX_FEE + 1)}, "maxFeePerGas"),
        ({"maxPriorityFeePerGas": hex(MAX_FEE + 1)}, "maxFeePerGas"),
        ({"nonce": None}, "nonce"),
        ({"nonce": "0x" + "f" * 65}, "nonce"),
        ({"nonce": -1}, "nonce"),
        ({"gas": "lots"}, "gas"),
    ],
)
def test_any_other_request_is_refused_by_its_field(policy, request_of, changes, field):
    with pytest.raises(TonneError) as refused:
        policy.read(request_of(**changes))
    assert (refused.value.code, refused.value.field) == ("SIGNER_REFUSED", field)


def test_a_call_of_one_contract_is_none_of_another(policy, request_of, contracts):
    """`submit` of Projects takes other arguments: its selector does not pass at the EmissionsOracle."""
    data = "0x" + contracts["Projects"].overloads("submit")[0].selector.hex()
    assert policy.read(request_of(to=ADDRESSES["Projects"], data=data)).data.hex() == data[2:]
    with pytest.raises(TonneError):
        policy.read(request_of(data=data))


@pytest.mark.parametrize("request_", [None, [], "x", 7])
def test_what_is_no_transaction_is_refused(policy, request_):
    with pytest.raises(TonneError):
        policy.read(request_)
