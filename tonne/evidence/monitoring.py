"""A monitoring report as it stands on chain, with the signatures that brought it there checked anew.

The chain keeps what was signed and says who signed; the signatures themselves lie in the transaction.
They are taken out of it and recovered here, against the signer set of that time, so that no reader has to
believe the contract or its operator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.chain.contract import Event, encode_values, topic
from tonne.constants import DAY_S
from tonne.crypto.eip712 import SignatureError, digest, recover_digest, struct_hash
from tonne.crypto.hashing import keccak
from tonne.errors import refused
from tonne.evidence import past_rights
from tonne.evidence.report_encoding import AccreditedSigner, OpinionTerms, signers_in
from tonne.evidence.signed_types import MonitoringOpinion, MonitoringReport, projects_domain
from tonne.evidence.verification import EvidenceCheck
from tonne.types.packing import has_bit

STATUS: Final = ("none", "reported", "disputed", "annulled")
ANNULLED: Final = 3
LEAD, REVIEWER = 1, 2
REPORT_RIGHT: Final = 8
#: Why a check cannot be made: the events lead to another state than the present one.
EVENTS_LOST: Final = "the node has not all events since the deployment"
#: Who signed when no key can have.
NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed, as what, and whether the signature is theirs (None: it is not at hand)."""

    role: str
    address: str
    participant: int
    check: EvidenceCheck


@dataclass(frozen=True, slots=True)
class Monitoring:
    """A report, the record made of it, and what was checked."""

    number: int
    report: MonitoringReport
    record: Any  # `Monitoring` of IProjects
    event: Event
    final: bool
    people: tuple[Person, ...]
    checks: tuple[EvidenceCheck, ...]

    def all_checks(self) -> list[EvidenceCheck]:
        return [*self.checks, *(person.check for person in self.people)]


@dataclass(frozen=True, slots=True)
class _Config:
    """A scheme's signer set and rules as of one version."""

    digest: bytes
    words: list[int]

    def signer(self, place: int) -> AccreditedSigner | None:
        signers = signers_in(self.words)
        return signers[place] if place < len(signers) else None


@dataclass(frozen=True, slots=True)
class _Submission:
    """What of the transaction is needed: the opinion's terms and the three signatures."""

    opinion: int
    signatures: tuple[bytes, bytes, bytes]


def read(chain: Chain, number: int, first_block: int) -> Monitoring:
    """Report `number` with everything checked that can be."""
    found = chain.logs("Projects", "MonitoringReported", first_block, topics=[topic(number)])
    if len(found) != 1:
        raise refused("MONITORING_UNKNOWN", report=number)
    event = found[0]
    record, final, scope = _record(chain, number)
    config = _config(chain, record.scheme, event["configVersion"], first_block)
    report = MonitoringReport(**event["report"]._asdict(), configDigest=config.digest)
    checks = [
        EvidenceCheck(
            "the report hashes to what is on record", struct_hash(report) == record.reportHash
        ),
        EvidenceCheck(
            "the signer set is the one its digest names",
            _binds(chain, record.scheme, event, config),
        ),
        EvidenceCheck(
            "the report is not annulled", record.status != ANNULLED, STATUS[record.status]
        ),
        _no_interest(chain, event, record, first_block),
    ]
    people = _people(chain, event, record, report, config, scope, first_block)
    return Monitoring(number, report, record, event, final, people, tuple(checks))


def _record(chain: Chain, number: int) -> tuple[Any, bool, int]:
    record, final = chain.call_many(
        [("Projects", "monitoring", (number,)), ("Projects", "isFinal", (number,))]
    )
    return record, final, chain.call("Projects", "methodology", record.methodology).scope


def _config(chain: Chain, scheme: int, version: int, first_block: int) -> _Config:
    found = chain.logs(
        "EmissionsOracle", "OracleConfigured", first_block, topics=[topic(scheme), topic(version)]
    )
    if len(found) != 1:
        raise refused("MONITORING_SIGNER_SET", version=version)
    return _Config(found[0]["digest"], found[0]["words"])


def _binds(chain: Chain, scheme: int, event: Event, config: _Config) -> bool:
    """The digest of a configuration is over chain, oracle, scheme, version and all its words."""
    oracle = chain["EmissionsOracle"].address
    words = [0, *config.words[1:]]
    values = (chain.chain_id, oracle, scheme, event["configVersion"], words)
    return (
        keccak(encode_values("(uint256,address,uint16,uint16,uint256[])", values)) == config.digest
    )


