"""Each remedy with a command: where it is run, or why it is not.

The fixture `remedies_run` runs the commands of every remedy that a test of a command prints, in that very
situation. Here are situations that no other test has, and the list of codes without one.
"""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.tonne.cli import remedies
from tests.tonne.cli.remedy_runs import COMMAND, RemedyRuns, complete, program
from tests.tonne.cli.remedy_table import EXPECTED, NOT_RUN, PLAYED
from tonne.errors import TonneError

NONE = "0x" + "11" * 20
#: By code: a command line of the small market that is refused with it, and who gives it.
SITUATIONS = {
    "ACCOUNT_NOT_REGISTERED": ("market orders", "administrator"),
    "ADDRESS_UNKNOWN": ("wallet recover nobody allowance:2019", None),
    "AUTHORITY_NO_APPLICATION": (f"authority approve {NONE}", "authority"),
    "AUTHORITY_STATUS": ("authority resume trader --reason reviewed", "authority"),
    "BANKING_NOT_EXPIRED": ("expire 2019", None),
    "BOOK_INSUFFICIENT_CASH": ("market buy 99000 --price 48.00", "north"),
    "BOOK_INSUFFICIENT_LOTS": ("market sell 99000 --price 49.00", "east"),
    "BOOK_ORDER_NOT_OPEN": ("market cancel 0x5", "north"),
    "COMPLIANCE_BEFORE_DEADLINE": ("authority penalty notify 1 --period PERIOD", "authority"),
    "DEPLOYMENT_MISSING": ("status --deployments nowhere", None),
    "KEYSTORE_MISSING": ("market orders --keystore none.json", None),
    "LINKS_UNIT_REFUSED": ("recognise 1 5 --of 1", "north"),
    "MONITORING_FILE_MISSING": ("monitoring sign none.monitoring.toml", "developer"),
    "ORDER_MISSING": ("market cancel", "north"),
    "REGISTER_SHOW_WHAT": ("register show", None),
    "RETIREMENT_CERTIFICATE_UNKNOWN": ("certificate show 999", None),
    "RULES_UNKNOWN_KEY": ("authority value no.such 1 --day 2030-01-01 --source x", "authority"),
    "SCHEME_NO_KEY": ("scheme explain china-national no.such", None),
    "SETTLEMENT_DAY_END": ("energy settle close 1 2021-07-30", "trader"),
    "SETTLEMENT_WINDOW": ("energy settle take 1 2021-07-30", "trader"),
    "SIGNED_ORDER_UNREADABLE": ("market submit none.json", "north"),
    "WAITING_UNKNOWN": (f"guardian cancel 0x{'11' * 32}", "guardian"),
}


@pytest.mark.parametrize("code", SITUATIONS)
def test_the_remedy_of_a_situation_runs(code, town, tonne, remedies_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line, who = SITUATIONS[code]
    words = line.replace("PERIOD", str(town.market.period.number)).split()
    refused = tonne(*words, who=who, status=1)
    assert refused["code"] == code
    written = [c for c in COMMAND.findall(refused["remedy"]) if not program(c)]
    assert [one.written for one in remedies_run.found] == written, "every command was run"


@cache
def advised() -> dict[str, list[str]]:
    """Commands in remedies, by code; those of a code that is only known at run time by their place."""
    found: dict[str, list[str]] = {}
    for code, command in remedies.by_code():
        found.setdefault(code, []).append(command)
    return found


def valued() -> set[str]:
    """Codes with a command that takes values of its situation: others do the same everywhere, and
    `test_remedies` runs them or reads their whole line."""
    return {
        code
        for code, known in advised().items()
        if any(not complete(command) and not program(command) for command in known)
    }


def test_every_remedy_with_values_is_run_or_has_a_reason():
    listed = {*SITUATIONS, *PLAYED, *NOT_RUN}
    assert sorted(valued() - listed) == [], "neither run nor explained"
    assert sorted({*PLAYED, *NOT_RUN} - set(advised())) == [], "of no remedy with a command"
    assert sorted(set(NOT_RUN) & {*SITUATIONS, *PLAYED}) == []
    assert {code for code, _ in EXPECTED} <= listed | set(advised())


@pytest.mark.parametrize("code", PLAYED)
def test_a_remedy_is_played_where_the_table_says(code):
    path = remedies.ROOT / "tests" / "tonne" / "cli" / PLAYED[code]
    assert re.search(rf'"{code}"', path.read_text(encoding="utf-8"))


def test_a_command_that_fails_where_it_is_advised_is_found(town, tonne, everybody, tmp_path):
    runs = RemedyRuns(everybody, tmp_path)
    runs.of(TonneError("SOME", "s", remedy="`tonne auction show 99`."), ["status"])
    runs.of(TonneError("SOME", "s", remedy="`tonne auction list`."), ["status"])
    assert [(one.fault or "").partition(":")[0] for one in runs.found] == ["AUCTION_UNKNOWN", ""]
