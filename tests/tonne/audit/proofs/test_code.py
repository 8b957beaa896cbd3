"""Code on chain, compared with its source and with the deployment's record."""

from __future__ import annotations

import pytest

from tests.tonne.audit.proofs.liars import AlteredRpc
from tonne.audit import reconcile
from tonne.audit.proofs import code
from tonne.audit.trust import Trust
from tonne.deployment import compiler
from tonne.deployment.plan import AHEAD_OF


def _of(town, name):
    return next(each for each in code.wanted(town.chain) if each.name == name)


def _told(town, address, alter):
    """The node tells altered code of one address."""

    def altered(answer, params):
        return alter(answer) if params[0].lower() == address.lower() else answer

    town.chain.rpc = AlteredRpc(town.chain.url, "eth_getCode", altered)


def test_the_code_of_every_contract_and_extension_is_that_of_its_source_and_record(town):
    recorded = town.deployment.code_hashes()
    found = reconcile.audit(town.chain, trust=Trust(codes=recorded))

    assert all(recorded.values())
    assert found.sound
    extended = {name for name in compiler.CALLED_BY if name in town.chain.contracts}
    extended -= {*AHEAD_OF.values()}  # each is given its extension, which creates one itself
    extended |= {"RetirementRegistry", *AHEAD_OF}  # creates the renderer of its metadata
    names = {each.name for each in code.wanted(town.chain)}
    assert names == {*town.chain.contracts, *(name + code.EXTENSION for name in extended)}
    assert found.codes == len(names) >= 49


@pytest.mark.parametrize(
    "name", ["Exchange", "Exchange.EXTENSION", "Compliance.EXTENSION", "Schemes"]
)
def test_a_byte_of_code_that_differs_is_found(town, name):
    wanted = _of(town, name)
    places = [at for each in wanted.artifact.immutables.values() for at in each]
    at = next(n for n in range(100, 10_000) if not any(p <= n < p + 32 for p in places))

    def alter(told):
        here = 2 + 2 * at
        return told[:here] + ("00" if told[here : here + 2] != "00" else "01") + told[here + 2 :]

    _told(town, wanted.address, alter)
    (finding,) = reconcile.audit(town.chain).findings
    assert finding.code == "AUDIT_CODE_OTHER" and f"code of {name} " in finding.message


@pytest.mark.parametrize("told", ["0x", "0x60", "0x6 0", None, 7, "zz"])
def test_an_answer_without_the_code_is_found(town, told):
    _told(town, town.chain["Allowances"].address, lambda _: told)
    found = reconcile.audit(town.chain)
    assert [finding.code for finding in found.findings] == ["AUDIT_CODE_OTHER"]
    assert not found.sound


def test_an_immutable_is_one_word_everywhere_and_the_recorded_one(town):
    wanted = _of(town, "Exchange")
    several = next(places for places in wanted.artifact.immutables.values() if len(places) > 1)

    def put(told, places):
        for at in places:
            told = told[: 2 + 2 * at] + "11" * 32 + told[2 + 2 * (at + 32) :]
        return told

    _told(town, wanted.address, lambda told: put(told, several[:1]))
    (finding,) = reconcile.audit(town.chain).findings
    assert "two values" in finding.message

    recorded = town.deployment.code_hashes()
    _told(town, wanted.address, lambda told: put(told, several))
    messages = [
        f.message for f in reconcile.audit(town.chain, trust=Trust(codes=recorded)).findings
    ]
    assert any("Exchange" in told and "recorded" in told for told in messages)


def test_an_extension_that_the_contract_does_not_delegate_to_is_found(town):
    wanted = _of(town, "Auction")
    extension = _of(town, "Auction.EXTENSION").address[2:].lower()
    _told(town, wanted.address, lambda told: told.replace(extension, "22" * 20))

    messages = [finding.message for finding in reconcile.audit(town.chain).findings]
    assert any("is not where Auction delegates to" in message for message in messages)


def test_an_extension_deployed_ahead_that_the_contract_does_not_delegate_to_is_found(town):
    wanted, ahead = _of(town, "PowerSettlement"), _of(town, "PowerSettlementExtension")
    extension = ahead.address[2:].lower()
    _told(town, wanted.address, lambda told: told.replace(extension, "22" * 20))

    messages = [finding.message for finding in reconcile.audit(town.chain).findings]
    assert any("is not where PowerSettlement delegates to" in message for message in messages)
