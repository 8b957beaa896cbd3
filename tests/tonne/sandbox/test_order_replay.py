"""The Exchange gives the trades that a plain book gives: all of them, in order, and the same book."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tonne.sandbox.flows import flow
from tonne import cli
from tonne.errors import TonneError
from tonne.market.order_flow import (
    BUY,
    CANCEL,
    FOK,
    IOC,
    MARKET,
    POST_ONLY,
    SELL,
    Command,
    FlowOutcome,
    Level,
    Trade,
    match,
    read_book,
    read_commands,
    read_trades,
    write_book,
    write_commands,
    write_trades,
)
from tonne.sandbox import order_replay, trial_market
from tonne.sandbox.order_replay import ReplayRun, differences, needs, run
from tonne.sandbox.trial_market import TrialMarket

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "data" / "orderflow"


@pytest.fixture(scope="module")
def _stage() -> Iterator[TrialMarket]:
    with trial_market.standing("replay") as stage:
        yield stage


@pytest.fixture
def stage(_stage: TrialMarket) -> Iterator[TrialMarket]:
    """A market's surroundings; set back after each test."""
    mark = _stage.chain.snapshot()
    yield _stage
    _stage.chain.revert(mark)


def depth(stage: TrialMarket, found: ReplayRun) -> list[Level]:
    """The book as the lens shows it."""
    levels = [
        Level(letter, level.price, level.orders, level.lots)
        for letter, side in ((BUY, 0), (SELL, 1))
        for level in stage.chain.call("ExchangeLens", "depth", found.market, side, 100)
    ]
    return sorted(levels)


def replayed(stage: TrialMarket, commands: list[Command], expected: FlowOutcome) -> None:
    found = run(stage, commands)
    assert list(differences(found.outcome, expected)) == []
    assert depth(stage, found) == expected.book


def test_flow_out_of_a_seed_gives_what_a_plain_book_gives(stage):
    commands = flow(7, 700)
    expected = match(commands)
    refused = Counter(c.kind for c in commands if c.seq in expected.refused)
    fills = Counter(trade.seq for trade in expected.trades)
    assert refused[POST_ONLY] > 10 and refused[CANCEL] > 10 and refused[FOK] > 5
    filled = {trade.seq for trade in expected.trades}
    traded = Counter(c.kind for c in commands if c.seq in filled)
    assert traded[IOC] > 5 and traded[FOK] > 5 and traded[MARKET] > 5
    assert max(fills.values()) > 20 and len(expected.trades) > 200
    replayed(stage, commands, expected)


@pytest.mark.long
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in (1, 2))]
)
def test_much_flow_out_of_seeds_gives_what_a_plain_book_gives(stage, seed):
    commands = flow(seed, 5_000)
    replayed(stage, commands, match(commands))


def recorded(name: str) -> Path:
    path = RECORDED / name
    if not path.exists():
        pytest.skip(
            f"the recorded order flow is not here ({RECORDED / name}); it may not be passed on"
        )
    return path


def test_recorded_flow_gives_its_trades_and_its_final_book(stage):
    commands = read_commands(recorded("sample_commands.csv"))
    model = match(commands)
    expected = replace(
        model,
        trades=read_trades(recorded("sample_trades.csv")),
        book=read_book(recorded("sample_final_book.csv")),
    )
    assert list(differences(model, expected)) == []
    replayed(stage, commands, expected)


# ---------------------------------------------------------------------- what is told

TRADES = [Trade(3, 4, 1, 100, 5), Trade(5, 6, 2, 101, 7)]
SOUND = FlowOutcome(TRADES, [2], [Level(BUY, 99, 1, 5), Level(SELL, 102, 2, 8)])


@pytest.mark.parametrize(
    "found, said",
    [
        (replace(SOUND, trades=[*TRADES[:1], TRADES[1]._replace(lots=8)]), "Trade 2 is 8 at 101"),
        (replace(SOUND, trades=[*TRADES[:1], TRADES[1]._replace(maker=1)]), "of order 1"),
        (replace(SOUND, trades=[TRADES[1], TRADES[0]]), "Trade 1 is 7"),
        (replace(SOUND, trades=TRADES[:1]), "There are 1 trades; expected were 2"),
        (replace(SOUND, refused=[]), "Command 2 was not refused"),
        (replace(SOUND, refused=[2, 9]), "Command 9 was refused"),
        (replace(SOUND, book=SOUND.book[:1]), "ask 102 with 8 in 2 orders stands only in what"),
        (replace(SOUND, book=[Level(BUY, 99, 1, 4), *SOUND.book[1:]]), "bid 99 with 4 in 1 orders"),
    ],
)
def test_a_difference_is_told(found, said):
    [told] = differences(found, SOUND)
    assert said in told


