"""Two legs, and who pays when somebody does not deliver."""

from __future__ import annotations

import pytest
from eth_abi import encode
from hypothesis import given
from hypothesis import strategies as st

from tests.tonne.power import settlements
from tonne.crypto.merkle import leaf_hash
from tonne.errors import TonneError
from tonne.power.settlement import Position, Tariff, give_back, net_of, settle
from tonne.power.settlement_runs import (
    LINE_SUMS,
    AccountLine,
    DaySums,
    line_tree,
    lines_of,
    totals,
)

PRICE = 80_000  # [micro-credit/kWh]
SELLER, BUYER, GRID = 1, 2, 3
SINGLE = Tariff()
DUAL = Tariff(spread_ppm=250_000)


def amounts(positions: list[Position], tariff: Tariff = SINGLE) -> dict[int, int]:
    return {line.account: line.net for line in settle(positions, PRICE, tariff).lines}


@pytest.mark.parametrize(
    "name, delivered, used, grid, seller, buyer",
    [
        ("as agreed", 1_000, 1_000, 0, 80_000, -80_000),
        ("seller short: the seller pays the grid", 700, 1_000, 300, 56_000, -80_000),
        ("buyer short: the buyer gets back what it left", 1_000, 700, -300, 80_000, -56_000),
        ("both short: each for itself", 700, 600, -100, 56_000, -48_000),
        ("meter of the seller missing: nothing delivered", 0, 1_000, 1_000, 0, -80_000),
        ("meter of the buyer missing: nothing used", 1_000, 0, -1_000, 80_000, 0),
    ],
)
def test_who_does_not_deliver_pays(
    name: str, delivered: int, used: int, grid: int, seller: int, buyer: int
) -> None:
    positions = [
        Position(SELLER, metered_wh=delivered, sold_wh=1_000),
        Position(BUYER, metered_wh=-used, bought_wh=1_000),
        Position(GRID, metered_wh=grid),
    ]
    settled = settle(positions, PRICE, SINGLE)
    assert settled.imbalance_wh == 0
    assert [line.net for line in settled.lines] == [seller, buyer, -seller - buyer]
    assert (settled.surplus, settled.rounding) == (0, 0)


def test_dual_prices_make_imbalance_dear_and_leave_a_surplus() -> None:
    positions = [
        Position(SELLER, metered_wh=700, sold_wh=1_000),
        Position(BUYER, metered_wh=-1_000, bought_wh=1_000),
        Position(GRID, metered_wh=300),
    ]
    settled = settle(positions, PRICE, DUAL)
    # 300 Wh: the seller pays 24,000 and a quarter, the grid gets 24,000 less a quarter.
    assert [line.imbalance for line in settled.lines] == [-30_000, 0, 18_000]
    assert settled.surplus == 12_000


def test_a_share_of_the_loss_is_energy_one_owes() -> None:
    positions = [
        Position(SELLER, metered_wh=1_050, sold_wh=1_000, loss_wh=23),
        Position(BUYER, metered_wh=-1_000, bought_wh=1_000, loss_wh=27),
    ]
    settled = settle(positions, PRICE, SINGLE)
    assert [line.imbalance_wh for line in settled.lines] == [27, -27]
    assert settled.imbalance_wh == 0


def test_fees_are_paid_by_metered_import_and_export() -> None:
    tariff = Tariff(fee_import=10_001, fee_export=2_000)
    settled = settle(
        [Position(SELLER, metered_wh=500), Position(BUYER, metered_wh=-500)], 0, tariff
    )
    assert [line.fee for line in settled.lines] == [-1_000, -5_001]  # rounded up, the payer's
    assert settled.fees == 6_001


def test_a_price_counts_by_what_was_delivered_at_it() -> None:
    def short(traded_wh: int, phantom_wh: int, price: int) -> int:
        """What a buyer pays for 100 Wh more than it bought."""
        positions = [
            Position(SELLER, metered_wh=traded_wh + 100, sold_wh=traded_wh),
            Position(BUYER, metered_wh=-traded_wh - 100, bought_wh=traded_wh),
            Position(4, metered_wh=0, sold_wh=phantom_wh),
            Position(5, metered_wh=0, bought_wh=phantom_wh),
        ]
        return settle(positions, price, SINGLE, reference=PRICE).lines[1].imbalance

    # 1,800 Wh of 2,200 were delivered behind the price: it counts by nine parts of eleven.
    assert short(1_000, 0, 2 * PRICE) == -14_546
    # Energy that is not delivered adds no weight to a price, and a price that has no other is none.
    assert short(1_000, 2_000, 2 * PRICE) == -14_546
    assert short(0, 2_000, 2 * PRICE) == short(0, 2_000, 10 * PRICE) == -8_000
    # Nor is a short position worth less than the reference.
    assert short(1_000, 0, PRICE // 2) == -8_000


def test_a_surplus_returns_by_metered_volume() -> None:
    positions = [
        Position(SELLER, 0, volume_wh=3),
        Position(BUYER, 0, volume_wh=4),
        Position(SELLER, 0, volume_wh=3),
    ]
    assert give_back(1_001, positions) == {SELLER: 600, BUYER: 400}
    assert give_back(-1_001, positions) == give_back(1_001, []) == {}
    assert give_back(7, [Position(SELLER, 5)]) == {}
    assert net_of([{1: 5, 2: -3}, {1: -5, 3: 9}]) == {2: -3, 3: 9}


positions_of_many = st.lists(
    st.builds(
        Position,
        account=st.integers(1, 9),
        metered_wh=st.integers(-(10**7), 10**7),
        sold_wh=st.integers(0, 10**7),
        bought_wh=st.integers(0, 10**7),
        loss_wh=st.integers(0, 10**5),
        traded_wh=st.integers(-(10**6), 10**6),
    ),
    max_size=30,
)


@given(
    positions_of_many,
    st.integers(0, 2**32 - 1),
    st.builds(Tariff, st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6)),
    st.integers(-(10**7), 10**7),
)
def test_money_sums_to_zero_with_surplus_and_rounding(
    positions: list[Position], price: int, tariff: Tariff, open_wh: int
) -> None:
    settled = settle(positions, price, tariff, open_wh)
    assert settled.net + settled.fees + settled.operator + settled.surplus + settled.rounding == 0
    # Never to anybody's favour but this account's.
    assert 0 <= settled.rounding <= 3 * (len(positions) + 1) + 1


