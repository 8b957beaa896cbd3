"""The signed types against eth-account, and the golden vectors that Forge reads too."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from eth_account import Account as Reference
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from tonne.crypto import eip712
from tonne.crypto.accounts import Account
from tonne.crypto.personal_account import PersonalAccount
from tonne.evidence import signed_types
from tonne.evidence.report_encoding import opinion_word, report_word
from tonne.market.signed_orders import SignedCancel, SignedOrder, gateway_domain
from tonne.market.trade_tickets import BlockTicket, block_trades_domain

VECTORS = Path(__file__).parents[2] / "vectors" / "eip712.json"
CHAIN = 1337
ORACLE = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
BLOCK_TRADES = "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0"
GATEWAY = "0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9"
PROJECTS = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")

REPORT = signed_types.EmissionReport(
    installation=7,
    year=2020,
    revision=1,
    emissionsT=2_640_000,
    powerMwh=3_000_000,
    heatGj=100_000,
    gwpSet=5,
    lineCount=4,
    linesRoot=b"\x01" * 32,
    evidenceRoot=b"\x02" * 32,
    configDigest=b"\x03" * 32,
    signedAt=1_614_556_800,
)
OPINION = signed_types.VerificationOpinion(
    report=eip712.struct_hash(REPORT),
    installation=7,
    year=2020,
    body=42,
    assurance=2,
    materialityPpm=50_000,
    emissionsT=2_640_000,
    configDigest=b"\x03" * 32,
    signedAt=1_614_643_200,
)
BATCH = signed_types.ReportBatch(
    root=b"\x04" * 32,
    count=100,
    totalEmissionsT=264_000_000,
    totalPowerMwh=300_000_000,
    totalHeatGj=10_000_000,
    body=42,
    assurance=2,
    materialityPpm=50_000,
    configDigest=b"\x03" * 32,
    sequence=9,
    signedAt=1_614_643_200,
)
MONITORING = signed_types.MonitoringReport(
    project=3,
    periodFrom=1_577_836_800,
    periodUntil=1_609_459_200,
    vintage=2020,
    quantityT=120_000,
    bufferPpm=150_000,
    linesRoot=b"\x05" * 32,
    evidenceRoot=b"\x06" * 32,
    configDigest=b"\x03" * 32,
    signedAt=1_614_556_800,
)
MONITORING_OPINION = signed_types.MonitoringOpinion(
    report=eip712.struct_hash(MONITORING),
    project=3,
    body=42,
    assurance=2,
    materialityPpm=50_000,
    quantityT=120_000,
    configDigest=b"\x03" * 32,
    signedAt=1_614_643_200,
)
TICKET = BlockTicket(
    market=1,
    seller=7,
    sellerWallet="0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    buyer=8,
    buyerWallet="0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
    lots=150_000,
    price=523_400,
    nonce=3,
    deadline=1_627_000_000,
)
ORDER = SignedOrder(
    wallet="0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
    market=1,
    side=1,
    timeInForce=4,
    postOnly=True,
    selfTrade=2,
    tick=4_810,
    lots=250,
    minimumLots=17,
    maximumCost=(1 << 52) - 1,
    maximumFills=40,
    maximumHoles=4_095,
    expiry=365,
    maximumLevels=5,
    nonce=(1 << 255) + 9,
    deadline=1_627_000_000,
)
CANCEL = SignedCancel(
    wallet="0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
    order=1 << 72 | 1 << 64 | 4_810 << 48 | 3 << 24 | 7,
    nonce=12,
    deadline=1_627_000_000,
)
ON_GATEWAY = gateway_domain(CHAIN, GATEWAY)
ON_ORACLE = signed_types.emissions_domain(CHAIN, ORACLE)
ON_PROJECTS = signed_types.projects_domain(CHAIN, PROJECTS)
CASES = [
    (REPORT, ON_ORACLE),
    (OPINION, ON_ORACLE),
    (BATCH, ON_ORACLE),
    (MONITORING, ON_PROJECTS),
    (MONITORING_OPINION, ON_PROJECTS),
    (TICKET, block_trades_domain(CHAIN, BLOCK_TRADES)),
    (ORDER, ON_GATEWAY),
    (CANCEL, ON_GATEWAY),
]


def vector(struct: eip712.Struct, domain: eip712.Domain) -> dict:
    """What eth-account alone makes of a struct: nothing here comes from our hashing."""
    message = encode_typed_data(full_message=eip712.as_typed_data(struct, domain))
    signed = Reference.sign_message(message, KEY)
    return {
        "domain": {"name": domain.name, "chainId": domain.chain_id, "contract": domain.contract},
        "separator": "0x" + message.header.hex(),
        "type": type(struct).type_string(),
        "message": {
            name: "0x" + value.hex() if isinstance(value, bytes) else value
            for name, value in asdict(struct).items()
        },
        "structHash": "0x" + message.body.hex(),
        "digest": "0x" + signed.message_hash.hex().removeprefix("0x"),
        "signer": Reference.from_key(KEY).address,
        "signature": "0x" + signed.signature.hex().removeprefix("0x"),
    }


def vectors() -> dict:
    out = {type(struct).__name__: vector(struct, domain) for struct, domain in CASES}
    out["EmissionReport"]["word"] = hex(report_word(REPORT))
    out["VerificationOpinion"]["word"] = hex(opinion_word(OPINION, [(3, 4)]))
    return out


def test_the_golden_file_is_what_eth_account_makes():
    assert json.loads(VECTORS.read_text()) == vectors()


@pytest.mark.parametrize("struct, domain", CASES, ids=lambda x: type(x).__name__)
def test_our_hashes_and_signatures_are_eth_accounts(struct, domain):
    golden = vector(struct, domain)
    assert "0x" + domain.separator.hex() == golden["separator"]
    assert "0x" + eip712.struct_hash(struct).hex() == golden["structHash"]
    assert "0x" + eip712.digest(struct, domain).hex() == golden["digest"]
    for account in (Account(KEY), PersonalAccount(KEY)):
        signature = account.sign_typed(struct, domain)
        assert "0x" + signature.hex() == golden["signature"]
        assert eip712.recover(struct, domain, signature) == golden["signer"] == account.address


@settings(max_examples=200)
@given(st.data())
def test_every_field_is_bound(data):
    struct, domain = data.draw(st.sampled_from(CASES))
    name, kind = data.draw(st.sampled_from(eip712._members(type(struct))))
    old = getattr(struct, name)
    size = {"bytes32": 256, "address": 160, "bool": 1}.get(kind) or int(kind[4:])
    bit = 1 << data.draw(st.integers(0, size - 1))
    if kind == "bytes32":
        new = (int.from_bytes(old, "big") ^ bit).to_bytes(32, "big")
    elif kind == "address":
        new = f"0x{int(old, 16) ^ bit:040x}"
    elif kind == "bool":
        new = not old
    else:
        new = old ^ bit
    changed = replace(struct, **{name: new})
    assert eip712.struct_hash(changed) != eip712.struct_hash(struct)
    assert (
        eip712.struct_hash(changed)
        == encode_typed_data(full_message=eip712.as_typed_data(changed, domain)).body
    )


@pytest.mark.parametrize(
    "change",
    [
        {"emissionsT": -1},
        {"emissionsT": 1 << 64},
        {"emissionsT": 1.0},
        {"emissionsT": True},
        {"revision": 256},
        {"linesRoot": b"\x01" * 31},
        {"linesRoot": "0x" + "01" * 32},
    ],
)
def test_a_value_its_type_cannot_hold_is_refused(change):
    with pytest.raises(eip712.TypedDataError) as caught:
        replace(REPORT, **change)
    assert caught.value.code == "TYPED_DATA_RANGE"
    assert caught.value.field == next(iter(change))


@pytest.mark.parametrize("wallet", ["0x12", "70997970C51812dc3A010C7d01b50e0d17dc79C8", 7, None])
def test_an_address_that_is_none_is_refused(wallet):
    with pytest.raises(eip712.TypedDataError) as caught:
        replace(TICKET, sellerWallet=wallet)
    assert caught.value.field == "sellerWallet"


def test_another_chain_or_contract_recovers_to_somebody_else():
    signature = Account(KEY).sign_typed(REPORT, ON_ORACLE)
    for domain in (
        signed_types.emissions_domain(1, ORACLE),
        signed_types.emissions_domain(CHAIN, PROJECTS),
    ):
        assert eip712.recover(REPORT, domain, signature) != Account(KEY).address


def test_compact_and_back():
    signature = Account(KEY).sign_typed(REPORT, ON_ORACLE)
    short = b"".join(eip712.compact(signature))
    assert len(short) == 64
    assert eip712.expand(short) == signature
    assert eip712.recover(REPORT, ON_ORACLE, short) == Account(KEY).address


def _high_s(signature: bytes) -> bytes:
    s = eip712.CURVE_ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


@pytest.mark.parametrize(
    "spoil, code",
    [
        (lambda s: s[:64] + s[:2], "SIGNATURE_LENGTH"),
        (lambda s: s[:10], "SIGNATURE_LENGTH"),
        (lambda s: s[:64] + b"\x00", "SIGNATURE_V"),
        (_high_s, "SIGNATURE_HIGH_S"),
        (lambda s: bytes(32) + s[32:], "SIGNATURE_INVALID"),
    ],
)
def test_what_the_contracts_refuse_is_refused(spoil, code):
    signature = Account(KEY).sign_typed(REPORT, ON_ORACLE)
    with pytest.raises(eip712.SignatureError) as caught:
        eip712.recover(REPORT, ON_ORACLE, spoil(signature))
    assert caught.value.code == code
