"""Who signed: a key, a contract that is asked, or a wallet whose signature is still awaited."""

from __future__ import annotations

import json

import pytest

from tests.tonne.crypto.test_eip712 import KEY, ON_ORACLE, OPINION, REPORT, TICKET
from tonne.chain.wallet_signers import MAGIC, Awaited, signer_of
from tonne.crypto import eip712
from tonne.crypto.accounts import Account
from tonne.crypto.wallet_signatures import (
    ElsewhereAccount,
    awaited_wallet,
    by_contract,
    contract_signature,
)
from tonne.errors import TonneError
from tonne.evidence import awaited_signatures, reports
from tonne.evidence.submissions import batch_leaf, entry, submit_args
from tonne.market.signed_orders import SignedCancel, SignedFile, gateway_domain
from tonne.market.trade_tickets import TicketFile, block_trades_domain

OWNER = Account(KEY)
SAFE = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
WORDS = b"words of three owners, of any length"


class Wallets:
    """A chain on which one contract says yes to one digest and one signature."""

    def __init__(self, digest: bytes) -> None:
        self.digest = digest
        self.asked = 0

    def call(self, contract, function, digest, signature, block):
        assert function == "isValidSignature"
        self.asked += 1
        if contract.address != SAFE:
            raise TonneError("NO_CODE", "No code.", None, None, "")
        return MAGIC if (digest, signature) == (self.digest, WORDS) else b"\xff" * 4


@pytest.fixture
def chain():
    return Wallets(eip712.digest(REPORT, ON_ORACLE))


def test_a_key_is_recovered_and_nobody_is_asked(chain):
    signature = OWNER.sign_typed(REPORT, ON_ORACLE)
    assert signer_of(chain, REPORT, ON_ORACLE, signature) == OWNER.address
    assert chain.asked == 0


def test_a_contract_signs_what_it_says_it_signed(chain):
    signature = by_contract(SAFE, WORDS)
    assert contract_signature(signature) == (SAFE, WORDS)
    assert signer_of(chain, REPORT, ON_ORACLE, signature) == SAFE
    for other in (by_contract(SAFE, b"other words"), by_contract(OWNER.address, WORDS)):
        with pytest.raises(eip712.SignatureError) as caught:
            signer_of(chain, REPORT, ON_ORACLE, other)
        assert caught.value.code == "SIGNATURE_REFUSED"
    with pytest.raises(eip712.SignatureError):
        signer_of(chain, OPINION, ON_ORACLE, signature)


def test_a_wallet_elsewhere_leaves_a_place_and_sends_nothing():
    account = ElsewhereAccount(SAFE.lower())
    assert account.address == SAFE
    assert awaited_wallet(account.sign_typed(REPORT, ON_ORACLE)) == SAFE
    for forbidden in (lambda: account.sign(bytes(32)), lambda: account.key):
        with pytest.raises(TonneError) as caught:
            forbidden()
        assert caught.value.code == "WALLET_ELSEWHERE"


@pytest.mark.parametrize("length", [64, 65])
def test_a_keys_signature_is_attached_in_its_long_form(chain, length):
    signature = OWNER.sign_typed(REPORT, ON_ORACLE)
    given = signature if length == 65 else b"".join(eip712.compact(signature))
    assert Awaited(OWNER.address, REPORT, ON_ORACLE, ()).given(chain, given) == signature
    assert Awaited(SAFE, REPORT, ON_ORACLE, ()).given(chain, given) is None


def _draft(signature):
    fields = {name: getattr(REPORT, name) for name in reports.ReportFields.model_fields}
    return reports.Draft(
        chainId=ON_ORACLE.chain_id,
        contract=ON_ORACLE.contract,
        signed=reports.DraftReport(
            report=reports.ReportFields(**fields),
            operatorSignature=signature,
            lines=[],
            evidence=[],
        ),
    )


def test_a_draft_keeps_the_place_until_the_signature_is_attached(chain, tmp_path):
    path = tmp_path / "7-2020.draft.json"
    reports.save(path, _draft(ElsewhereAccount(SAFE).sign_typed(REPORT, ON_ORACLE)))
    draft = reports.load(path)
    with pytest.raises(TonneError) as caught:
        reports.finished(draft)
    assert caught.value.code == "REPORT_SIGNATURE_MISSING"
    (waiting,) = awaited_signatures.awaited_in(draft)
    assert waiting.wallet == SAFE
    assert json.loads(json.dumps(waiting.as_typed_data()))["primaryType"] == "EmissionReport"
    with pytest.raises(TonneError) as caught:
        awaited_signatures.attach(chain, draft, b"other words")
    assert caught.value.code == "SIGNATURE_NOT_AWAITED"
    signed, each = awaited_signatures.attach(chain, draft, WORDS)
    assert (each, awaited_signatures.awaited_in(signed)) == (waiting, [])
    assert signed.signed.operatorSignature == by_contract(SAFE, WORDS)


def test_a_file_for_an_oracle_takes_no_place_for_a_signature():
    awaiting = ElsewhereAccount(SAFE).sign_typed(REPORT, ON_ORACLE)
    values = _draft(awaiting).signed.model_dump()
    with pytest.raises(ValueError, match="signature"):
        reports.SignedReport(**values)


def test_contracts_are_named_in_the_words_and_sign_beside():
    key = OWNER.sign_typed(OPINION, ON_ORACLE)
    contract = by_contract(SAFE, WORDS)
    args = submit_args(1, REPORT, contract, [(OPINION, 1, key, 2, contract)])
    assert entry("submit", args) == "submitWithContractSignatures"
    words, beside = args[-2:]
    assert beside == [WORDS, WORDS]
    assert [words[0][12:].hex(), words[4][12:].hex()] == [SAFE[2:].lower()] * 2
    assert [int.from_bytes(words[i], "big") for i in (1, 5)] == [(1 << 256) - 1, (1 << 256) - 2]
    assert b"".join(words[2:4]) == b"".join(eip712.compact(key))
    plain = submit_args(1, REPORT, key, [(OPINION, 1, key, 2, key)])
    assert (entry("submit", plain), len(plain)) == ("submit", len(args) - 1)
    assert batch_leaf(REPORT, contract) != batch_leaf(REPORT, by_contract(SAFE, WORDS + b"."))


def test_tickets_and_orders_take_signatures_of_wallets_elsewhere():
    domain = block_trades_domain(1337, SAFE)
    ticket = TicketFile(TICKET, domain, {})
    assert [a.wallet for a in ticket.awaited] == [TICKET.sellerWallet, TICKET.buyerWallet]
    chain = Wallets(ticket.hash)
    with pytest.raises(TonneError) as caught:
        ticket.with_signature(chain, WORDS)
    assert caught.value.code == "SIGNATURE_NOT_AWAITED"

    cancel = SignedCancel(SAFE, 5, 6, 7)
    file = SignedFile.make(cancel, gateway_domain(1337, SAFE), ElsewhereAccount(SAFE))
    (waiting,) = file.awaited
    chain = Wallets(eip712.digest(cancel, file.domain))
    signed, each = file.with_signature(chain, WORDS)
    assert (each, signed.signature, signed.awaited) == (waiting, WORDS, [])
