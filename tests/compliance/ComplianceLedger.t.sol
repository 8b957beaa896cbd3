// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BookInsufficientLots, OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IAllocation} from "../../interfaces/compliance/IAllocation.sol";
import {ICompliance, ObligationState} from "../../interfaces/compliance/ICompliance.sol";
import {PenaltyState} from "../../interfaces/compliance/PenaltyTypes.sol";
import {Account, IExchange} from "../../interfaces/market/IExchange.sol";
import {CloseRule, MarketConfig} from "../../interfaces/market/IExchangeBase.sol";
import {InstallationId, MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {ComplianceBase} from "./ComplianceBase.sol";

/// @dev Claw-back, surrender and debit against the real Exchange, with orders open on its book.
contract ComplianceLedgerTest is ComplianceBase {
    uint256 internal constant FIRST_DAY = 18_824; // Friday 16 July 2021
    uint256 internal constant PRE = 613_900;
    uint256 internal constant BUY = 0;
    uint256 internal constant SELL = 1;

    IExchange internal real;
    MarketId internal market;
    address internal wallet;
    ParticipantId internal emitter;
    InstallationId internal plant;

    function setUp() public override {
        super.setUp();
        (wallet, emitter, plant) = _emitter("emitter");
        _preAllocate(PERIOD, plant, 1_000_000, 0);
        vm.warp(FIRST_DAY * 1 days + 2 hours); // ten in the morning
        real.openDay(market);
    }

    function _deployExchange(address authority) internal override returns (address) {
        real = IExchange(vm.deployCode("Exchange.sol:Exchange", abi.encode(authority, participants, schemes)));
        return address(real);
    }

    function _openMarket() internal override {
        uint256[] memory days_ = new uint256[](3);
        (days_[0], days_[1], days_[2]) = (type(uint256).max, type(uint256).max, type(uint256).max);
        schemes.setTradingDays(CHINA, uint16(FIRST_DAY / 256), days_);
        ParticipantId operator = _join(makeAddr("exchange operator"), ParticipantKinds.EXCHANGE_OPERATOR);
        MarketConfig memory config;
        config.units = address(allowances);
        config.lotSize = 1;
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
        market = real.createMarket(CEA, CHINA, address(currency), config);
        real.setController(address(allocation), 1);
        real.setController(address(compliance), 1);
    }

    /// @dev A day order of the wallet at 48.00.
    function _order(uint256 side, uint256 lots) internal {
        _orderOf(wallet, side, lots);
    }

    function _orderOf(address trader, uint256 side, uint256 lots) internal {
        uint256 request = lots | 4800 << 32 | uint256(MarketId.unwrap(market)) << 48 | side << 64;
        vm.prank(trader);
        real.place(OrderRequest.wrap(request));
    }

    function _account() internal view returns (Account memory) {
        return real.account(emitter, market);
    }

    function _trueUp(uint256 emissionsT, uint256 powerMwh) internal {
        oracle.set(plant, 2020, emissionsT, powerMwh, 0);
        allocation.trueUp(CHINA, PERIOD, _one(plant));
    }

    function test_trueUp_voidsOpenOrdersAndTakesTheLedger() public {
        _deposit(wallet, PRE);
        _order(SELL, 400_000);
        oracle.set(plant, 2020, 1, 400_000, 0); // final 350,800: 263,100 too many; 213,900 are not in orders
        vm.expectEmit(address(allocation));
        emit IAllocation.AllowancesClawedBack(CHINA, PERIOD, plant, emitter, 0, 263_100, 0);
        allocation.trueUp(CHINA, PERIOD, _one(plant));

        assertEq(_account().lots, 350_800);
        assertEq(_account().lotsInAsks, 0);
        assertEq(allowances.exitedOf(CEA, Exit.ClawedBack), 263_100);
        assertEq(_balance(address(real)), 350_800);
    }

    function test_trueUp_leavesOrdersThatAreNotNeeded() public {
        _deposit(wallet, PRE);
        _order(SELL, 100_000);
        _trueUp(1, 600_000); // 526,200: 87,700 too many
        assertEq(_account().lotsInAsks, 100_000);
        assertEq(_account().lots, PRE - 87_700);
    }

    function test_trueUp_reachesAFrozenAccount() public {
        _deposit(wallet, PRE);
        vm.prank(ministry);
        real.freezeAccount(emitter, market, true);
        _trueUp(1, 600_000);
        assertEq(_account().lots, PRE - 87_700);
        assertEq(allocation.debtOf(plant), 0);
    }

    function test_trueUp_owesWhatNeitherWalletNorLedgerHolds() public {
        _deposit(wallet, 1000);
        vm.prank(ministry);
        allowances.setFrozenTokens(wallet, UnitId.unwrap(CEA), PRE);
        _trueUp(1, 600_000);
        assertEq(_account().lots, 0);
        assertEq(allocation.debtOf(plant), 86_700);
    }

    function test_surrenderFromLedger_voidsOrdersWhenNeeded() public {
        _deposit(wallet, PRE);
        _trueUp(500_000, 700_000);
        compliance.assess(CHINA, PERIOD, _one(plant));
        _order(SELL, 300_000);
        vm.prank(wallet);
        compliance.surrenderFromLedger(plant, PERIOD, _one(CEA), _one(500_000));

        assertTrue(compliance.obligationOf(plant, PERIOD).state == ObligationState.Met);
        assertEq(_account().lots, PRE - 500_000);
        assertEq(_account().lotsInAsks, 0);
        assertEq(allowances.exitedOf(CEA, Exit.Surrendered), 500_000);
    }

    /// @dev Neither sold nor withdrawn before tomorrow, but surrendered at once.
    function test_surrenderFromLedger_takesWhatWasBoughtToday() public {
        _trueUp(500_000, 700_000); // as pre-allocated
        compliance.assess(CHINA, PERIOD, _one(plant));
        address seller = makeAddr("seller");
        _join(seller, ParticipantKinds.EMITTER);
        allowances.issue(seller, CEA, 1_000, 0);
        _deposit(seller, 1_000);
        _orderOf(seller, SELL, 1_000);
        currency.mint(wallet, 4_800_000);
        vm.startPrank(wallet);
        currency.approve(address(real), 4_800_000);
        real.depositCash(market, 4_800_000);
        vm.stopPrank();
        _order(BUY, 1_000);
        assertEq(_account().lotsBought, 1_000);

        bytes memory none = abi.encodeWithSelector(BookInsufficientLots.selector, 0, 1);
        vm.expectRevert(none);
        _order(SELL, 1);
        vm.expectRevert(none);
        vm.prank(wallet);
        real.withdrawUnits(market, 1, wallet);
        vm.prank(wallet);
        compliance.surrenderFromLedger(plant, PERIOD, _one(CEA), _one(1_000));
        assertEq(_account().lots, 0);
        assertEq(_account().lotsBought, 0);
        assertEq(allowances.exitedOf(CEA, Exit.Surrendered), 1_000);
    }

    function test_surrenderFromLedger_revertsWhenTheLedgerIsShort() public {
        _deposit(wallet, 999);
        _trueUp(500_000, 700_000);
        compliance.assess(CHINA, PERIOD, _one(plant));
        vm.prank(wallet);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceLedgerShort.selector, emitter, CEA, 1000, 999));
        compliance.surrenderFromLedger(plant, PERIOD, _one(CEA), _one(1000));
    }

    function test_debitPenalty_takesCashOutOfOpenBids() public {
        _trueUp(500_000, 700_000);
        compliance.assess(CHINA, PERIOD, _one(plant));
        vm.warp(DEADLINE + 1);
        penalties.notify(PERIOD, _one(plant));
        vm.warp(DEADLINE + 1 + 10 days);
        vm.prank(bureau);
        penalties.decide(plant, PERIOD, 2_500_000, 0, bytes32("reason"));

        currency.mint(wallet, 3_000_000);
        vm.startPrank(wallet);
        currency.approve(address(real), 3_000_000);
        real.depositCash(market, 3_000_000);
        vm.stopPrank();
        uint256 day = FIRST_DAY + 230; // past the time to pay
        vm.warp(day * 1 days + 2 hours);
        real.openDay(market);
        _order(BUY, 600); // 28,800.00 of 30,000.00 are reserved
        vm.prank(bureau);
        penalties.debitPenalty(plant, PERIOD, market);

        assertTrue(penalties.penaltyOf(plant, PERIOD).state == PenaltyState.Paid);
        assertEq(currency.balanceOf(treasury), 2_500_000);
        assertEq(_account().cash, 500_000 * 100);
        assertEq(_account().cashInBids, 0);
    }
}
