"""Tables of the Article 6 agreed electronic format say what was done, and read back as written."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tonne.audit.compliance.article6 import Article6Replay
from tonne.audit.compliance.retirement_registry import RetirementRegistryReplay
from tonne.audit.export import article6
from tonne.audit.units.credit_batches import BatchTraits, CreditBatchesReplay
from tonne.countries import by_alpha3, country
from tonne.errors import TonneError

CREDITS, DORA = "0xc", "0xd"
WUYI = struct(latitude=27_725_000, longitude=-118_010_000)
UNIT = 2 << 96 | 1 << 80 | 2021 << 64 | 1
OUTCOME = UNIT - 1 | (1 << 61) + 1
CHINA, JAPAN = 156, 392
ZERO = "0x" + "00" * 20


def _block(first, last):
    return struct(registry=1, series=0, first=first, last=last)


def _left(first, last, kind, ref=1, unit=UNIT):
    blocks = [_block(first, last)]
    return dated(
        "SerialsAttached", 50, id=unit, kind=kind, ref=ref.to_bytes(32, "big"), blocks=blocks,
        **{"from": DORA},
    )  # fmt: skip


def _moved(source, target, amount):
    moved = dated("TransferSingle", **{"from": source, "to": target, "id": UNIT, "value": amount})
    object.__setattr__(moved.event, "address", CREDITS)
    return moved


def _act(name, first, last, party=CHINA, time=60, **more):
    return dated(name, time, unit=OUTCOME, party=party, first=first, last=last, **more)


def _authorised(amount=500, purpose=1, first_transfer=0, acquirer=JAPAN):
    return dated(
        "OutcomeAuthorised", 60, unit=UNIT, party=CHINA, authorisation=1, purpose=purpose, holder=5,
        acquirer=acquirer, amountT=amount, firstTransfer=first_transfer,
        approach=b"CA0001".ljust(16, b"\0"),
    )  # fmt: skip


def _apart(first=1, last=500, source=UNIT):
    return _act("OutcomeSetApart", first, last, authorisation=1, wallet=DORA, **{"from": source})


#: A forest's batch of 1,000 t with 100 t in the buffer, of which 20 are reversed; 500 t are set apart.
BATCH = [
    dated("MethodologySet", id=1, methodology=struct(activity=2, kind=1)),
    dated("ProjectRegistered", id=7, methodology=1, hostCountry=CHINA, location=WUYI),
    _moved(ZERO, DORA, 900),
    _moved(ZERO, CREDITS, 100),
    dated("BatchIssued", id=UNIT, project=7, firstSerial=1, lastSerial=1_000, status=1),
    _left(1, 500, 10),
    dated("BatchIssued", id=OUTCOME, firstSerial=1, lastSerial=500, status=1),
    dated("BatchSetApart", id=OUTCOME, source=UNIT),
    _moved(CREDITS, ZERO, 20),
    _left(501, 520, 8),
]
#: Of what was set apart, 300 t are retired and 50 cancelled.
ENDED = [_left(1, 300, 2, unit=OUTCOME), _left(301, 350, 3, unit=OUTCOME)]
RETIRED = dated("UnitsRetired", certificate=1, id=OUTCOME, amount=300, blocks=[_block(1, 300)])


@pytest.fixture
def batches():
    return feed(CreditBatchesReplay(CREDITS), *BATCH, *ENDED)


def _outcomes(*events):
    claims = feed(RetirementRegistryReplay([]), RETIRED)
    return feed(Article6Replay(claims), *BATCH, *events)


def _adjusted(party, year, status, amount=300, first=1):
    args = {"unit": OUTCOME, "first": first, "party": party, "year": year, "amount": amount}
    return dated("AdjustmentRecorded", status=status, **args)


#: 500 t authorised, set apart and acquired; 300 used, of which both Parties adjusted, 50 cancelled.
STORY = [
    _authorised(),
    _apart(),
    _act("OutcomeTransferred", 1, 500, acquirer=JAPAN),
    _act("OutcomeAcquired", 1, 500, party=JAPAN),
    *ENDED,
    _act("OutcomeUsed", 1, 300, party=JAPAN, certificate=1),
    _act("OutcomeCancelled", 301, 350, party=JAPAN, cancellation=1),
    _adjusted(CHINA, 2021, 2),
    _adjusted(JAPAN, 2024, 3),
]


def test_the_tables_say_what_was_done(batches):
    outcomes = _outcomes(*STORY)
    found = article6.tables(batches, outcomes, 86_400)
    assert [s.Party for s in found.submission] == ["CHN", "JPN"]
    (authorization,) = found.authorizations
    assert authorization.AuthorizationId == "CHN0001"
    assert authorization.AuthorizedQuantity == 500
    assert authorization.PurposesForAuthorization == "NDC"
    assert [a.ActionType for a in found.actions] == [
        *("Authorization", "First transfer", "Acquisition", "Use", "Cancellation")
    ]
    use = found.actions[3]
    assert use.ItmoFirstId == "CA0001-15601-156-1-2021"
    assert (use.Purpose, use.UsingPartyId, use.CalendarYear) == ("NDC", "JPN", 2024)
    assert use.QuantityTCo2 == 300 and use.MitigationType == "Removals"
    assert [(h.HoldingPartyId, h.QuantityTCo2) for h in found.holdings] == [("JPN", 150)]
    assert authorization.Sector == "LULUCF"
    held = sum(h.QuantityTCo2 for h in found.holdings)
    ended = sum(a.QuantityTCo2 for a in found.actions if a.ActionType in ("Use", "Cancellation"))
    assert held + ended == authorization.AuthorizedQuantity


TOLD = [
    dated("ContributionPeriodSet", party=CHINA, firstYear=2021, lastYear=2030),
    dated(
        "EntityAuthorised", 86_400, party=CHINA, approach=b"CA0001".ljust(16, b"\0"),
        country=JAPAN, name="Example \u202eAirlines plc", registration="0100-01",
    ),
]  # fmt: skip


def test_what_parties_told_of_contributions_and_entities_is_in_the_tables(batches):
    found = article6.tables(batches, _outcomes(*STORY, *TOLD), 86_400)
    years = {s.Party: (s.NdcFirstYear, s.NdcLastYear) for s in found.submission}
    assert years == {"CHN": (2021, 2030), "JPN": (None, None)}
    (entity,) = found.entities
    assert entity.AuthorizingPartyId == "CHN" and entity.CooperativeApproachId == "CA0001"
    assert (entity.CountryOfIncorporation, entity.EntityId) == ("JPN", "0100-01")
    assert entity.Name == "Example \ufffdAirlines plc" and entity.DateOfAuthorization.year == 1970
    assert article6.tables(batches, _outcomes(*STORY, *TOLD), 1, JAPAN).entities == []


@pytest.mark.parametrize(
    "activity, kind, sector",
    [
        *((2, 1, "LULUCF"), (1, 2, "Energy"), (1, 3, "Energy"), (1, 4, "Energy"), (1, 5, "Waste")),
        *((1, 6, "Agriculture"), (2, 6, "LULUCF"), (1, 7, "Transport"), (1, 8, None), (1, 9, None)),
    ],
)
def test_a_sector_is_told_where_a_kind_lies_in_one(activity, kind, sector):
    assert article6.sector(BatchTraits(activity, kind, CHINA)) == sector


def test_the_tables_of_one_party_leave_the_others_out(batches):
    found = article6.tables(batches, _outcomes(*STORY), 86_400, JAPAN)
    assert [s.Party for s in found.submission] == ["JPN"]
    assert found.authorizations == []
    assert {h.HoldingPartyId for h in found.holdings} == {"JPN"}


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_tables_read_back_as_they_were_written(batches, tmp_path, ending):
    found = article6.tables(batches, _outcomes(*STORY, *TOLD), 86_400)
    path = tmp_path / f"aef.{ending}"
    written = article6.write(path, found)
    assert len(written) == (1 if ending == "json" else 5)
    assert article6.read(path) == found


def test_a_country_that_is_none_is_told():
    assert by_alpha3("jpn") == JAPAN and country(JAPAN).name == "Japan"
    for wrong in (lambda: country(999), lambda: by_alpha3("XXX")):
        with pytest.raises(TonneError, match=r"[Cc]ountry"):
            wrong()
