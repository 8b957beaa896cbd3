// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";

import {AccountId, OrderId, OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {Account, IExchange} from "../../interfaces/market/IExchange.sol";
import {IExchangeLens, MarketDay} from "../../interfaces/market/IExchangeLens.sol";
import {CloseRule, MarketConfig, MarketRules} from "../../interfaces/market/IExchangeBase.sol";
import {IHoldingLimits} from "../../interfaces/market/IHoldingLimits.sol";
import {MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {ISettlementCurrency} from "../../interfaces/market/ISettlementCurrency.sol";
import {ParticipantsDouble, RulesDouble, UnitsDouble} from "./MarketDoubles.sol";

/// @dev An Exchange with one market under the Chinese rules, and participants with lots and cash in it.
/// Prices: tick 4,800 is 48.00; one cent of the currency is 100 of the ledger.
abstract contract MarketBase is Test {
    uint8 internal constant ALL_RIGHTS = 31;
    uint256 internal constant BUY = 0;
    uint256 internal constant SELL = 1;
    uint256 internal constant DAY_ORDER = 0;
    uint256 internal constant IOC = 1;
    uint256 internal constant FOK = 2;
    uint256 internal constant POST_ONLY = 1 << 68;
    uint256 internal constant CANCEL_INCOMING = 1 << 69;
    uint256 internal constant DECREMENT = 2 << 69;

    /// @dev Friday 16 July 2021, the first day of trading; local days since 1970-01-01.
    uint256 internal constant FIRST_DAY = 18_824;
    uint256 internal constant LOCAL = 8 hours;
    uint24 internal constant OPERATOR = 1;

    UnitId internal constant UNIT = UnitId.wrap((uint256(1) << 96) | (uint256(1) << 80) | (uint256(2020) << 64));
    SchemeId internal constant SCHEME = SchemeId.wrap(1);

    AccessManager internal manager;
    ParticipantsDouble internal participants;
    RulesDouble internal rules;
    UnitsDouble internal units;
    ISettlementCurrency internal currency;
    IExchange internal exchange;
    IExchangeLens internal lens;
    IHoldingLimits internal limits;
    MarketId internal market;
    uint24 internal lastParticipant = OPERATOR;

    address internal officer = makeAddr("officer");

    function setUp() public virtual {
        vm.warp(FIRST_DAY * 1 days - LOCAL + 1 hours);
        manager = _newManager();
        participants = new ParticipantsDouble();
        rules = _newRules();
        units = new UnitsDouble();
        currency = ISettlementCurrency(
            deployCode("SettlementCurrency.sol:SettlementCurrency", abi.encode(manager, "Renminbi", "CNY"))
        );
        exchange = IExchange(deployCode("Exchange.sol:Exchange", abi.encode(manager, participants, rules)));
        lens = IExchangeLens(deployCode("ExchangeLens.sol:ExchangeLens", abi.encode(exchange)));

        limits = IHoldingLimits(deployCode("HoldingLimits.sol:HoldingLimits", abi.encode(exchange, address(0))));
        exchange.setController(address(limits), 32);

        rules.grant(officer, 16 | 32);
        rules.disclose(2020);
        rules.setWeekdays(FIRST_DAY - 7, 800);
        participants.add(OPERATOR, makeAddr("operator"), ALL_RIGHTS);
        vm.prank(officer);
        market = exchange.createMarket(UNIT, SCHEME, address(currency), _config());
    }

    function _newManager() internal virtual returns (AccessManager) {
        return new AccessManager(address(this));
    }

    function _newRules() internal virtual returns (RulesDouble) {
        return new RulesDouble();
    }

    function deployCode(string memory what, bytes memory args) internal returns (address deployed) {
        bytes memory code = abi.encodePacked(vm.getCode(what), args);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
        }
        require(deployed != address(0), what);
    }

    // ------------------------------------------------------------------ the market

    function _config() internal view virtual returns (MarketConfig memory config) {
        config.units = address(units);
        config.lotSize = 1;
        config.basePrice = 0;
        config.tickSize = 100;
        config.referenceTick = 4_800;
        config.utcQuarters = 32;
        config.feeAccount = ParticipantId.wrap(OPERATOR);
        config.rules = _rules();
    }

    function _rules() internal view virtual returns (MarketRules memory r) {
        r.bandPpm = 100_000;
        r.takerFeePpm = 500;
        r.makerFeePpm = 300;
        r.minimumLots = 1;
        r.maximumLots = 99_999;
        r.closeRule = CloseRule.VolumeWeighted;
        r.sessions = [38, 46, 52, 60];
    }

    /// @dev Ten in the morning of a local day.
    function _at(uint256 day) internal pure returns (uint256) {
        return day * 1 days - LOCAL + 10 hours;
    }

    /// @dev Goes to ten in the morning of a trading day and opens it.
    function _open(uint256 day) internal {
        vm.warp(_at(day));
        exchange.openDay(market);
    }

    // ------------------------------------------------------------------ participants

    function _join(string memory name) internal returns (uint24 id, address wallet) {
        wallet = makeAddr(name);
        id = ++lastParticipant;
        participants.add(id, wallet, ALL_RIGHTS);
    }

    /// @dev A participant with lots and cash [0.01 currency] in the ledger.
    function _trader(string memory name, uint256 lots, uint256 cents) internal returns (uint24 id, address wallet) {
        (id, wallet) = _join(name);
        _deposit(wallet, lots, cents);
    }

    function _deposit(address wallet, uint256 lots, uint256 cents) internal {
        if (lots != 0) {
            units.mint(wallet, UnitId.unwrap(UNIT), lots);
            vm.prank(wallet);
            units.safeTransferFrom(wallet, address(exchange), UnitId.unwrap(UNIT), lots, "");
        }
        if (cents != 0) {
            currency.mint(wallet, cents);
            vm.startPrank(wallet);
            currency.approve(address(exchange), cents);
            exchange.depositCash(market, cents);
            vm.stopPrank();
        }
    }

    function _account(uint24 id) internal view returns (Account memory) {
        return exchange.account(ParticipantId.wrap(id), market);
    }

    function _accountId(uint24 id) internal view returns (AccountId) {
        return AccountId.wrap((uint40(MarketId.unwrap(market)) << 24) | id);
    }

    // ------------------------------------------------------------------ orders

    function _order(uint256 side, uint256 tick, uint256 lots, uint256 force) internal view returns (OrderRequest) {
        return OrderRequest.wrap(
            lots | (tick << 32) | (uint256(MarketId.unwrap(market)) << 48) | (side << 64) | (force << 65)
        );
    }

    function _with(OrderRequest request, uint256 more) internal pure returns (OrderRequest) {
        return OrderRequest.wrap(OrderRequest.unwrap(request) | more);
    }

    function _place(address wallet, uint256 side, uint256 tick, uint256 lots) internal returns (OrderId id) {
        vm.prank(wallet);
        (id,,) = exchange.place(_order(side, tick, lots, DAY_ORDER));
    }

    function _take(address wallet, uint256 side, uint256 tick, uint256 lots)
        internal
        returns (uint256 filled, uint256 cash)
    {
        vm.prank(wallet);
        (, filled, cash) = exchange.place(_order(side, tick, lots, IOC));
    }
}
