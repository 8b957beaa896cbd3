// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId, OrderRequest, Side} from "../../interfaces/types/BookTypes.sol";
import {IExchangeGateway, SignedOrder} from "../../interfaces/market/IExchangeGateway.sol";
import {MarketConfig, MarketRules} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {MarketBase} from "../market/MarketBase.sol";

/// @dev Gas of whole transactions, written to `snapshots/exchange.json` and held below the limits of `limits.json`. Run
/// with `--isolate`: only then is each call a transaction of its own, with cold storage. `operations.py` does the same on
/// Anvil; whoever adds a key here adds it there.
///
/// State of all figures: second trading day, opened; a trade has happened; all makers are distinct and their ledger
/// words, the fees and all levels, leaves and roots are non-zero where the key does not say otherwise; all rules on, those
/// that the national scheme does not have included: fees, and a holding limit that nobody reaches.
/// forge-config: default.isolate = true
contract ExchangeGasTest is MarketBase {
    uint256 private constant MAKERS = 104;
    uint256 private constant GTC = 3;
    uint40 private constant HOLDING_LIMIT = 1_000_000;

    string private _limits = vm.readFile("tests/gas/limits.json");
    address[] private _makers;
    address private _taker;
    address private _seller;
    uint24 private _sellerId;
    uint24 private _makerId; // of the last maker

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < MAKERS; ++i) {
            address wallet;
            (_makerId, wallet) = _trader(string.concat("maker", vm.toString(i)), 1_000, 10_000_000);
            _makers.push(wallet);
        }
        (, _taker) = _trader("taker", 100_000, 100_000_000);
        (_sellerId, _seller) = _trader("seller", 100_000, 100_000_000);

        _open(FIRST_DAY);
        for (uint256 tick = 4_850; tick < 4_870; ++tick) {
            _use(SELL, tick, 2);
            _use(BUY, tick - 100, 2);
        }
        _use(SELL, 4_880, 120);
        _use(BUY, 4_700, 120);
        _trade();

        _open(FIRST_DAY + 3);
        _trade();
    }

    function _rules() internal view override returns (MarketRules memory r) {
        r = super._rules();
        r.holdingLimit = HOLDING_LIMIT;
        r.takerLevels = 5;
        r.blockMinimumLots = 100_000;
        r.blockBandPpm = 300_000;
        r.blockSession = [52, 60];
    }

    /// @dev Puts orders at a level, so that its words are no longer zero, and moves on: they die with the day.
    function _use(uint256 side, uint256 tick, uint256 orders) private {
        for (uint256 i; i < orders; ++i) {
            _place(_makers[i % MAKERS], side, tick, 1);
        }
    }

    function _trade() private {
        _place(_makers[MAKERS - 1], SELL, 4_801, 1);
        _take(_taker, BUY, 4_801, 1);
        _place(_makers[MAKERS - 1], BUY, 4_799, 1);
        _take(_taker, SELL, 4_799, 1);
    }

    function _gas() private view returns (uint256) {
        return vm.lastCallGas().gasTotalUsed;
    }

    /// @dev Limits lie in a file because the receipts of a chain are held to them as well.
    function _report(string memory key, uint256 gas) private {
        vm.snapshotValue("exchange", key, gas);
        string memory path = string.concat(".", key);
        if (vm.keyExistsJson(_limits, path)) assertLe(gas, vm.parseJsonUint(_limits, path), key);
    }

    function _placed(address wallet, uint256 side, uint256 tick, uint256 lots) private returns (uint256) {
        _place(wallet, side, tick, lots);
        return _gas();
    }

    function _taken(uint256 side, uint256 tick, uint256 lots) private returns (uint256 gas) {
        vm.prank(_taker);
        (, uint256 filled,) = exchange.place(_order(side, tick, lots, IOC));
        gas = _gas();
        assertEq(filled, lots);
    }

    // ------------------------------------------------------------------ placing

    function test_place_live_level() public {
        _place(_makers[0], SELL, 4_850, 10);
        uint256 asks = _placed(_seller, SELL, 4_850, 10);
        _place(_makers[0], BUY, 4_750, 10);
        uint256 bids = _placed(_seller, BUY, 4_750, 10);
        _report("place_live_level", asks > bids ? asks : bids);
    }

    function test_place_fresh_slot() public {
        _place(_makers[0], SELL, 4_850, 10);
        _place(_makers[1], SELL, 4_850, 10);
        _report("place_fresh_slot", _placed(_seller, SELL, 4_850, 10));
    }

    function test_place_mean_2_13() public {
        _place(_makers[0], SELL, 4_850, 10);
        uint256 sum;
        for (uint256 i = 1; i < 13; ++i) {
            sum += _placed(_makers[i], SELL, 4_850, 10);
        }
        _report("place_mean_2_13", sum / 12);
    }

    function test_place_used_level() public {
        _place(_makers[0], SELL, 4_851, 10);
        uint256 yesterdays = _placed(_seller, SELL, 4_852, 10);
        OrderId id = _place(_makers[1], SELL, 4_853, 10);
        vm.prank(_makers[1]);
        exchange.cancel(id);
        uint256 emptied = _placed(_seller, SELL, 4_853, 10);
        _report("place_used_level", yesterdays > emptied ? yesterdays : emptied);
        _report("place_used_level_new_best", _placed(_seller, SELL, 4_850, 10));
    }

    function test_place_new_level() public {
        _place(_makers[0], SELL, 4_851, 10);
        _report("place_new_level", _placed(_seller, SELL, 4_901, 10));
    }

    function test_place_far_word() public {
        _place(_makers[0], SELL, 4_851, 10);
        _report("place_far_word", _placed(_seller, SELL, 5_270, 10));
    }

    function test_first_order_of_day() public {
        _report("first_order_of_day", _placed(_seller, SELL, 4_850, 10));
    }

    function test_batch_10_live() public {
        OrderRequest[] memory requests = new OrderRequest[](10);
        for (uint256 i; i < 10; ++i) {
            _place(_makers[i], SELL, 4_850 + i, 10);
            requests[i] = _order(SELL, 4_850 + i, 10, DAY_ORDER);
        }
        vm.prank(_seller);
        exchange.batch(new OrderId[](0), requests);
        _report("batch_10_live", _gas());
    }

    function test_deposit_and_place() public {
        units.mint(_seller, UnitId.unwrap(UNIT), 20);
        _place(_makers[0], SELL, 4_850, 10);
        bytes memory order = abi.encode(_order(SELL, 4_850, 10, DAY_ORDER));
        vm.prank(_seller);
        units.safeTransferFrom(_seller, address(exchange), UnitId.unwrap(UNIT), 10, order);
        _report("deposit_and_place", _gas());
    }

    /// @dev Sent by somebody else; the nonce's word has been used before.
    function test_signed_order() public {
        IExchangeGateway gateway =
            IExchangeGateway(deployCode("ExchangeGateway.sol:ExchangeGateway", abi.encode(exchange)));
        exchange.setController(address(gateway), 8);
        _place(_makers[0], SELL, 4_850, 10);
        (, uint256 key) = makeAddrAndKey("seller");
        SignedOrder memory order;
        order.wallet = _seller;
        order.terms.market = market;
        order.terms.side = Side.Sell;
        order.terms.tick = 4_850;
        order.terms.lots = 10;
        order.deadline = type(uint64).max;
        for (uint256 i; i < 2; ++i) {
            order.nonce = i;
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, gateway.orderDigest(order));
            gateway.placeSigned(order, abi.encodePacked(r, s, v));
            if (i == 0) _place(_makers[1], SELL, 4_850, 10); // the next order finds its slot in use
        }
        _report("signed_order", _gas());
    }

    // ------------------------------------------------------------------ cancelling

    function _cancelled(address wallet, OrderId id) private returns (uint256) {
        vm.prank(wallet);
        exchange.cancel(id);
        return _gas();
    }

    function test_cancel_in_queue() public {
        OrderId[2] memory fifth;
        for (uint256 i; i < 10; ++i) {
            OrderId ask = _place(_makers[i], SELL, 4_880, 10);
            OrderId bid = _place(_makers[i], BUY, 4_700, 10);
            if (i == 4) fifth = [ask, bid];
        }
        uint256 asks = _cancelled(_makers[4], fifth[0]);
        uint256 bids = _cancelled(_makers[4], fifth[1]);
        _report("cancel_in_queue", asks > bids ? asks : bids);
    }

    function test_cancel_only_of_level() public {
        _place(_makers[0], SELL, 4_850, 10);
        OrderId id = _place(_makers[1], SELL, 4_851, 10);
        uint256 asks = _cancelled(_makers[1], id);
        _place(_makers[0], BUY, 4_760, 10);
        id = _place(_makers[1], BUY, 4_759, 10);
        uint256 bids = _cancelled(_makers[1], id);
        _report("cancel_only_of_level", asks > bids ? asks : bids);
    }

    function test_cancel_only_of_best() public {
        _place(_makers[0], SELL, 4_851, 10);
        OrderId id = _place(_makers[1], SELL, 4_850, 10);
        uint256 asks = _cancelled(_makers[1], id);
        _place(_makers[0], BUY, 4_759, 10);
        id = _place(_makers[1], BUY, 4_760, 10);
        uint256 bids = _cancelled(_makers[1], id);
        _report("cancel_only_of_best", asks > bids ? asks : bids);
    }

    // ------------------------------------------------------------------ taking

    function _queue(uint256 side, uint256 tick, uint256 orders, uint256 lots) private {
        for (uint256 i; i < orders; ++i) {
            _place(_makers[i], side, tick, lots);
        }
    }

    function test_take_1_maker() public {
        _queue(SELL, 4_880, 3, 10);
        uint256 whole = _taken(BUY, 4_880, 10);
        uint256 half = _taken(BUY, 4_880, 5);
        _report("take_1_maker", whole > half ? whole : half);
    }

    function test_take_1_maker_emptied() public {
        _queue(SELL, 4_850, 1, 10);
        _place(_makers[1], SELL, 4_853, 10);
        _report("take_1_maker_emptied", _taken(BUY, 4_850, 10));
    }

    function test_take_into_bids() public {
        _queue(BUY, 4_700, 3, 10);
        uint256 whole = _taken(SELL, 4_700, 10);
        uint256 half = _taken(SELL, 4_700, 5);
        _report("take_into_bids", whole > half ? whole : half);
    }

    function test_take_into_bids_emptied() public {
        _queue(BUY, 4_760, 1, 10);
        _place(_makers[1], BUY, 4_757, 10);
        _report("take_into_bids_emptied", _taken(SELL, 4_760, 10));
    }

    function test_take_10_makers() public {
        _queue(SELL, 4_880, 11, 10);
        _report("take_10_makers", _taken(BUY, 4_880, 100));
    }

    function test_take_100_makers() public {
        _queue(SELL, 4_880, 101, 10);
        _report("take_100_makers", _taken(BUY, 4_880, 1_000));
    }

    function test_take_100_bids() public {
        _queue(BUY, 4_700, 101, 10);
        _report("take_100_bids", _taken(SELL, 4_700, 1_000));
    }

    /// @dev The cap on levels is as wide as the order needs it, from the third day on.
    function test_take_10_levels() public {
        MarketRules memory r = _rules();
        r.takerLevels = 10;
        vm.prank(officer);
        exchange.setMarketRules(market, r);
        _open(FIRST_DAY + 4);
        _trade();
        for (uint256 i; i < 11; ++i) {
            _place(_makers[i], SELL, 4_850 + i, 10);
        }
        _report("take_10_levels", _taken(BUY, 4_859, 100));
    }

    // ------------------------------------------------------------------ a limit over several accounts

    function test_fill_over_holding_limit() public {
        vm.prank(officer);
        exchange.setHoldingLimit(ParticipantId.wrap(_sellerId), market, 100_010);
        _place(_seller, BUY, 4_700, 10);
        _deposit(_seller, 20, 0);
        vm.prank(officer);
        exchange.setHoldingLimit(ParticipantId.wrap(_sellerId), market, 100_010);
        _place(_makers[0], BUY, 4_700, 10);
        _place(_makers[1], BUY, 4_700, 10);
        _report("fill_over_holding_limit", _taken(SELL, 4_700, 10));
    }

    /// @dev A buyer in a group with one limit, which its share of the pool covers: a fill looks at the share only.
    function test_grouped_fill() public {
        participants.setGroup(_sellerId, 7);
        vm.prank(officer);
        exchange.setHoldingLimit(ParticipantId.wrap(_sellerId), market, 200_000);
        _place(_seller, BUY, 4_700, 10);
        _place(_makers[0], BUY, 4_700, 10);
        _report("grouped_fill", _taken(SELL, 4_700, 10));
    }

    /// @dev A second market of the class, opened: the first makers, taker and seller have lots in it. What the taker may still
    /// buy, in either, lies with its first account.
    function _secondMarket(MarketConfig memory config) private {
        UnitId unit = _list(1, config);
        vm.warp(_at(FIRST_DAY + 3));
        exchange.openDay(market);
        for (uint256 i; i < 4; ++i) {
            _bring(unit, _makers[i]);
        }
        _bring(unit, _taker);
        _bring(unit, _seller);
    }

    function _list(uint256 number, MarketConfig memory config) private returns (UnitId unit) {
        unit = UnitId.wrap(UnitId.unwrap(UNIT) + number);
        vm.prank(officer);
        market = exchange.createMarket(unit, SCHEME, address(currency), config);
    }

    function _bring(UnitId unit, address wallet) private {
        units.mint(wallet, UnitId.unwrap(unit), 1_000);
        vm.prank(wallet);
        units.safeTransferFrom(wallet, address(exchange), UnitId.unwrap(unit), 1_000, "");
        _deposit(wallet, 0, 10_000_000);
    }

    /// @dev As `take_1_maker`, by a buyer whose room lies with its account in another market.
    function test_take_gathering_room() public {
        _secondMarket(_config());
        _queue(SELL, 4_850, 4, 10);
        _take(_taker, BUY, 4_850, 10);
        _open(FIRST_DAY + 4);
        _queue(SELL, 4_850, 4, 10);
        _take(_taker, BUY, 4_850, 10);
        _report("take_gathering_room", _taken(BUY, 4_850, 10));
    }

    /// @dev Units have come to the wallet from elsewhere; the claims of a group are in use.
    function _reckoned() private returns (uint256) {
        units.mint(_seller, UnitId.unwrap(UNIT), 10);
        exchange.syncHolding(ParticipantId.wrap(_sellerId), market);
        return _gas();
    }

    function test_sync_holding() public {
        _secondMarket(_config());
        _report("sync_holding", _reckoned());
        participants.setGroup(_makerId, 7);
        participants.setGroup(_sellerId, 7);
        exchange.syncHolding(ParticipantId.wrap(_makerId), market);
        _reckoned();
        _report("sync_holding_grouped", _reckoned());
    }

    function test_sync_holding_10_markets() public {
        _secondMarket(_config());
        MarketId second = market;
        for (uint256 i = 2; i < 10; ++i) {
            _list(i, _config());
        }
        market = second;
        _report("sync_holding_10_markets", _reckoned());
    }

    // ------------------------------------------------------------------ a market whose orders last

    /// @dev The market without a band, two days after its orders were placed: makers were last seen then.
    function _lastingMarket() private {
        MarketConfig memory config = _config();
        config.rules.bandPpm = 0;
        _secondMarket(config);
        vm.prank(_taker);
        limits.gatherRoom(market, 10_000);
        for (uint256 i; i < 4; ++i) {
            vm.prank(_makers[i]);
            exchange.place(_order(SELL, 4_850, 10, GTC));
        }
        _take(_taker, BUY, 4_850, 10);
        _open(FIRST_DAY + 4);
        _take(_taker, BUY, 4_850, 1);
    }

    function test_gtc_place_live_level() public {
        _lastingMarket();
        vm.prank(_makers[0]);
        exchange.place(_order(SELL, 4_851, 10, GTC));
        vm.prank(_seller);
        exchange.place(_order(SELL, 4_851, 10, GTC));
        _report("gtc_place_live_level", _gas());
    }

    function test_gtc_take_1_maker() public {
        _lastingMarket();
        _report("gtc_take_1_maker", _taken(BUY, 4_850, 9));
    }

    // ------------------------------------------------------------------ the day

    function test_open_day() public {
        vm.warp(_at(FIRST_DAY + 4));
        exchange.openDay(market);
        _report("open_day", _gas());
    }
}
