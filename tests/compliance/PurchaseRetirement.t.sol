// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BookInsufficientCash, BookNotFilled} from "../../interfaces/types/BookTypes.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Certificate, IRetirementRegistry, Purchase} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {PurchaseCase} from "./PurchaseCase.sol";

/// @dev Bought from the real book and retired in one transaction.
contract PurchaseRetirementTest is PurchaseCase {
    /* WHAT IS BOUGHT IS RETIRED */

    function test_retireOnPurchase_retiresWhatWasFilled() public {
        uint256 cash = _account(alpha).cash;
        vm.expectEmit(address(registry));
        emit IRetirementRegistry.UnitsBoughtToRetire(1, market, alpha, 50, 50);
        (uint256 number, uint256 filled) = _buy(alice, _purchase(100, 50), stranger);
        assertEq(number, 1);
        assertEq(filled, 50);
        Certificate memory c = registry.certificate(1);
        assertEq(c.holder, stranger);
        assertEq(c.amount, 500);
        assertEq(UnitId.unwrap(c.unit), UnitId.unwrap(credit));
        assertEq(registry.serialsOf(1)[0].last, 500);
        assertEq(credits.exitedOf(credit, Exit.Retired), 500);
        assertEq(_account(alpha).lots, 0);
        assertEq(_account(alpha).lotsBought, 0);
        assertEq(cash - _account(alpha).cash, 50 * 100 * 100 + 50 * 10); // 0.01 a tick, and 0.1 % fee
    }

    function test_retireOnPurchase_reportsWhatWasNotToBeHad() public {
        vm.expectEmit(address(registry));
        emit IRetirementRegistry.UnitsBoughtToRetire(1, market, alpha, 90, 60);
        (, uint256 filled) = _buy(alice, _purchase(119, 90), alice);
        assertEq(filled, 60); // the lots at 120 are beyond the limit
        assertEq(registry.certificate(1).amount, 600);
        assertEq(_account(alpha).cashInBids, 0); // nothing rests
    }

    function test_retireOnPurchase_staysWithinTheMaximumCost() public {
        Purchase memory p = _purchase(120, 90);
        p.maximumCost = 60 * 10_000 + 600 + 3 * 12_012; // all at 100 with fee, and three at 120
        (, uint256 filled) = _buy(alice, p, alice);
        assertEq(filled, 63);
        assertEq(registry.certificate(1).amount, 630);
    }

    function test_retireOnPurchase_buysNothingWhereTooLittleIsToBeHad() public {
        Purchase memory p = _purchase(100, 90);
        p.minimumLots = 61;
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(BookNotFilled.selector, 60, 61));
        registry.retireOnPurchase(p, _claim(), alice);

        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementNothingBought.selector, market, 99));
        registry.retireOnPurchase(_purchase(99, 90), _claim(), alice);
        assertEq(registry.lastCertificate(), 0);
    }

    function test_retireOnPurchase_leavesOtherLotsAndOrdersAlone() public {
        vm.prank(dora);
        credits.safeTransferFrom(dora, alice, UnitId.unwrap(credit), 1_000, "");
        vm.prank(alice);
        credits.safeTransferFrom(alice, address(exchange), UnitId.unwrap(credit), 1_000, "");
        _order(alice, SELL, 140, 100); // all that she has
        (, uint256 filled) = _buy(alice, _purchase(100, 20), alice);
        assertEq(filled, 20);
        assertEq(_account(alpha).lots, 100);
        assertEq(_account(alpha).lotsInAsks, 100);
    }

    function test_retireOnPurchase_needsMoneyThere() public {
        _fund(bob, 10);
        vm.prank(bob);
        vm.expectPartialRevert(BookInsufficientCash.selector);
        registry.retireOnPurchase(_purchase(100, 50), _claim(), bob);
    }

    /* WHO */

    function test_retireOnPurchase_needsTheRightsToTradeAndToSurrender() public {
        uint8 both = WalletRights.TRADE | WalletRights.SURRENDER;
        address trader = makeAddr("trader of ALPHA");
        address keeper = makeAddr("keeper of ALPHA");
        _addWallet(alice, trader, WalletRights.ALL - WalletRights.SURRENDER);
        _addWallet(alice, keeper, WalletRights.ALL - WalletRights.TRADE);
        _expectRight(trader, both);
        vm.prank(trader);
        registry.retireOnPurchase(_purchase(100, 1), _claim(), alice);
        _expectRight(keeper, both);
        vm.prank(keeper);
        registry.retireOnPurchase(_purchase(100, 1), _claim(), alice);
        _expectRight(stranger, both);
        vm.prank(stranger);
        registry.retireOnPurchase(_purchase(100, 1), _claim(), alice);
        _suspend(alpha);
        _expectRight(alice, both);
        vm.prank(alice);
        registry.retireOnPurchase(_purchase(100, 1), _claim(), alice);
    }

    function test_retireOnPurchase_isNotForFrozenAccounts() public {
        vm.prank(officer);
        exchange.freezeAccount(alpha, market, true);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeAccountFrozen.selector, alpha, market));
        registry.retireOnPurchase(_purchase(100, 1), _claim(), alice);
    }
}
