// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IBanking} from "../../interfaces/compliance/IBanking.sol";
import {IExchange} from "../../interfaces/market/IExchange.sol";
import {CloseRule, MarketConfig} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {ComplianceBase} from "./ComplianceBase.sol";

/// @dev Two emitters with allowances of 2019 and 2020, two open markets, and the pack's rule: 10,000 t and one and a half
/// times the net sales of 2019 and 2020 become 2021.
abstract contract BankingCase is ComplianceBase {
    uint256 internal constant FIRST_DAY = 18_824; // Friday 16 July 2021
    uint256 internal constant SELL = 1;
    uint256 internal constant BASE = 10_000;
    uint256 internal constant HELD = 100_000;

    IExchange internal real;
    IBanking internal banking;
    MarketId internal market;
    MarketId internal older;
    ParticipantId internal operator;
    address internal wallet = makeAddr("emitter");
    address internal buyer = makeAddr("buyer");
    ParticipantId internal emitter;
    ParticipantId internal other;

    function setUp() public virtual override {
        super.setUp();
        emitter = _join(wallet, ParticipantKinds.EMITTER);
        other = _join(buyer, ParticipantKinds.EMITTER);
        _setParam("banking.allowed", 1);
        _setParam("banking.base", BASE);
        _setParam("banking.net_sales_ppm", 1_500_000);
        _setParam("banking.oldest_vintage", 2019);
        _setParam("banking.newest_vintage", 2020);
        _setParam("banking.into_vintage", 2021);
        allowances.issue(wallet, CEA, HELD, 0);
        allowances.issue(wallet, CEA_2019, HELD, 0);
        allowances.issue(buyer, CEA, HELD, 0);
        currency.mint(buyer, 1e12);
        currency.mint(wallet, 1e12);
        vm.warp(FIRST_DAY * 1 days + 2 hours); // ten in the morning
        real.openDay(market);
        real.openDay(older);
    }

    function _deployExchange(address authority) internal override returns (address) {
        real = IExchange(vm.deployCode("Exchange.sol:Exchange", abi.encode(authority, participants, schemes)));
        return address(real);
    }

    function _openMarket() internal override {
        uint256[] memory days_ = new uint256[](3);
        (days_[0], days_[1], days_[2]) = (type(uint256).max, type(uint256).max, type(uint256).max);
        schemes.setTradingDays(CHINA, uint16(FIRST_DAY / 256), days_);
        operator = _join(makeAddr("exchange operator"), ParticipantKinds.EXCHANGE_OPERATOR);
        market = _list(CEA, 1);
        older = _list(CEA_2019, 10);
        banking = IBanking(
            vm.deployCode("Banking.sol:Banking", abi.encode(participants, schemes, allowances, address(real)))
        );
        allowances.setController(address(banking), 1 | 2 | 4 | 1 << 8 + 5 | 1 << 8 + 6);
        real.setController(address(banking), 1);
        real.setController(address(compliance), 1);
        real.setController(address(this), 1 | 4);
    }

    function _list(UnitId unit, uint32 lotSize) private returns (MarketId) {
        MarketConfig memory config;
        config.units = address(allowances);
        config.lotSize = lotSize;
        config.tickSize = 100;
        config.referenceTick = 4800;
        config.utcQuarters = 32;
        config.feeAccount = operator;
        config.rules.bandPpm = 100_000;
        config.rules.minimumLots = 1;
        config.rules.maximumLots = 999_999;
        config.rules.closeRule = CloseRule.VolumeWeighted;
        config.rules.sessions = [38, 46, 52, 60];
        vm.prank(ministry);
        return real.createMarket(unit, CHINA, address(currency), config);
    }

    /* SHORT FORMS */

    function _bring(address who, UnitId unit, uint256 amount) internal {
        vm.prank(who);
        allowances.safeTransferFrom(who, address(real), UnitId.unwrap(unit), amount, "");
    }

    /// @dev A day order at 48.00.
    function _order(address who, MarketId in_, uint256 side, uint256 lots) internal {
        vm.prank(who);
        real.place(OrderRequest.wrap(lots | 4800 << 32 | uint256(MarketId.unwrap(in_)) << 48 | side << 64));
    }

    function _fund(address who, MarketId in_, uint256 cents) internal {
        vm.startPrank(who);
        currency.approve(address(real), cents);
        real.depositCash(in_, cents);
        vm.stopPrank();
    }

    /// @dev Lots that are in the seller's account already change their owner on the book.
    function _trade(address seller, address taker, MarketId in_, uint256 lots, uint256 lotSize) internal {
        _fund(taker, in_, lots * lotSize * 4800);
        _order(seller, in_, SELL, lots);
        _order(taker, in_, 0, lots);
    }

    function _bank(address who, UnitId unit, uint256 amount) internal {
        vm.prank(who);
        banking.bank(CHINA, _one(unit), _one(amount));
    }

    function _refuse(address who, UnitId unit, uint256 amount, bytes memory why) internal {
        vm.prank(who);
        vm.expectRevert(why);
        banking.bank(CHINA, _one(unit), _one(amount));
    }

    function _over(ParticipantId who, uint256 amount, uint256 room) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IBanking.BankingLimitExceeded.selector, who, amount, room);
    }

    function _held(address who, UnitId unit) internal view returns (uint256) {
        return allowances.balanceOf(who, UnitId.unwrap(unit));
    }
}
