// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BlockFees, BlockTicket, IBlockTrades} from "../../interfaces/market/IBlockTrades.sol";
import {MarketConfig, MarketRules} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, UnitId} from "../../interfaces/types/Ids.sol";
import {DeskBase} from "./DeskBase.sol";

/// @dev The reference price of a month: turnover over volume of listed and block trades.
contract MonthsTest is DeskBase {
    /// @dev Monday 2 December 2024, local days since 1970-01-01.
    uint256 private constant DECEMBER = 20_059;

    IBlockTrades private blocks;
    uint64 private nonces;

    function setUp() public override {
        super.setUp();
        blocks = IBlockTrades(deployCode("BlockTrades.sol:BlockTrades", abi.encode(exchange)));
        exchange.setController(address(blocks), 16);
        rules.setWeekdays(DECEMBER - 7, 60);
    }

    function _rules() internal view override returns (MarketRules memory r) {
        r = super._rules();
        (r.takerFeePpm, r.makerFeePpm) = (0, 0);
        r.maximumLots = type(uint32).max;
        r.blockBandPpm = 900_000;
    }

    function _block(MarketId market_, uint256 lots, uint256 price) private {
        BlockTicket memory ticket = BlockTicket({
            market: market_,
            seller: _id(sellerId),
            sellerWallet: seller,
            buyer: _id(buyerId),
            buyerWallet: buyer,
            lots: uint40(lots),
            price: uint64(price),
            nonce: ++nonces,
            deadline: type(uint64).max
        });
        bytes32 hash = blocks.ticketHash(ticket);
        blocks.trade(ticket, _sign(sellerKey, hash), _sign(buyerKey, hash));
    }

    function _sign(uint256 key, bytes32 hash) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
        return abi.encodePacked(r, s, v);
    }

    function _price(uint256 year, uint256 month) private view returns (uint256 price, bool over) {
        (price,,, over) = blocks.monthPrice(market, year, month);
    }

    /// @dev Published for December 2024: 7,385,561,333.79 yuan for 75,365,531 t, listed and block; 98.00 is what the
    /// authority of Shizuishan reckoned with: 865,300 t short x 98.00 x 5 = 423,997,000 yuan. Split here as it was: blocks
    /// were 82 % of the volume.
    function test_monthPrice_ofDecember2024IsTheOneThePenaltyUsed() public {
        uint256 cents = 738_556_133_379;
        uint256 tonnes = 75_365_531;
        _deposit(seller, tonnes, 0);
        _deposit(buyer, 0, 800_000_000_000);
        // Friday 29 November closes at 95.00, so that all prices below are inside the bands.
        vm.prank(officer);
        exchange.setMarketRules(market, _wide());
        _open(DECEMBER - 3);
        _place(seller, SELL, 9_500, 1);
        _take(buyer, BUY, 9_500, 1);
        _afternoon(DECEMBER);

        // Blocks of 61,800,000 t at 97.91; the rest is listed, at two prices that give the exact turnover.
        _block(market, 61_800_000, 979_100);
        uint256 lots = tonnes - 61_800_000;
        uint256 rest = cents - uint256(61_800_000) * 9_791;
        uint256 low = rest / lots;
        uint256 dear = rest - low * lots;
        uint256 midnight = DECEMBER * 1 days - LOCAL;
        vm.warp(midnight + 10 hours);
        _place(seller, SELL, low, lots - dear);
        _take(buyer, BUY, low, lots - dear);
        _place(seller, SELL, low + 1, dear);
        _take(buyer, BUY, low + 1, dear);

        (uint256 price, uint256 volume, uint256 turnover, bool over) = blocks.monthPrice(market, 2024, 12);
        assertEq(volume, 75_365_531);
        assertEq(turnover, 73_855_613_337_900);
        assertEq(price, 9_800, "97.9965 to the nearest 0.01 is 98.00");
        assertFalse(over, "December still runs");
        assertEq(uint256(865_300) * price * 5, 42_399_700_000, "423,997,000 yuan");

        vm.warp((DECEMBER + 30) * 1 days - LOCAL - 1); // the last second of 31 December, local time
        (, over) = _price(2024, 12);
        assertFalse(over);
        vm.warp((DECEMBER + 30) * 1 days - LOCAL);
        (price, over) = _price(2024, 12);
        assertTrue(over);
        assertEq(price, 9_800);
    }

    function _wide() private view returns (MarketRules memory r) {
        r = _rules();
        r.bandPpm = 990_000;
        r.blockBandPpm = 999_000;
    }

    function test_monthPrice_isOfListedTradesWhereThereIsNoBlock() public {
        _afternoon(FIRST_DAY);
        vm.warp(_at(FIRST_DAY));
        _place(seller, SELL, 4_801, 3);
        _take(buyer, BUY, 4_801, 3);
        _place(seller, SELL, 4_802, 2);
        _take(buyer, BUY, 4_802, 2);
        (uint256 price,) = _price(2021, 7);
        assertEq(price, 4_801, "48.014");
    }

    function test_monthPrice_isOfBlocksWhereNothingWasListed() public {
        _afternoon(FIRST_DAY);
        _block(market, 100_000, 500_000);
        _block(market, 100_000, 500_100);
        (uint256 price, bool over) = _price(2021, 7);
        assertEq(price, 5_001, "a tie goes up: 50.005");
        assertFalse(over);
    }

    function test_monthPrice_needsATrade() public {
        _afternoon(FIRST_DAY);
        vm.expectRevert(
            abi.encodeWithSelector(IBlockTrades.BlockTradesNoTradeInMonth.selector, market, uint256(2021), uint256(7))
        );
        blocks.monthPrice(market, 2021, 7);
        _block(market, 100_000, 500_000);
        vm.expectRevert(
            abi.encodeWithSelector(IBlockTrades.BlockTradesNoTradeInMonth.selector, market, uint256(2021), uint256(6))
        );
        blocks.monthPrice(market, 2021, 6);
    }

    function test_monthPrice_knowsTwelveMonths() public {
        uint256[3] memory months = [uint256(0), 13, type(uint256).max];
        for (uint256 i; i < months.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IBlockTrades.BlockTradesBadMonth.selector, uint256(2021), months[i]));
            blocks.monthPrice(market, 2021, months[i]);
        }
        vm.expectRevert(abi.encodeWithSelector(IBlockTrades.BlockTradesBadMonth.selector, uint256(1) << 16, uint256(1)));
        blocks.monthStatistics(market, 1 << 16, 1);
        assertEq(blocks.monthStatistics(market, type(uint16).max, 12).lots, 0);
    }

    /// @dev A lot of 1,000 t at 48,000 yuan is 48.00 a tonne.
    function test_monthPrice_isOfAUnitNotOfALot() public {
        MarketConfig memory config = _config();
        config.lotSize = 1_000;
        config.tickSize = 100_000;
        config.rules.blockMinimumLots = 100;
        UnitId other = UnitId.wrap((uint256(2) << 96) | (uint256(1) << 80) | (uint256(2019) << 64) | 1);
        vm.prank(officer);
        MarketId second = exchange.createMarket(other, SCHEME, address(currency), config);
        vm.warp((FIRST_DAY + 3) * 1 days - LOCAL + 14 hours);
        exchange.openDay(second);
        units.mint(seller, UnitId.unwrap(other), 100_000);
        vm.prank(seller);
        units.safeTransferFrom(seller, address(exchange), UnitId.unwrap(other), 100_000, "");
        currency.mint(buyer, 500_000_000);
        vm.startPrank(buyer);
        currency.approve(address(exchange), 500_000_000);
        exchange.depositCash(second, 500_000_000);
        vm.stopPrank();
        _block(second, 100, 480_100_000);
        (uint256 price, uint256 lots,,) = blocks.monthPrice(second, 2021, 7);
        assertEq(price, 4_801);
        assertEq(lots, 100);
    }

    function testFuzz_monthPrice_isTurnoverOverVolumeToTheNearestCent(
        uint256 lots,
        uint256 tick,
        uint256 listed,
        uint256 at
    ) public {
        _deposit(buyer, 0, 100_000_000_000);
        _deposit(seller, 2_000_000, 0);
        _afternoon(FIRST_DAY);
        lots = bound(lots, 100_000, 1_000_000);
        listed = bound(listed, 1, 1_000_000);
        (uint256 low, uint256 high) = blocks.band(market);
        tick = bound(tick, low, high);
        at = bound(at, 4_320, 5_280);
        _block(market, lots, tick * 100);
        vm.warp(_at(FIRST_DAY));
        _place(seller, SELL, at, listed);
        _take(buyer, BUY, at, listed);
        (uint256 price, uint256 volume, uint256 turnover,) = blocks.monthPrice(market, 2021, 7);
        assertEq(volume, lots + listed);
        assertEq(turnover, (lots * tick + listed * at) * 100);
        uint256 exact = lots * tick + listed * at; // [0.01 x lots]
        assertTrue(2 * price * volume + volume > 2 * exact && 2 * price * volume <= 2 * exact + volume);
    }

    function test_monthStatistics_followTheLocalCalendar() public {
        uint256 last = FIRST_DAY + 14; // Friday 30 July 2021
        _afternoon(last);
        _block(market, 100_000, 480_000);
        _afternoon(last + 3); // Monday 2 August
        _block(market, 150_000, 480_000);
        assertEq(blocks.monthStatistics(market, 2021, 7).lots, 100_000);
        assertEq(blocks.monthStatistics(market, 2021, 8).lots, 150_000);
        (, bool over) = _price(2021, 7);
        assertTrue(over);
        (, over) = _price(2021, 8);
        assertFalse(over);
    }

    function test_monthPrice_leavesFeesOut() public {
        vm.prank(officer);
        blocks.setFees(market, BlockFees(10_000, 10_000));
        _afternoon(FIRST_DAY + 3);
        _block(market, 100_000, 480_000);
        (uint256 price,) = _price(2021, 7);
        assertEq(price, 4_800);
    }
}
