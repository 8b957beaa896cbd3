"""What contracts refuse, in the words of the market."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tonne.chain.contract import interface
from tonne.chain.natspec import error_notices
from tonne.chain.revert_messages import REMEDIES, SENTENCES
from tonne.chain.reverts import ErrorBook, spoken
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError, why
from tonne.types import unit_id
from tools import error_reference

ABIS = sorted((Path(__file__).resolve().parents[3] / "abi").glob("*.json"))
#: Prefixes of the market's own errors; its users meet all of them.
OURS = (
    *("Auction", "BlockTrades", "Book", "Exchange", "Limits", "Makers", "Months", "Pledges"),
    "CreditPledges",
    *("Certificates", "Clearing", "Grid", "Losses", "Power", "Settlement", "Trades"),
)

#: Unit of a series of energy credits, the second that was opened.
SERIES = unit_id.pack(unit_id.ENERGY_CREDIT, 1, 2026, 2)


@pytest.fixture(scope="module")
def book():
    found = ErrorBook()
    for path in ABIS:
        abi = json.loads(path.read_text(encoding="utf-8"))
        found.learn(abi["abi"] if isinstance(abi, dict) else abi, error_notices)
    return found


def _kinds(book):
    return {kind.name: kind for kind in book._kinds.values()}


def test_every_refusal_of_the_market_is_a_sentence(book):
    kinds = _kinds(book)
    assert "BookInsufficientLots" in kinds
    bare = [
        name
        for name, kind in kinds.items()
        if name.startswith(OURS) and not kind.notice and name not in SENTENCES
    ]
    assert bare == []


def test_sentences_name_values_that_there_are(book):
    kinds = _kinds(book)
    wrong = [
        (name, value)
        for name, sentence in SENTENCES.items()
        if name in kinds
        for value in re.findall(r"[{`](\w+)[}`]", sentence)
        if value not in kinds[name].inputs.names
    ]
    assert wrong == []
    own = [name for name in SENTENCES if name.startswith(OURS)]
    assert [name for name in own if name not in kinds] == []


def test_remedies_are_for_errors_that_there_are(book):
    names = _kinds(book).keys() | SENTENCES.keys()
    assert [end for end in REMEDIES if not any(name.endswith(end) for name in names)] == []


def test_the_table_of_errors_is_up_to_date():
    assert error_reference.PAGE.read_text(encoding="utf-8") == error_reference.page()


def _thrown(book, name, *values):
    kind = _kinds(book)[name]
    from eth_abi import encode

    from tonne.crypto.hashing import keccak

    types = kind.inputs.type.strip("()").split(",")
    selector = keccak((name + kind.inputs.type).encode())[:4]
    return "0x" + (selector + encode(types, values)).hex()


def _said(book, name, *values):
    return book.read(_thrown(book, name, *values)).sentence


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        (
            "LensPriceOffGrid",
            (482_050, 0, 100),
            "A price of 48.2050 is not on the market's grid, which has a price every 0.01 from 0.00 on.",
        ),
        ("ExchangeParticipantNotActive", (7, 3), "Participant 7 is suspended, not active."),
        ("MakersBadDuties", (b"presencePpm".ljust(32, b"\0"),), None),
        (
            "MakersTooEarly",
            (18_824, 18_825),
            "Duties can begin 2021-07-17 at the earliest, not 2021-07-16.",
        ),
        (
            "SchemesNoPower",
            ("0x" + "11" * 20, 1, 0, 16),
            "0x1111111111111111111111111111111111111111 is no officer with the power to run markets in"
            " scheme 1 (jurisdiction all).",
        ),
        (
            "GridShareUsed",
            (1, 32),
            "Scheme 1 has used its share of the grid, 32.",
        ),
        (
            "ClearingOverLimit",
            (17, 0, 900, 800),
            "At the price of node 17, bids, 900 Wh would be accepted of 800.",
        ),
        ("PowerWrongStage", (7, 2), "Interval 7 is being cleared."),
        (
            "OffsetBatchStatus",
            (2 << 96 | 1 << 80 | 2020 << 64 | 3, 2),
            "The status of a batch does not allow the call (id credit 2020 #3, status locked).",
        ),
        (
            "UnitZeroAmount",
            (1 << 96 | 1 << 80 | 2020 << 64,),
            "Zero units would be issued or exit (id allowance 2020).",
        ),
        (
            "ComplianceNothingTraded",
            (1, 24_298, 24_299),
            "Nothing was traded in the months of the price, 2024-11 to 2024-12 (scheme 1).",
        ),
        (
            "PauseTooSoon",
            (1_736_319_946,),
            "A pause follows another too soon. Wait until 2025-01-08 07:05:46 UTC.",
        ),
        (
            "PauseBadLength",
            (90_000, 86_400),
            "A pause has no length or too much. Pause for at most 24 hours (length 25 hours).",
        ),
        (
            "PauseBadLength",
            (1, 86_400),
            "A pause has no length or too much. Pause for at most 24 hours (length 1 s).",
        ),
    ],
)
def test_values_are_as_people_write_them(book, name, values, sentence):
    said = _said(book, name, *values)
    if sentence is None:
        assert "presencePpm is out of its bounds" in said
    else:
        assert said == sentence
    assert spoken(name) not in said


@pytest.mark.parametrize(
    ("name", "values", "sentence", "command"),
    [
        (
            "EnergyCreditsOverReceiverLimit",
            (SERIES, 7, 1_090_000_000, 100_000_000),
            "Participant 7 would have been issued 1,090 credits of energy credit 2026 #2 in all; its"
            " limit is 100.",
            "tonne credit limit SERIES CREDITS --participant WHO",
        ),
        (
            "EnergyCreditsOverLimit",
            (SERIES, 1_000_500_000, 10**9),
            "1,000.5 credits of energy credit 2026 #2 would be outstanding; the limit is 1,000.",
            "tonne credit limit SERIES CREDITS --reason TEXT",
        ),
        (
            "EnergyCreditsRecordShort",
            (SERIES, 3, 30_000_000, 29_999_999),
            "Record 3 of the collateral of energy credit 2026 #2 has 29.999999 credits left, not 30.",
            "tonne credit collateral SERIES CREDITS --document FILE",
        ),
        (
            "EnergyCreditsUncovered",
            (SERIES, 30_000_000, 20_000_000),
            "30 credits of energy credit 2026 #2 would be outstanding; its collateral is 20.",
            "tonne credit collateral SERIES CREDITS --document FILE",
        ),
        (
            "PowerInsufficientCredits",
            (12, 250_000, 1_000_000),
            "Account 12 has 0.25 credits free, 1 are needed; what orders and trades bind is not free.",
            "tonne energy pay-in AMOUNT --as NAME",
        ),
        (
            "BidDepositTooSmall",
            (12, 250_000, 1_000_000),
            "Participant 12 has 0.25 credits set aside, 1 are needed.",
            "",
        ),
        (
            "SettlementMoneyOpen",
            (0, 7, -1_500_000),
            "Money of node 0 in interval 7 is open by -1.5 credits.",
            "",
        ),
    ],
)
def test_amounts_of_energy_credits_are_in_credits(book, name, values, sentence, command):
    refused = book.error(_thrown(book, name, *values), "x")
    assert refused.message == sentence
    assert command in refused.remedy


def test_a_balance_is_of_its_unit_and_its_remedy_fits_all(book):
    wallet = "0x" + "11" * 20
    short = ("ERC1155InsufficientBalance", wallet, 2_500_000, 5_000_000)
    said = book.error(_thrown(book, *short, SERIES), "x")
    told = "holds 2.5 credits of energy credit 2026 #2; 5 credits are needed."
    assert said.message.endswith(told) and "exchange" not in said.remedy
    assert (said.revert.args["balance"], said.revert.args["needed"]) == (2_500_000, 5_000_000)
    allowance = 1 << 96 | 1 << 80 | 2020 << 64
    assert "2,500,000 of allowance 2020" in _said(book, *short, allowance)


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        (
            "SettlementWindow",
            (1_736_319_946,),
            "The time limit is 2025-01-08 07:05:46 UTC: disputes, requests and answers come by then,"
            " payments and a takeover after it.",
        ),
        (
            "SettlementWindow",
            (21_600,),
            "The time limit is not known before the day's list of payments is posted: disputes, requests"
            " and answers come by then, payments and a takeover after it.",
        ),
        (
            "SettlementDayEnd",
            (0, 20_096, 1_736_319_946),
            "Node 0 is not at this step of 2025-01-08; its time limit is 2025-01-08 07:05:46 UTC.",
        ),
        (
            "RecoveryHearing",
            (7, 1_736_319_946),
            "The hearing of participant 7 lasts until 2025-01-08 07:05:46 UTC; nothing is decided before.",
        ),
        (
            "LimitsPending",
            (0, 1_736_319_946),
            "An earlier change of node 0 is valid from 2025-01-08 07:05:46 UTC on, and no other is taken"
            " before.",
        ),
    ],
)
def test_times_of_a_step_are_said_in_one_sentence(book, name, values, sentence):
    refused = book.error(_thrown(book, name, *values), "x")
    assert refused.message == sentence
    assert "tonne" in refused.remedy and refused.message not in refused.remedy


def test_a_remedy_of_the_documentation_has_the_values(book):
    moment = 1_736_319_946
    data = _thrown(book, "ProceedsMarked", 7, 1, moment)
    assert book.error(data, "x").remedy == "Mark it from 2025-01-08 07:05:46 UTC on."


def test_lots_bought_today_are_said_to_be_sold_later(book):
    remedy = book.error(_thrown(book, "BookInsufficientLots", 0, 5), "x").remedy
    assert "from the next session on" in remedy and "tonne market deposit units" in remedy


def test_a_sentence_for_people_names_field_and_value_once():
    plain = TonneError("X_BAD", "This is not an amount.", "amount", "4x8", "Write it like 48.00.")
    assert str(plain) == "X_BAD: This is not an amount (amount: 4x8). Write it like 48.00."
    named = TonneError("X_BAD", "There is no auction 7.", "auction", 7)
    assert str(named) == "X_BAD: There is no auction 7."


def test_why_a_file_cannot_be_read_is_told_without_numbers(tmp_path):
    with pytest.raises(OSError, match="No such file") as missing:
        (tmp_path / "none").read_text()
    assert why(missing.value) == "no such file or directory"
    assert why(KeyError("hash")) == "it has no hash"
    with pytest.raises(ValueError, match="Expecting") as torn:
        json.loads('{\n"hash":')
    assert why(torn.value) == "line 2 is not JSON"


def test_errors_and_their_documentation_are_read_when_one_is_thrown():
    asked = []
    abi = [{"type": "error", "name": "ParticipantsUnknown", "inputs": []}]

    def notices():
        asked.append(True)
        return {"ParticipantsUnknown": "Thrown when nobody has the number."}

    found = ErrorBook()
    found.learn(abi, notices)
    assert not asked
    assert found.read("0x" + interface(abi).errors[0].selector).name == "ParticipantsUnknown"
    found.read("0x" + interface(abi).errors[0].selector)
    assert len(asked) == 1
    assert interface(abi) is interface(abi)


def test_a_deadline_that_no_calendar_has_is_never(book):
    selector = keccak(b"BidDisputeOpen(bytes32,uint40)")[:4].hex()

    def told(deadline: int) -> str:
        return book.read(f"0x{selector}{7:064x}{deadline:064x}").sentence

    assert "never" in told(2**40 - 1)
    assert "9999-12-31 23:59:59 UTC" in told(253_402_300_799)


@pytest.mark.parametrize(
    "date, latest, said",
    [
        (1_900_000_000, 1_800_000_000, "2030-03-17 17:46:40 UTC is further ahead than 2027-01-15 08:"),
        (2**64 - 1, 1_800_000_000, "The time 18,446,744,073,709,551,615 s is further ahead"),
        (60_000, 57_000, "2134-04-11 is further ahead than 2126-01-23"),
        (2**32 - 1, 57_000, "Day 4,294,967,295 is further ahead than 2126-01-23"),
        (2_200_000, 2_100_000, "2200000 is further ahead than 2100000"),
        (2200, 2126, "2200 is further ahead than 2126"),
    ],
    ids=["seconds", "beyond calendars", "days", "beyond days", "intervals", "years"],
)  # fmt: skip
def test_a_date_beyond_the_horizon_is_written_in_its_unit(book, date, latest, said):
    selector = keccak(b"HorizonExceeded(uint256,uint256)")[:4]
    data = selector + date.to_bytes(32, "big") + latest.to_bytes(32, "big")
    assert book.read("0x" + data.hex()).sentence.startswith(said)
