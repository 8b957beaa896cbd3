"""`tonne project` and what officers do to batches: a project from its registration to its lost credits."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tonne.audit.reconcile import audit
from tonne.crypto.eip712 import digest, struct_hash
from tonne.errors import TonneError
from tonne.evidence import reports
from tonne.evidence.project_sites import degrees, place
from tonne.evidence.signed_types import MonitoringOpinion, MonitoringReport, projects_domain
from tonne.evidence.submissions import monitoring_args
from tonne.market.order_encoding import OrderRequest, Side
from tonne.sandbox.seed_market import CREDITS_T
from tonne.types.ids import MarketId

FROM, UNTIL = "2021-01-01", "2030-12-31"
DAY_S = 86_400
FIRST_S = 1_609_430_400  # 2021-01-01 in Beijing


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "design.pdf"
    path.write_bytes(b"a design")
    return path


def _register(tonne, document, *more):
    terms = ("--methodology", 1, "--country", "China", "--from", FROM, "--until", UNTIL)
    place = ("--source", "second wind farm", "--at", "41.2,-114.710001", "--document", document)
    return tonne("project", "register", *terms, *place, *more, who="developer")["project"]


def _beside(tonne, document, source, at="41.150001,114.700001"):
    """Another project at the wind farm, under a source of its own."""
    terms = ("--methodology", 1, "--country", "China", "--from", FROM, "--until", UNTIL)
    place = ("--source", source, "--at", at, "--document", document)
    return tonne("project", "register", *terms, *place, who="developer")


def _validated(tonne, document):
    number = _register(tonne, document)
    tonne("project", "validate", number, "--cap", 90_000, "--document", document, who="authority")
    return number


def _report(town, project):
    """Three persons sign what the project achieved in its first month."""
    chain, people = town.chain, town.market.people
    _, config, _ = chain.call("EmissionsOracle", "configOf", 1)
    body, _, _ = chain.call("Participants", "walletOf", people["verifier"])
    now = chain.now()
    report = MonitoringReport(
        project=project, periodFrom=FIRST_S, periodUntil=FIRST_S + 31 * DAY_S, vintage=2021,
        quantityT=700, bufferPpm=0, linesRoot=bytes(32), evidenceRoot=bytes(32),
        configDigest=config, signedAt=now,
    )  # fmt: skip
    opinion = MonitoringOpinion(
        report=struct_hash(report), project=project, body=body, assurance=reports.REASONABLE,
        materialityPpm=reports.MATERIALITY_PPM, quantityT=700, configDigest=config, signedAt=now,
    )  # fmt: skip
    domain = projects_domain(chain.chain_id, chain["Projects"].address)
    signatures = [
        people[who].sign(digest(signed, domain))
        for who, signed in (("developer", report), ("lead", opinion), ("reviewer", opinion))
    ]
    keys = [signer.key for signer in chain.call("EmissionsOracle", "signersOf", 1)]
    places = [keys.index(people[who].address) for who in ("lead", "reviewer")]
    args = monitoring_args(report, opinion, *places, tuple(signatures), 0)
    chain.send(people["trader"], "Projects", "submit", *args)


def test_a_project_is_registered_validated_suspended_and_renewed(town, tonne, document):
    number = _register(tonne, document, "--meter", 1 << 41, "--meter", hex(1 << 40))
    assert [p["project"] for p in tonne("project", "list")["projects"]] == [1, number]
    shown = tonne("project", "show", number)
    assert (shown["status"], shown["from"], shown["until"]) == ("registered", FROM, UNTIL)
    assert (shown["place"], shown["hostCountry"]) == ("41.200000, -114.710001", "China")
    assert [int(meter, 16) for meter in shown["meters"]] == [1 << 40, 1 << 41]

    acts = (
        (("validate", number, "--cap", 90_000, "--document", document), "validated", UNTIL),
        (("suspend", number, "--reason", "fire"), "suspended", UNTIL),
        (("resume", number, "--reason", "put out"), "validated", UNTIL),
        (("renew", number, "--until", "2035-12-31", "--document", document), "validated", "2035-12-31"),
    )  # fmt: skip
    for act, status, until in acts:
        assert tonne("project", *act, who="trader", status=1)["code"] == "SCHEMES_NO_POWER"
        done = tonne("project", *act, who="authority")
        assert (done["status"], done["until"]) == (status, until)
    assert audit(town.chain).differences == []


def test_what_an_officer_would_do_is_told_or_written_for_a_safe(town, tonne, document, tmp_path):
    number = _register(tonne, document)
    act = ("project", "validate", number, "--cap", 90_000, "--document", document)
    told = tonne(*act, "--dry-run", who="authority")
    (change,) = told["changes"]
    assert not told["sent"] and change["before"].startswith("registered")
    assert tonne("project", "show", number)["status"] == "registered"

    unit, officer = hex(town.market.credit), town.market.people["authority"].address
    file = tmp_path / "lock.json"
    lock = ("offsets", "lock", unit, "--reason", "doubt", "--safe", file, "--from", officer)
    assert tonne(*lock)["changes"][0]["after"] == "locked"
    (call,) = json.loads(file.read_text())["transactions"]
    assert call["to"].lower() == town.chain["BatchDesk"].address.lower()
    assert town.chain.call("OffsetCredits", "batch", town.market.credit).status == 1
    told = tonne("offsets", "issue", 2, "--dry-run", who="authority", status=1)
    assert told["code"] == "PROJECTS_UNKNOWN_REPORT"
    nobody = tonne("project", "suspend", 9, "--reason", "x", "--dry-run", who="authority", status=1)
    assert nobody["code"] == "PROJECTS_UNKNOWN"


def test_a_final_report_becomes_credits_that_are_shown_with_it(town, tonne, document):
    number = _validated(tonne, document)
    _report(town, number)
    assert tonne("project", "show", number)["reports"][0]["status"] == "reported"
    early = tonne("offsets", "issue", 2, who="authority", status=1)
    assert early["code"] == "ISSUANCE_REPORT_NOT_FINAL"
    town.chain.set_time(town.chain.now() + 60 * DAY_S)

    issued = tonne("offsets", "issue", 2, who="authority")
    assert (issued["firstSerial"], issued["lastSerial"]) == (CREDITS_T + 1, CREDITS_T + 700)
    assert issued["split"]["developer"] == 700
    (report,) = tonne("project", "show", number)["reports"]
    assert (report["quantityT"], report["from"], report["until"]) == (700, FROM, "2021-02-01")
    assert (report["status"], report["issuedAs"]) == ("final", "credit 2021 #2")
    again = tonne("offsets", "issue", 2, who="authority", status=1)
    assert again["code"] == "ISSUANCE_ALREADY_ISSUED"

    # All of it is the developer's, who lets it be sold to be retired only.
    bound = tonne("offsets", "bind", issued["unit"], who="developer")
    assert bound["status"] == "bound"
    assert town.chain.call("OffsetCredits", "batch", int(issued["unit"], 16)).retireOnly
    assert audit(town.chain).differences == []


def test_an_officer_locks_a_batch_and_unlocks_it_or_declares_it_invalid(town, tonne):
    unit = hex(town.market.credit)
    act = ("--reason", "doubt about the meters")
    refused = tonne("offsets", "invalidate", unit, *act, who="authority", status=1)
    assert refused["code"] == "OFFSET_BATCH_STATUS"
    assert tonne("offsets", "lock", unit, *act, who="trader", status=1)["code"] == (
        "SCHEMES_NO_POWER"
    )
    for command, status in (("lock", 2), ("unlock", 1), ("lock", 2), ("invalidate", 3)):
        tonne("offsets", command, unit, *act, who="authority")
        assert town.chain.call("OffsetCredits", "batch", town.market.credit).status == status
    assert tonne("offsets", "clear", unit)["cleared"]
    assert town.chain.call("OffsetCredits", "totalSupply", town.market.credit) == 0


def test_a_loss_is_made_good_by_the_developer_or_by_a_buffer(town, tonne):
    chain, unit = town.chain, town.market.credit
    developer = town.market.people["developer"]
    held = chain.call("OffsetCredits", "balanceOf", developer, unit)
    lost = ("offsets", "reverse", hex(unit))
    done = tonne(*lost, held + 5, "--reason", "cleared", "--avoidable", who="authority")
    assert (done["paid"], done["owed"], done["debt"]) == (held, 5, 1)
    assert chain.call("OffsetCredits", "balanceOf", developer, unit) == 0

    # A wind farm put nothing aside.
    bare = tonne(*lost, 5, "--reason", "fire", who="authority", status=1)
    assert bare["code"] == "ERC1155_INSUFFICIENT_BALANCE"
    both = ("--avoidable", "--paid-from", hex(unit))
    assert tonne(*lost, 5, "--reason", "x", *both, who="authority", status=1)["code"] == (
        "OFFSET_PAYER"
    )
    wrong = tonne("offsets", "reverse", "0x5", 5, "--reason", "x", who="authority", status=1)
    assert wrong["code"] == "OFFSET_ARGUMENT"


@pytest.mark.parametrize("text", ["9N,0", "1", "1,2,3", "1.1234567,2", ",", "1e3,2"])
def test_what_is_no_place_is_refused(text):
    with pytest.raises(TonneError, match="place"):
        place(text)


@pytest.mark.parametrize("text", ["41.200000, -114.710001", "-0.500000, 0.000001"])
def test_a_place_is_read_as_it_is_written(text):
    assert degrees(place(text)) == text


@pytest.mark.parametrize("word", ["0", "-1", "0x" + "f" * 65, "wind"])
def test_a_meter_is_a_number_or_a_hash(tonne, document, word):
    terms = ("--methodology", 1, "--country", "China", "--from", FROM, "--until", UNTIL)
    place = ("--source", "s", "--at", "1,1", "--document", document, f"--meter={word}")
    refused = tonne("project", "register", *terms, *place, who="developer", status=1)
    assert (refused["code"], refused["field"]) == ("PROJECT_WORD", "meter")


def test_an_officer_holds_what_a_seller_got_and_gives_it_back(town, tonne):
    chain, market = town.chain, town.market
    unit, seller = hex(market.credit), market.participants["developer"]
    order = OrderRequest(MarketId(market.credit_market), Side.BUY, 3_010, 100)
    chain.send(market.people["trader"], "Exchange", "place", order.pack())
    day = (datetime.fromtimestamp(chain.now(), UTC) - timedelta(days=30)).date()
    about = (unit, seller, "--since", day)
    assert tonne("offsets", "proceeds", *about)["proceeds"] == 30_100_000
    hold = ("offsets", "hold-cash", *about, "--reason", "doubt")
    refused = tonne(*hold, "--amount", "1.00", who="authority", status=1)
    assert refused["code"] == "PROCEEDS_NOT_BARRED"
    tonne("offsets", "lock", unit, "--reason", "doubt", who="authority")
    assert tonne(*hold, who="trader", status=1)["code"] == "SCHEMES_NO_POWER"
    above = tonne(*hold, "--amount", "3010.01", who="authority", status=1)
    assert above["code"] == "OFFSET_ABOVE_PROCEEDS"
    buyer = ("offsets", "hold-cash", unit, market.participants["trader"], *hold[4:])
    assert tonne(*buyer, who="authority", status=1)["code"] == "OFFSET_NO_PROCEEDS"
    told = tonne(*hold, who="authority")
    assert (told["hold"], told["cash"], told["proceeds"]) == (1, 30_100_000, 30_100_000)
    beyond = tonne(*hold, "--amount", "1.00", who="authority", status=1)
    assert beyond["code"] == "PROCEEDS_BAD_TIME"  # what came back, or is held, is not held again
    release = ("offsets", "release-cash", 1, "--reason", "sound")
    assert tonne(*release, who="authority", status=1)["code"] == "PROCEEDS_ONE_OFFICE"
    second, freeze = market.people["trader"].address, 32
    chain.send(market.people["authority"], "Schemes", "grantOffice", second, 1, 0, freeze)
    assert tonne(*release, "--amount", "10.00", who="trader")["sent"]
    assert chain.call("ProceedsHolds", "holdOf", 1).cash == 30_000_000
    assert tonne(*release, who="trader")["sent"]
    assert chain.call("ProceedsHolds", "holdOf", 1).cash == 0
    assert (
        tonne("offsets", "mark-cash", unit, seller, who="trader", status=1)["code"]
        == "PROCEEDS_MARKED"
    )
    assert audit(chain).differences == []
    unlisted = tonne("offsets", "hold-cash", hex(market.credit + 1), seller, *hold[4:], status=1)
    assert unlisted["code"] == "OFFSET_NO_MARKET"


def test_a_methodology_is_approved_changed_and_ended(town, tonne, document):
    act = ("project", "methodology", 7, "--kind", "forest", "--scope", 1, "--document", document)
    tonne(*act, "--removal", "--buffer", "10-20.5", who="authority")
    held = town.chain.call("Projects", "methodology", 7)
    assert (held.activity, held.kind, held.scope, held.active) == (2, 1, 1, True)
    assert (held.minBufferPpm, held.maxBufferPpm) == (100_000, 205_000)
    assert tonne(*act, "--removal", who="trader", status=1)["code"] == "SCHEMES_NO_POWER"
    tonne(*act, "--removal", "--buffer", "10-20.5", "--end", who="authority")
    assert not town.chain.call("Projects", "methodology", 7).active
    assert audit(town.chain).differences == []


WRONG_METHODOLOGIES = {
    "a kind that is none": (("--kind", "woods"), "METHODOLOGY_KIND", "kind"),
    "one share": (("--buffer", "10"), "METHODOLOGY_BUFFER", "buffer"),
    "shares turned": (("--buffer", "20-10"), "METHODOLOGY_BUFFER", "buffer"),
    "more than all": (("--buffer", "10-101"), "METHODOLOGY_BUFFER", "buffer"),
    "words": (("--buffer", "ten-twenty"), "METHODOLOGY_BUFFER", "buffer"),
}


@pytest.mark.parametrize("name", WRONG_METHODOLOGIES)
def test_a_methodology_that_cannot_be_is_refused(name, tonne, document):
    more, code, field = WRONG_METHODOLOGIES[name]
    act = ("project", "methodology", 7, "--kind", "forest", "--scope", 1, "--document", document)
    refused = tonne(*act, *more, who="authority", status=1)
    assert (refused["code"], refused["field"]) == (code, field) and refused["remedy"]


def test_a_market_is_opened_for_a_batch_and_a_debt_is_paid(town, tonne, document):
    number = _validated(tonne, document)
    _report(town, number)
    chain = town.chain
    chain.set_time(chain.call("Projects", "monitoring", 2).finalAt + 1)
    unit = tonne("offsets", "issue", 2, who="authority")["unit"]
    opened = tonne("market", "create", unit, "--reference", "30.00", who="authority")
    assert opened["market"] == chain.call("Exchange", "marketOf", int(unit, 0))
    again = tonne("market", "create", unit, "--reference", "30.00", who="authority", status=1)
    assert again["code"].startswith("EXCHANGE_")
    refused = tonne("market", "create", "17", who="authority", status=1)
    assert (refused["code"], refused["field"]) == ("UNIT_UNREADABLE", "unit")

    gives = (town.market.people["developer"], town.market.people["trader"], int(unit, 0), 300, b"")
    chain.send(town.market.people["developer"], "OffsetCredits", "safeTransferFrom", *gives)
    lost = tonne(
        "offsets", "reverse", unit, 500, "--avoidable", "--reason", "felled", who="authority"
    )
    assert (lost["paid"], lost["owed"]) == (400, 100)
    pay = ("offsets", "pay-debt", lost["debt"])
    assert tonne(*pay, 60, "--unit", unit, who="trader")["owed"] == 40
    refused = tonne(*pay, 41, "--unit", unit, who="trader", status=1)
    assert refused["code"] == "ISSUANCE_PAYMENT_REFUSED"
    assert tonne(*pay, 40, "--unit", unit, who="trader")["owed"] == 0
    assert audit(chain).differences == []


def test_a_twin_is_validated_only_with_an_answer(town, tonne, document):
    told = _beside(tonne, document, "WINDFARM, The Plain ")
    (like,) = told["like"]
    assert (like["first"], like["second"], like["alike"]) == (1, told["project"], True)
    validate = ("project", "validate", told["project"], "--cap", 9, "--document", document)
    refused = tonne(*validate, who="authority", status=1)
    assert (refused["code"], refused["field"]) == ("PROJECT_ALIKE", "answer")
    assert "project 1" in refused["message"] and "--answer" in refused["remedy"]

    # An officer without the tool comes no further without an answer.
    chain, authority = town.chain, town.market.people["authority"]
    with pytest.raises(TonneError) as reverted:
        chain.send(authority, "Projects", "validate", told["project"], 9, bytes(32))
    assert reverted.value.code == "PROJECTS_LIKE_ANOTHER"

    tonne(*validate, "--answer", "Two rows of turbines, seen on site.", who="authority")
    shown = tonne("project", "show", told["project"])
    assert shown["status"] == "validated" and "seen on site" in shown["answers"][0]
    assert audit(town.chain).differences == []


def test_neighbours_that_are_not_alike_are_answered_for_by_the_tool(town, tonne, document):
    told = _beside(tonne, document, "Kisumu stoves")
    assert [one["alike"] for one in told["like"]] == [False]
    validate = ("project", "validate", told["project"], "--cap", 9, "--document", document)
    assert tonne(*validate, who="authority")["status"] == "validated"
    assert "Neighbours" in tonne("project", "show", told["project"])["answers"][0]
    assert audit(town.chain).differences == []


def test_an_officer_who_did_not_use_the_tool_is_found(town, tonne, document):
    """Six kilometres away the chain sees nothing; the names do."""
    told = _beside(tonne, document, "Windfarm on the Plain", "41.2,114.7")
    args = (told["project"], 9, bytes(32))
    town.chain.send(town.market.people["authority"], "Projects", "validate", *args)
    (found,) = audit(town.chain).differences
    assert "may be the plant of project 1" in found.about
    alike = tonne("project", "likeness")["alike"]
    assert [(one["first"], one["second"]) for one in alike] == [(1, told["project"])]


def test_a_project_without_a_name_is_not_validated(town, tonne, document):
    terms = (1, 156, FIRST_S, FIRST_S + DAY_S, b"\7" * 32, (1_000_000, 1_000_000))
    developer = town.market.people["developer"]
    town.chain.send(developer, "Projects", "register", *terms, [], bytes(32))
    validate = ("project", "validate", 2, "--cap", 9, "--document", document)
    assert tonne(*validate, who="authority", status=1)["code"] == "PROJECT_UNNAMED"
    tonne("project", "name", 2, "A forest of one's own", who="developer")
    assert tonne("project", "name", 2, " ", who="developer", status=1)["code"] == "PROJECT_NAME"
    assert tonne(*validate, who="authority")["status"] == "validated"


def test_a_project_beside_a_plant_waits_for_what_an_officer_says_of_it(town, tonne, document):
    number = _register(tonne, document)
    validate = ("project", "validate", number, "--cap", 90_000, "--document", document)
    beside = ("--at", "41.205,-114.715", "--reason", "its permit")
    tonne("project", "site-plant", 1, *beside, "--meter", 77, who="trader", status=1)
    sited = tonne("project", "site-plant", 1, *beside, who="authority")
    assert sited["plant"] == 1
    shown = tonne("project", "show", number)
    assert (shown["nearPlant"], shown["atPlant"]) == (1, None)
    assert tonne(*validate, who="authority", status=1)["code"] == "PROJECTS_NEAR_PLANT"
    tonne("project", "at-plant", number, 0, "--reason", "seen on site", who="authority")
    assert tonne(*validate, who="authority")["status"] == "validated"
    assert audit(town.chain).differences == []


def test_a_table_of_plants_is_compared_without_a_chain(tonne, tmp_path, monkeypatch):
    monkeypatch.setenv("TONNE_RPC", "http://127.0.0.1:1")
    file = tmp_path / "plants.csv"
    rows = '1,,Zhangbei wind 2,"41,114"\n2,1,"zhangbei  WIND II ","41,114.01"\n3,,Kisumu,"1,1"\n'
    file.write_text(f"row,twin_of,name,at\n{rows}", encoding="utf-8")
    told = tonne("project", "likeness", file)
    assert (told["compared"], told["twins"], told["found"], told["others"]) == (3, 1, 1, 0)
