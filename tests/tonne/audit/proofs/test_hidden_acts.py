"""Acts that a node hides from the auditor: no getter lists them, so a believed node can leave them out."""

from __future__ import annotations

from tests.tonne.audit.proofs.liars import AlteredRpc
from tonne.audit import reconcile
from tonne.audit.trust import Trust
from tonne.crypto.accounts import Account

OUTSIDER = Account.from_seed("outsider")


def _minter(town):
    """The administrator lets an outsider mint allowances."""
    administrator = town.market.people["administrator"]
    town.chain.send(administrator, "Allowances", "setController", OUTSIDER, 1)
    assert town.chain.call("Allowances", "rightsOf", OUTSIDER) == 1


def _without(name, answer):
    """The logs without those of one event that name the outsider."""
    who = OUTSIDER.address[2:].lower()
    return [
        log
        for log in answer
        if not (log["topics"][0] == name and who in str(log["topics"]).lower())
    ]


def test_who_may_mint_cannot_be_hidden(town):
    _minter(town)
    topic = town.chain["Allowances"].topic("ControllerSet")
    whole = reconcile.audit(town.chain)
    assert whole.sound

    real = town.chain.rpc
    town.chain.rpc = AlteredRpc(real.url, "eth_getLogs", lambda logs, _: _without(topic, logs))
    believed = reconcile.audit(town.chain, trust=Trust(node=True))
    assert believed.sound and believed.events == whole.events - 1

    def receipts(answer, _params):
        for receipt in answer:
            receipt["logs"] = _without(topic, receipt["logs"])
        return answer

    town.chain.rpc = AlteredRpc(real.url, "eth_getBlockReceipts", receipts)
    (finding,) = reconcile.audit(town.chain).findings
    assert finding.code == "AUDIT_RECEIPTS_FALSE"
    town.chain.rpc = real


def test_an_altered_root_of_evidence_is_refuted(town):
    """A report's evidence: a hash that no view tells."""
    oracle = town.chain["EmissionsOracle"]
    topic = oracle.topic("EmissionsReported")
    place = _word(oracle.events[topic], "evidenceRoot")

    def other(logs):
        for log in logs:
            if log["topics"][0] == topic:
                at = 2 + 64 * place
                log["data"] = log["data"][:at] + "ab" * 32 + log["data"][at + 64 :]
        return logs

    def receipts(answer, _params):
        for receipt in answer:
            other(receipt["logs"])
        return answer

    real = town.chain.rpc
    town.chain.rpc = AlteredRpc(real.url, "eth_getLogs", lambda logs, _: other(logs))
    assert reconcile.audit(town.chain, trust=Trust(node=True)).sound

    town.chain.rpc = AlteredRpc(real.url, "eth_getBlockReceipts", receipts)
    (finding,) = reconcile.audit(town.chain).findings
    assert finding.code == "AUDIT_RECEIPTS_FALSE"
    town.chain.rpc = real


def _word(kind, name):
    """Place of a field among the words of an event's data."""
    return kind._data.names.index(name)
