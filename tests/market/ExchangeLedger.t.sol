// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Receiver, IERC165} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";

import {ChargeId, IFalseReports} from "../../interfaces/compliance/IFalseReports.sol";
import {IPenalties} from "../../interfaces/compliance/IPenalties.sol";
import {IEmissionsReports} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {IInstallations} from "../../interfaces/parties/IInstallations.sol";
import {ISchemes} from "../../interfaces/rules/ISchemes.sol";
import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {
    BookHoldingLimitExceeded,
    BookInsufficientCash,
    BookInsufficientLots,
    OrderId
} from "../../interfaces/types/BookTypes.sol";
import {Account, IExchange} from "../../interfaces/market/IExchange.sol";
import {IExchangeBase, MarketConfig, MarketRules} from "../../interfaces/market/IExchangeBase.sol";
import {IHoldingLimits} from "../../interfaces/market/IHoldingLimits.sol";
import {InstallationId, MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev What comes in, what goes out, and what is taken.
contract ExchangeLedgerTest is MarketBase {
    uint24 private aliceId;
    uint24 private bobId;
    address private alice;
    address private bob;
    address private treasury = makeAddr("treasury");

    function setUp() public override {
        super.setUp();
        (aliceId, alice) = _trader("alice", 1_000, 1_000_000);
        (bobId, bob) = _trader("bob", 1_000, 100_000_000);
        _open(FIRST_DAY);
    }

    function _p(uint24 id) private pure returns (ParticipantId) {
        return ParticipantId.wrap(id);
    }

    // ------------------------------------------------------------------ in and out

    function test_depositCash_creditsAHundredFor001() public {
        assertEq(_account(aliceId).cash, 100_000_000);
        assertEq(exchange.marketAssets(market).cash, 10_100_000_000);
    }

    function test_depositCash_revertsForStrangersAndZero() public {
        vm.prank(address(9));
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeWalletUnknown.selector, address(9)));
        exchange.depositCash(market, 1);
        vm.prank(alice);
        vm.expectRevert(IExchangeBase.ExchangeZeroAmount.selector);
        exchange.depositCash(market, 0);
    }

    function test_depositCash_boundsTheLedger() public {
        uint256 most = ((uint256(1) << 51) - 1) / 100;
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeLedgerFull.selector, most + 1, most));
        exchange.depositCash(market, most + 1);
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(
                IExchangeBase.ExchangeLedgerFull.selector, most * 100 + 10_100_000_000, (uint256(1) << 51) - 1
            )
        );
        exchange.depositCash(market, most);
    }

    function test_depositUnits_boundsTheLedger() public {
        uint256 most = (uint256(1) << 33) - 1;
        units.mint(alice, UnitId.unwrap(UNIT), most);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeLedgerFull.selector, most + 2_000, most));
        units.safeTransferFrom(alice, address(exchange), UnitId.unwrap(UNIT), most, "");
    }

    function test_depositUnits_ofSeveralAtOnce() public {
        (uint256[] memory ids, uint256[] memory values) = (new uint256[](2), new uint256[](2));
        (ids[0], ids[1]) = (UnitId.unwrap(UNIT), UnitId.unwrap(UNIT));
        (values[0], values[1]) = (3, 4);
        uint256 before = _account(aliceId).lots;
        vm.prank(address(units));
        bytes4 answer = IERC1155Receiver(address(exchange)).onERC1155BatchReceived(alice, alice, ids, values, "");
        assertEq(answer, IERC1155Receiver.onERC1155BatchReceived.selector);
        assertEq(_account(aliceId).lots, before + 7);
        assertTrue(IERC165(address(exchange)).supportsInterface(type(IERC1155Receiver).interfaceId));
        assertTrue(IERC165(address(exchange)).supportsInterface(type(IERC165).interfaceId));
        assertFalse(IERC165(address(exchange)).supportsInterface(0xffffffff));
    }

    function test_depositUnits_revertsForStrangers() public {
        units.mint(makeAddr("stranger"), UnitId.unwrap(UNIT), 1);
        vm.prank(makeAddr("stranger"));
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeWalletUnknown.selector, makeAddr("stranger")));
        units.safeTransferFrom(makeAddr("stranger"), address(exchange), UnitId.unwrap(UNIT), 1, "");
    }

    function test_depositCashFor_isForGatewaysOnly() public {
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeNotController.selector, address(this), 8));
        exchange.depositCashFor(alice, market, 1);
    }

    function test_withdraw_paysTheOwnersWallets() public {
        address second = makeAddr("alice's second");
        participants.add(aliceId, second, 0);
        vm.startPrank(alice);
        exchange.withdrawUnits(market, 400, second);
        exchange.withdrawCash(market, 1_000, alice);
        vm.stopPrank();
        assertEq(units.balanceOf(second, UnitId.unwrap(UNIT)), 400);
        assertEq(currency.balanceOf(alice), 1_000);
        assertEq(_account(aliceId).lots, 600);
        assertEq(_account(aliceId).cash, 99_900_000);
    }

    function test_withdraw_revertsToForeignWallets() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeForeignWallet.selector, bob, aliceId));
        exchange.withdrawUnits(market, 1, bob);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeForeignWallet.selector, bob, aliceId));
        exchange.withdrawCash(market, 1, bob);
        vm.stopPrank();
    }

    function test_withdraw_asksTheRegisterItself() public {
        participants.set(alice, aliceId, 1, 2); // not synced: the Exchange remembers all rights
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeRightMissing.selector, alice, 2));
        exchange.withdrawUnits(market, 1, alice);
        participants.set(alice, aliceId, 31, 3);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeParticipantNotActive.selector, aliceId, 3));
        exchange.withdrawUnits(market, 1, alice);
        participants.set(alice, 0, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeWalletUnknown.selector, alice));
        exchange.withdrawUnits(market, 1, alice);
        vm.stopPrank();
    }

    function test_withdraw_revertsOnReservedLotsCashAndZero() public {
        _place(alice, SELL, 4_810, 900);
        _place(alice, BUY, 4_700, 1);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(BookInsufficientLots.selector, 100, 101));
        exchange.withdrawUnits(market, 101, alice);
        vm.expectRevert(abi.encodeWithSelector(BookInsufficientCash.selector, 99_529_859, 100_000_000));
        exchange.withdrawCash(market, 1_000_000, alice);
        vm.expectRevert(IExchangeBase.ExchangeZeroAmount.selector);
        exchange.withdrawUnits(market, 0, alice);
        vm.expectRevert(IExchangeBase.ExchangeZeroAmount.selector);
        exchange.withdrawCash(market, 0, alice);
        vm.stopPrank();
    }

    function test_withdrawUnits_revertsOnWhatWasBoughtToday() public {
        _place(bob, SELL, 4_810, 10);
        _take(alice, BUY, 4_810, 10);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(BookInsufficientLots.selector, 1_000, 1_001));
        exchange.withdrawUnits(market, 1_001, alice);
    }

    function test_moveCash_movesWithinOneParticipant() public {
        MarketConfig memory config = _config();
        UnitId second = UnitId.wrap(UnitId.unwrap(UNIT) + 1);
        vm.prank(officer);
        MarketId to = exchange.createMarket(second, SCHEME, address(currency), config);
        vm.prank(alice);
        exchange.moveCash(market, to, 12_345);
        assertEq(_account(aliceId).cash, 100_000_000 - 12_345);
        assertEq(exchange.account(_p(aliceId), to).cash, 12_345);
        assertEq(exchange.marketAssets(to).cash, 12_345);
        assertEq(exchange.account(_p(aliceId), to).room, type(int256).max);

        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(BookInsufficientCash.selector, 12_345, 12_346));
        exchange.moveCash(to, market, 12_346);
        vm.prank(officer);
        exchange.freezeAccount(_p(aliceId), to, true);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeAccountFrozen.selector, aliceId, to));
        exchange.moveCash(to, market, 1);
        vm.prank(officer);
        MarketId foreign = exchange.createMarket(UnitId.wrap(UnitId.unwrap(UNIT) + 2), SCHEME, address(units), config);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeBadConfig.selector, bytes32("currency")));
        exchange.moveCash(market, foreign, 1);
    }

    /// @dev The target is read after the source was written: else a move in place would double the amount.
    function test_moveCash_toTheSameMarketChangesNothing() public {
        uint256 all = exchange.marketAssets(market).cash;
        vm.prank(alice);
        exchange.moveCash(market, market, 12_345);
        assertEq(_account(aliceId).cash, 100_000_000);
        assertEq(exchange.marketAssets(market).cash, all);
    }

    // ------------------------------------------------------------------ debits

    function test_debits_areForControllersOnly() public {
        bytes memory refusal = abi.encodeWithSelector(IExchangeBase.ExchangeNotController.selector, address(this), 1);
        vm.expectRevert(refusal);
        exchange.debitUnits(_p(aliceId), market, 1, treasury);
        vm.expectRevert(refusal);
        exchange.debitCash(_p(aliceId), market, 1, treasury);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeNotController.selector, address(this), 4));
        exchange.forcedTransfer(_p(aliceId), _p(bobId), market, 1);
    }

    function test_debitUnits_leavesOrdersAloneWhenItCan() public {
        exchange.setController(address(this), 1);
        OrderId id = _place(alice, SELL, 4_810, 300);
        assertEq(exchange.debitUnits(_p(aliceId), market, 700, treasury), 700);
        (uint256 lots,) = lens.order(id);
        assertEq(lots, 300);
        assertEq(units.balanceOf(treasury, UnitId.unwrap(UNIT)), 700);
    }

    function test_debitUnits_endsOrdersWhenItMust() public {
        exchange.setController(address(this), 1);
        OrderId ask = _place(alice, SELL, 4_810, 300);
        OrderId bid = _place(alice, BUY, 4_700, 1);
        vm.expectEmit(address(exchange));
        emit IExchangeBase.OrdersVoided(_accountId(aliceId));
        assertEq(exchange.debitUnits(_p(aliceId), market, 701, treasury), 701);
        Account memory a = _account(aliceId);
        assertEq(a.lotsFree, 299);
        assertEq(a.cashInBids, 0);
        (uint256 lots,) = lens.order(ask);
        assertEq(lots, 0);
        (lots,) = lens.order(bid);
        assertEq(lots, 0);

        // Nobody trades with the void order, and it is out of the way afterwards; the account goes on trading.
        _place(alice, SELL, 4_811, 299);
        (uint256 filled,) = _take(bob, BUY, 4_811, 300);
        assertEq(filled, 299);
        assertEq(_account(aliceId).lots, 0);
        assertEq(lens.market(market).askTick, 0);
    }

    function test_debitUnits_takesWhatThereIs() public {
        exchange.setController(address(this), 1);
        assertEq(exchange.debitUnits(_p(aliceId), market, 5_000, treasury), 1_000);
        assertEq(exchange.debitUnits(_p(aliceId), market, 5_000, treasury), 0);
    }

    function test_debitUnits_takesTheOldestFirst() public {
        exchange.setController(address(this), 1);
        _place(bob, SELL, 4_810, 10);
        _take(alice, BUY, 4_810, 10);
        exchange.debitUnits(_p(aliceId), market, 995, treasury);
        assertEq(_account(aliceId).lotsBought, 10);
        assertEq(_account(aliceId).lotsFree, 5);
        exchange.debitUnits(_p(aliceId), market, 10, treasury);
        assertEq(_account(aliceId).lotsBought, 5);
        assertEq(_account(aliceId).lotsFree, 0);
    }

    function test_debitUnits_endsOrdersNoMoreThanAnAccountCanCount() public {
        exchange.setController(address(this), 1);
        for (uint256 i; i < 31; ++i) {
            _place(alice, BUY, 4_700, 1);
            exchange.debitCash(_p(aliceId), market, 99_900_000, alice);
            _deposit(alice, 0, 999_000);
        }
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeAccountVoided.selector, aliceId, market));
        exchange.place(_order(BUY, 4_700, 1, DAY_ORDER));
        _open(FIRST_DAY + 3);
        _place(alice, BUY, 4_700, 1);
    }

    function test_debitCash_roundsDownToThe001() public {
        exchange.setController(address(this), 1);
        assertEq(exchange.debitCash(_p(aliceId), market, 12_345, treasury), 12_300);
        assertEq(currency.balanceOf(treasury), 123);
        assertEq(exchange.debitCash(_p(aliceId), market, type(uint256).max, treasury), 99_987_700);
        assertEq(_account(aliceId).cash, 0);
        assertEq(exchange.debitCash(_p(aliceId), market, 1_000, treasury), 0);
    }

    function test_debitCash_endsOrdersWhenItMust() public {
        exchange.setController(address(this), 1);
        OrderId bid = _place(alice, BUY, 4_700, 200);
        assertEq(exchange.debitCash(_p(aliceId), market, 90_000_000, treasury), 90_000_000);
        (uint256 lots,) = lens.order(bid);
        assertEq(lots, 0);
        assertEq(_account(aliceId).cashFree, 10_000_000);
    }

    function test_forcedTransfer_movesFrozenLotsToo() public {
        exchange.setController(address(this), 6);
        exchange.freezeAccount(_p(aliceId), market, true);
        assertEq(exchange.forcedTransfer(_p(aliceId), _p(bobId), market, 1_500), 1_000);
        assertEq(_account(bobId).lots, 2_000);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeWalletUnknown.selector, address(0)));
        exchange.forcedTransfer(_p(aliceId), _p(0), market, 1);
    }

    function test_forcedTransfer_toItselfChangesNothing() public {
        exchange.setController(address(this), 4);
        exchange.forcedTransfer(_p(aliceId), _p(aliceId), market, 10);
        assertEq(_account(aliceId).lots, 1_000);
    }

    // ------------------------------------------------------------------ freezing

    function test_freezeAccount_stopsEverything() public {
        OrderId id = _place(alice, SELL, 4_810, 300);
        vm.prank(officer);
        exchange.freezeAccount(_p(aliceId), market, true);
        assertTrue(_account(aliceId).frozen);
        (uint256 lots,) = lens.order(id);
        assertEq(lots, 0);

        bytes memory refusal = abi.encodeWithSelector(IExchangeBase.ExchangeAccountFrozen.selector, aliceId, market);
        vm.startPrank(alice);
        vm.expectRevert(refusal);
        exchange.place(_order(SELL, 4_810, 1, DAY_ORDER));
        vm.expectRevert(refusal);
        exchange.withdrawUnits(market, 1, alice);
        vm.expectRevert(refusal);
        exchange.withdrawCash(market, 1, alice);
        vm.stopPrank();
        (uint256 filled,) = _take(bob, BUY, 4_810, 10);
        assertEq(filled, 0);
    }

    function test_freezeAccount_doesNotBringOrdersBack() public {
        OrderId id = _place(alice, SELL, 4_810, 300);
        vm.startPrank(officer);
        exchange.freezeAccount(_p(aliceId), market, true);
        exchange.freezeAccount(_p(aliceId), market, false);
        vm.stopPrank();
        (uint256 lots,) = lens.order(id);
        assertEq(lots, 0);
        (uint256 filled,) = _take(bob, BUY, 4_810, 10);
        assertEq(filled, 0);
        _place(alice, SELL, 4_810, 1_000);
    }

    function test_freezeAccount_isForOfficersAndControllers() public {
        vm.expectRevert();
        exchange.freezeAccount(_p(aliceId), market, true);
        exchange.setController(address(this), 2);
        exchange.freezeAccount(_p(aliceId), market, true);
        assertTrue(_account(aliceId).frozen);
    }

    function test_syncParticipant_pullsASuspension() public {
        _place(alice, SELL, 4_810, 300);
        participants.set(alice, aliceId, ALL_RIGHTS, 3);
        MarketId[] memory markets = new MarketId[](1);
        markets[0] = market;
        exchange.syncParticipant(_p(aliceId), markets);
        assertTrue(_account(aliceId).frozen);
        (uint256 filled,) = _take(bob, BUY, 4_810, 10);
        assertEq(filled, 0);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeParticipantNotActive.selector, aliceId, 3));
        exchange.place(_order(SELL, 4_810, 1, DAY_ORDER));
    }

    function test_syncParticipant_leavesApplicantsAlone() public {
        MarketId[] memory markets = new MarketId[](1);
        markets[0] = market;
        participants.set(alice, aliceId, ALL_RIGHTS, 1);
        exchange.syncParticipant(_p(aliceId), markets);
        exchange.syncParticipant(_p(4_000), markets); // nobody yet
        assertFalse(_account(aliceId).frozen);
        assertFalse(_account(4_000).frozen);
    }

    function test_syncParticipant_doesNotUndoAnOrder() public {
        MarketId[] memory markets = new MarketId[](1);
        markets[0] = market;
        participants.set(alice, aliceId, ALL_RIGHTS, 3);
        exchange.syncParticipant(_p(aliceId), markets);
        vm.prank(officer);
        exchange.freezeAccount(_p(aliceId), market, true);
        participants.set(alice, aliceId, ALL_RIGHTS, 2);
        exchange.syncParticipant(_p(aliceId), markets);
        assertTrue(_account(aliceId).frozen, "the order to freeze still stands");
        vm.prank(officer);
        exchange.freezeAccount(_p(aliceId), market, false);
        assertFalse(_account(aliceId).frozen);
    }

    function test_sync_forgetsARemovedWallet() public {
        participants.set(alice, 0, 0, 0);
        exchange.sync(alice);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeWalletUnknown.selector, alice));
        exchange.place(_order(SELL, 4_810, 1, DAY_ORDER));
    }

    // ------------------------------------------------------------------ holding limits

    function test_holdingLimit_countsTheWallets() public {
        units.mint(alice, UnitId.unwrap(UNIT), 500);
        vm.prank(officer);
        exchange.setHoldingLimit(_p(aliceId), market, 2_000);
        assertEq(_account(aliceId).room, 500);
    }

    function test_holdingLimit_isNotEscapedByWithdrawing() public {
        vm.prank(officer);
        exchange.setHoldingLimit(_p(aliceId), market, 1_100);
        vm.prank(alice);
        exchange.withdrawUnits(market, 600, alice);
        assertEq(_account(aliceId).room, 100);
        vm.startPrank(alice);
        units.safeTransferFrom(alice, address(exchange), UnitId.unwrap(UNIT), 600, "");
        vm.stopPrank();
        assertEq(_account(aliceId).room, 100);
    }

    function test_holdingLimit_mayBeExceededAlready() public {
        vm.prank(officer);
        exchange.setHoldingLimit(_p(aliceId), market, 400);
        assertEq(_account(aliceId).room, -600);
        vm.prank(alice);
        exchange.withdrawUnits(market, 1_000, alice);
        assertEq(_account(aliceId).room, -600, "what lies in the wallet counts");
        vm.prank(alice);
        units.safeTransferFrom(alice, treasury, UnitId.unwrap(UNIT), 900, "");
        exchange.syncHolding(_p(aliceId), market);
        assertEq(_account(aliceId).room, 300);
    }

    function test_holdingLimit_isSetByTheMarketsOfficer() public {
        vm.expectRevert();
        exchange.setHoldingLimit(_p(aliceId), market, 400);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeBadConfig.selector, bytes32("holdingLimit")));
        exchange.setHoldingLimit(_p(aliceId), market, 1 << 33);
    }

    function test_holdingLimit_isNotAskedForBeforeTheFirst() public {
        vm.expectCall(address(limits), abi.encodeWithSelector(IHoldingLimits.allot.selector), 0);
        (uint24 id, address wallet) = _trader("new", 10, 10_000);
        assertEq(_account(id).room, type(int256).max);
        assertEq(_account(id).lots, 10);
        _place(wallet, BUY, 4_800, 1);
    }

    function test_holdingLimit_isAskedForFromAMarketsRulesOn() public {
        MarketRules memory limited = _rules();
        limited.holdingLimit = 30;
        vm.prank(officer);
        exchange.setMarketRules(market, limited);
        _open(FIRST_DAY + 3);
        (uint24 id, address wallet) = _trader("new", 10, 1_000_000);
        assertEq(_account(id).room, 20);
        vm.prank(wallet);
        vm.expectRevert(abi.encodeWithSelector(BookHoldingLimitExceeded.selector, int256(20), 21));
        exchange.place(_order(BUY, 4_800, 21, DAY_ORDER));
    }

    function test_holdingLimit_isAskedForFromANewMarketsRulesOn() public {
        MarketConfig memory other = _config();
        other.rules.holdingLimit = 30;
        vm.prank(officer);
        market = exchange.createMarket(UnitId.wrap(UnitId.unwrap(UNIT) + 1), SCHEME, address(currency), other);
        (uint24 id,) = _join("new");
        currency.mint(makeAddr("new"), 100);
        vm.startPrank(makeAddr("new"));
        currency.approve(address(exchange), 100);
        exchange.depositCash(market, 100);
        assertEq(_account(id).room, 30);
    }

    function test_holdingLimit_isAskedForFromTheFirstOrderOn() public {
        vm.prank(officer);
        exchange.setHoldingLimit(_p(aliceId), market, 2_000);
        vm.expectCall(address(limits), abi.encodeWithSelector(IHoldingLimits.allot.selector), 1);
        (uint24 id,) = _trader("new", 10, 0);
        assertEq(_account(id).room, type(int256).max, "an order is for one");
    }

    function test_holdingLimit_ofNobody_endsWithItsContract() public {
        vm.prank(officer);
        exchange.setHoldingLimit(_p(aliceId), market, 2_000);
        exchange.setController(address(limits), 0);
        (uint24 id,) = _trader("new", 10, 0);
        assertEq(_account(id).room, type(int256).max);
    }

    // ------------------------------------------------------------------ pause

    function test_aPause_stopsWithdrawalsAndDebitsOfCash_andNoOrder() public {
        exchange.setController(address(this), 1);
        exchange.pause(1 days);
        bytes memory why = abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 days);
        vm.startPrank(alice);
        vm.expectRevert(why);
        exchange.withdrawUnits(market, 1, alice);
        vm.expectRevert(why);
        exchange.withdrawCash(market, 1, alice);
        vm.stopPrank();
        vm.expectRevert(why);
        exchange.debitCash(_p(aliceId), market, 1_000, treasury);
        // Surrender from the ledger goes on, and so do orders and their cancelling.
        assertEq(exchange.debitUnits(_p(aliceId), market, 1, treasury), 1);
        OrderId id = _place(alice, SELL, 4_810, 1);
        vm.prank(alice);
        exchange.cancel(id);
        vm.warp(vm.getBlockTimestamp() + 1 days);
        vm.prank(alice);
        exchange.withdrawCash(market, 1, alice);
    }

    /// @dev The contract of these fines has no pause of its own: it holds nothing, and what it debits leaves the ledger.
    function test_aPause_stopsDebitsOfFines() public {
        address desk = _desk();
        IFalseReports reports = IFalseReports(
            vm.deployCode("FalseReports.sol:FalseReports", abi.encode(desk, desk, desk, desk, exchange, desk))
        );
        exchange.setController(address(reports), 1);
        ChargeId id = reports.charge(InstallationId.wrap(1), 2020, ParticipantId.wrap(0), 0, "why");
        reports.decide(id, 5, "why");
        exchange.pause(1 days);
        uint256 until = vm.getBlockTimestamp() + 1 days;
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, until));
        reports.debit(id, market);
        assertEq(reports.chargeOf(id).paidCents, 0);
        vm.warp(until);
        reports.debit(id, market);
        assertEq(reports.chargeOf(id).paidCents, 5);
        assertEq(currency.balanceOf(treasury), 5);
    }

    /// @dev Answers for register, rules, oracle and penalties: alice's plant, a report that fell, a fine of five cents.
    function _desk() private returns (address desk) {
        desk = makeAddr("desk");
        vm.etch(desk, hex"00");
        uint256 plant = uint256(SchemeId.unwrap(SCHEME)) << 24 | aliceId;
        vm.mockCall(desk, abi.encodeWithSelector(IInstallations.installation.selector), abi.encode(plant));
        vm.mockCall(desk, abi.encodeWithSelector(ISchemes.checkPower.selector), "");
        vm.mockCall(desk, abi.encodeWithSelector(ISchemes.param.selector), abi.encode(5));
        vm.mockCall(desk, abi.encodeWithSelector(ISchemes.paramOr.selector), abi.encode(0));
        vm.mockCall(desk, abi.encodeWithSelector(IEmissionsReports.fallenReport.selector), abi.encode(1 << 120));
        vm.mockCall(desk, abi.encodeWithSelector(IPenalties.treasuryOf.selector), abi.encode(currency, treasury));
    }
}