def test_equal_outcomes_have_no_difference():
    assert list(differences(SOUND, SOUND)) == []


@pytest.mark.parametrize(
    "commands",
    [
        [Command(i, "LIMIT", i + 1, SELL, 10, (1 << 32) - 1) for i in range(3)],
        [Command(0, "LIMIT", 1, BUY, 1 << 20, (1 << 32) - 1)],
        [Command(i, "LIMIT", i + 1, "BS"[i], 1 << 17, (1 << 32) - 1) for i in range(2)],
    ],
)
def test_flow_larger_than_a_market_is_refused(stage, commands):
    with pytest.raises(TonneError) as caught:
        run(stage, commands)
    assert caught.value.code == "REPLAY_TOO_LARGE"


#: A bid, and asks at its price that must only post, each as large as an order can be.
MOST = (1 << 32) - 1
STANDING = [Command(0, "LIMIT", 1, BUY, 100, 1)]
REFUSED = [Command(i, POST_ONLY, i + 1, SELL, 100, MOST) for i in range(1, 4)]


def test_refused_posts_of_one_owner_are_open_at_no_time_together(monkeypatch):
    monkeypatch.setattr(order_replay, "OWNERS", 1)
    commands = [*STANDING, *REFUSED]
    assert match(commands).refused == [1, 2, 3]
    assert needs(commands, match(commands)) == {(BUY, 0): 100, (SELL, 0): MOST}


def test_a_refused_post_of_a_buyer_needs_no_cash():
    commands = [Command(0, "LIMIT", 1, SELL, 100, 1), Command(1, POST_ONLY, 2, BUY, 100, MOST)]
    assert needs(commands, match(commands)) == {(SELL, 0): 1}


def test_a_file_whose_refused_posts_would_be_too_large_together_is_replayed(stage, monkeypatch):
    monkeypatch.setattr(order_replay, "OWNERS", 1)
    commands = [*STANDING, *REFUSED, Command(4, CANCEL, 2, SELL, 0, 0)]
    replayed(stage, commands, match(commands))


def test_of_each_kind_one_expected_refusal_is_traced(stage, monkeypatch):
    commands = flow(7, 200)
    traced: list[str] = []
    traces = stage.chain.sender._traces
    monkeypatch.setattr(
        stage.chain.sender, "_traces", lambda hashes: traced.extend(hashes) or traces(hashes)
    )
    monkeypatch.setattr(order_replay, "BATCH", 5)
    found = run(stage, commands)
    assert len(found.outcome.refused) > 10
    assert 0 < len(traced) <= 2 * order_replay.BATCH


def test_a_refusal_for_another_reason_is_told(stage, monkeypatch):
    monkeypatch.setitem(order_replay.ANSWERS, POST_ONLY, "BOOK_INSUFFICIENT_LOTS")
    with pytest.raises(TonneError) as caught:
        run(stage, [*STANDING, *REFUSED[:1]])
    assert caught.value.code == "REPLAY_REFUSED"


# ---------------------------------------------------------------------- the command


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    commands = flow(3, 60)
    outcome = match(commands)
    paths = (tmp_path / "commands.csv", tmp_path / "trades.csv", tmp_path / "book.csv")
    write_commands(paths[0], commands)
    write_trades(paths[1], outcome.trades)
    write_book(paths[2], outcome.book)
    return paths


def test_the_command_says_that_all_is_equal(files, capsys):
    commands, trades, book = map(str, files)
    cli_run(["market", "replay", commands, "--expect", trades, "--expect-book", book, "--json"])
    data = json.loads(capsys.readouterr().out)
    assert data["equal"] and data["differences"] == []
    assert data["commands"] == 60
    assert data["trades"] == len(read_trades(files[1])) > 0
    assert sum(gas["total"] for gas in data["gas"].values()) == data["totalGas"]


def test_the_command_ends_with_1_when_a_trade_is_another(files, capsys):
    commands, trades, _ = files
    wrong = read_trades(trades)
    write_trades(trades, [wrong[0]._replace(lots=wrong[0].lots + 1), *wrong[1:]])
    with pytest.raises(SystemExit) as ended:
        cli_run(["market", "replay", str(commands), "--expect", str(trades)])
    assert ended.value.code == 1
    assert "REPLAY_DIFFERS" in capsys.readouterr().err


def cli_run(arguments: list[str]) -> None:
    try:
        cli.main(arguments)
    except SystemExit as ended:
        if ended.code:
            raise