@given(st.integers(-(10**12), 10**12), st.dictionaries(st.integers(1, 99), st.integers(0, 10**9)))
def test_what_is_given_back_is_there(surplus: int, volumes: dict[int, int]) -> None:
    positions = [Position(account, 0, volume_wh=wh) for account, wh in volumes.items()]
    returned = give_back(surplus, positions)
    rest = surplus - sum(returned.values())
    assert not returned or 0 <= rest < len(volumes)
    assert all(share >= 0 for share in returned.values())


def test_what_lines_do_not_bear_is_the_operators() -> None:
    # 1,000 Wh come in, 950 are used: 50 Wh were lost, and no loss is dealt out yet.
    positions = [Position(GRID, metered_wh=1_000), Position(BUYER, metered_wh=-950)]
    settled = settle(positions, PRICE, SINGLE, open_wh=-50)
    assert (settled.net, settled.operator) == (4_000, -4_000)
    dealt = [
        Position(GRID, metered_wh=1_000, loss_wh=22),
        Position(BUYER, metered_wh=-950, loss_wh=28),
    ]
    assert settle(dealt, PRICE, SINGLE, open_wh=0).operator == 0


def test_energy_by_contract_is_delivered_but_paid_elsewhere() -> None:
    positions = [
        Position(SELLER, metered_wh=700, traded_wh=1_000),
        Position(BUYER, metered_wh=-1_000, traded_wh=-1_000),
        Position(GRID, metered_wh=300),
    ]
    settled = settle(positions, PRICE, SINGLE)
    # The seller bought what it did not deliver; the buyer has it and pays by its contract.
    assert [line.net for line in settled.lines] == [-24_000, 0, 24_000]


def test_the_vectors_of_the_contract_are_this_models() -> None:
    assert settlements.PATH.read_text(encoding="utf-8") == settlements.text()


#: The fields of an `AccountLine`: bits, and whether with a sign; its sums come last.
BITS = [
    *((32, False), (48, True), (48, False), (48, False), (48, True), (48, False)),
    *((88, True), (88, True), (72, False)),
]
RANGES = [(-(1 << b - 1), (1 << b - 1) - 1) if signed else (0, (1 << b) - 1) for b, signed in BITS]


def _line(numbers, salt=bytes(32)):
    return AccountLine(*numbers[:7], DaySums(*numbers[7:]), salt)


@given(
    st.tuples(*(st.one_of(st.sampled_from(r), st.integers(*r)) for r in RANGES)),
    st.binary(min_size=32, max_size=32),
)
def test_a_leaf_is_of_the_line_as_the_chain_encodes_it(numbers, salt):
    """Each field at its place, see `contracts/lib/AccountLine.sol`."""
    line = _line(numbers, salt)
    account, metered, sold, bought, traded, loss, net, *day = numbers
    words = (
        (account, 0), (metered % 2**48, 32), (sold, 80), (bought, 128), (traded % 2**48, 176),
    )  # fmt: skip
    money = net % 2**88 | loss << 88
    sums = day[0] % 2**88 | day[1] << 88
    expected = (sum(value << at for value, at in words), money, sums, salt)
    assert line.shown() == expected
    assert line.leaf() == leaf_hash(encode(["(uint256,uint256,uint256,bytes32)"], [expected]))


@pytest.mark.parametrize("place", range(len(RANGES)))
def test_a_number_that_does_not_fit_its_type_makes_no_leaf(place):
    for beyond in (RANGES[place][0] - 1, RANGES[place][1] + 1):
        numbers = [0] * len(RANGES)
        numbers[place] = beyond
        with pytest.raises((OverflowError, TonneError)):
            _line(numbers).leaf()


def test_totals_are_the_sums_of_the_tree_of_lines():
    """Each line adds its metered energy by direction and its imbalance by sign, as `LineTree` does."""
    positions = [
        Position(7, -1_000, bought_wh=1_200, loss_wh=3),
        Position(8, 700, sold_wh=1_000),
        Position(9, 0, traded_wh=-5),
    ]
    settled = settle(positions, 80_000, Tariff())
    lines = lines_of(positions, settled, [bytes([i]) * 32 for i in range(3)])
    assert [line.imbalance_wh for line in lines] == [197, -300, 5]
    assert [line.imbalance_wh for line in settled.lines] == [197, -300, 5]
    own = line_tree(lines)
    root, *_, long, short, imports, exports = totals(lines, settled, bytes(32), 0, 3)[:11]
    assert (root, long, short, imports, exports) == (own.root, 202, 300, 1_000, 700)
    assert LINE_SUMS.unpack(own.sums) == {
        "imports": 1_000, "exports": 700, "long": 202, "short": 300
    }  # fmt: skip


def test_a_line_too_large_for_the_tree_has_none():
    line = AccountLine(7, 1 << 46, 0, 0, 0, 0, 0, DaySums(), bytes(32))
    line_tree([line])
    with pytest.raises(TonneError, match="do not fit"):
        line_tree([line, line])