def _no_interest(chain: Chain, event: Event, record: Any, first_block: int) -> EvidenceCheck:
    about = "the body had no interest in the developer"
    args = (record.scheme, record.body, record.developer)
    interested = past_rights.interest_at(chain, *args, first_block, past_rights.moment_of(event))
    if interested is None:
        return EvidenceCheck(about, None, EVENTS_LOST)
    return EvidenceCheck(about, not interested)


def _people(
    chain: Chain,
    event: Event,
    record: Any,
    report: MonitoringReport,
    config: _Config,
    scope: int,
    first_block: int,
) -> tuple[Person, ...]:
    sent = _submission(chain, event)
    domain = projects_domain(chain.chain_id, chain["Projects"].address)
    if sent is None:
        return _named(event, record, config)
    terms = OpinionTerms.unpack(sent.opinion)
    opinion = MonitoringOpinion(
        report=struct_hash(report),
        project=report.project,
        body=record.body,
        assurance=terms.assurance,
        materialityPpm=terms.materiality_ppm,
        quantityT=report.quantityT,
        configDigest=config.digest,
        signedAt=terms.signed_at,
    )
    hashes = [digest(struct, domain) for struct in (report, opinion, opinion)]
    keys = [_recovered(h, s) for h, s in zip(hashes, sent.signatures, strict=True)]
    places = (terms.lead, terms.reviewer)
    people = [_developer(chain, event, record, keys[0], first_block)]
    for key, place, role in zip(keys[1:], places, (LEAD, REVIEWER), strict=True):
        fault = _fault(config, event, record.body, opinion, key, place, role, scope)
        name = "lead verifier" if role == LEAD else "reviewer"
        check = EvidenceCheck(f"the {name} signed and was accredited", not fault, fault or key)
        people.append(Person(name, key, record.body, check))
    return tuple(people)


def _submission(chain: Chain, event: Event) -> _Submission | None:
    """Signatures of the transaction; None when it did not go to the contract directly."""
    projects = chain["Projects"]
    sent = chain.rpc.call("eth_getTransactionByHash", event.tx_hash)
    function = projects.function("submit")
    if sent is None or (sent["to"] or "").lower() != projects.address.lower():
        return None
    data = bytes.fromhex(sent["input"][2:])
    if data[:4] != function.selector:
        return None
    _, opinion, words, _ = function.inputs.decode(data[4:])
    pairs = tuple(words[i] + words[i + 1] for i in (0, 2, 4))
    return _Submission(opinion, (pairs[0], pairs[1], pairs[2]))


def _named(event: Event, record: Any, config: _Config) -> tuple[Person, ...]:
    """Whom the event names, where the signatures are not at hand."""
    people = []
    for place in range(256):
        signer = config.signer(place) if has_bit(event["signers"], place) else None
        if signer is not None:
            about = "the signature is in the transaction"
            check = EvidenceCheck(about, None, "it went through another contract")
            people.append(Person("verifier", signer.key, record.body, check))
    return tuple(people)


def _developer(chain: Chain, event: Event, record: Any, key: str, first_block: int) -> Person:
    about = "the developer signed"
    if key == NOBODY:
        return Person(
            "developer", key, record.developer, EvidenceCheck(about, False, "no key gives it")
        )
    found = past_rights.wallet_at(chain, key, first_block, past_rights.moment_of(event))
    if found is None:
        check = EvidenceCheck(about, None, EVENTS_LOST)
    else:
        owner, rights = found
        check = EvidenceCheck(about, owner == record.developer and bool(rights & REPORT_RIGHT), key)
    return Person("developer", key, record.developer, check)


def _fault(
    config: _Config,
    event: Event,
    body: int,
    opinion: MonitoringOpinion,
    key: str,
    place: int,
    role: int,
    scope: int,
) -> str:
    """Why the signature is not one of an accredited person of the body; empty when it is."""
    signer = config.signer(place)
    if signer is None:
        return "there is no such person in the signer set"
    day = opinion.signedAt // DAY_S
    if key != signer.key:
        return f"the signature is of {key}, not of {signer.key}"
    if signer.body != body:
        return "the person is of another body"
    if not signer.roles & role or not has_bit(signer.scopes, scope):
        return "the person is not accredited for this"
    if not signer.valid_from <= day < signer.valid_until:
        return "the person was not accredited on the day of signing"
    return "" if has_bit(event["signers"], place) else "the event names another person"


def _recovered(message: bytes, signature: bytes) -> str:
    try:
        return recover_digest(message, signature)
    except SignatureError:
        return NOBODY
