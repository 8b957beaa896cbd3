// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IWalletRecovery} from "../../interfaces/parties/IWalletRecovery.sol";
import {Custody, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {IAllowances} from "../../interfaces/units/IAllowances.sol";
import {UnitsBase} from "./UnitsBase.sol";

/// @dev Alice's key was stolen; her company's units follow to its fresh wallet, by any account's call.
contract UnitRecoveryTest is UnitsBase {
    address private fresh = makeAddr("fresh");
    UnitId private unit;
    uint256 private a;

    function setUp() public override {
        super.setUp();
        unit = _batch(1, 1_000);
        a = UnitId.unwrap(unit);
        vm.prank(dora);
        credits.safeTransferFrom(dora, alice, a, 1_000, "");
    }

    function test_recover_bringsFreeUnitsHome() public {
        _steal();
        vm.prank(stranger);
        credits.recoverHoldings(alice, _ids());
        assertEq(credits.balanceOf(fresh, a), 1_000);
        assertEq(credits.balanceOf(alice, a), 0);
        credits.recoverHoldings(alice, _ids()); // nothing is left, and nothing happens
        assertEq(credits.balanceOf(fresh, a), 1_000);
    }

    function test_recover_leavesFrozenUnits() public {
        vm.prank(officer);
        credits.setFrozenTokens(alice, a, 300);
        _steal();
        credits.recoverHoldings(alice, _ids());
        assertEq(credits.balanceOf(fresh, a), 700);
        assertEq(credits.getFrozenTokens(alice, a), 300);
        vm.prank(officer); // the freeze is still the officer's, of the participant's jurisdiction
        credits.setFrozenTokens(alice, a, 0);
        credits.recoverHoldings(alice, _ids());
        assertEq(credits.balanceOf(fresh, a), 1_000);
    }

    function test_recover_isOfLostWalletsOnly() public {
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitWalletNotLost.selector, alice));
        credits.recoverHoldings(alice, _ids());
        vm.prank(officer);
        participants.suspend(alpha, REASON);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitWalletNotLost.selector, alice));
        credits.recoverHoldings(alice, _ids());
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitWalletNotLost.selector, stranger));
        credits.recoverHoldings(stranger, _ids());
    }

    function test_recover_isBounded() public {
        _steal();
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitTooManyItems.selector, 201, 200));
        credits.recoverHoldings(alice, new UnitId[](201));
        credits.recoverHoldings(alice, new UnitId[](200));
    }

    function test_recover_waitsForALockedBatch() public {
        _steal();
        vm.prank(officer);
        batchDesk.setLocked(unit, true, REASON);
        vm.expectPartialRevert(IERC7943MultiToken.ERC7943CannotTransfer.selector);
        credits.recoverHoldings(alice, _ids());
    }

    /// @dev Each of several batches is asked for: an empty one is passed over, a locked one behind it does not move.
    function test_recover_looksAtEachOfItsIds() public {
        UnitId other = _batch(2, 500);
        vm.prank(dora);
        credits.safeTransferFrom(dora, alice, UnitId.unwrap(other), 500, "");
        _steal();
        UnitId[] memory ids = new UnitId[](3);
        (ids[0], ids[1], ids[2]) = (_batch(3, 1), unit, other);
        vm.prank(officer);
        batchDesk.setLocked(other, true, REASON);
        vm.expectPartialRevert(IERC7943MultiToken.ERC7943CannotTransfer.selector);
        credits.recoverHoldings(alice, ids);
        assertEq(credits.balanceOf(fresh, a), 0);
        vm.prank(officer);
        batchDesk.setLocked(other, false, REASON);
        credits.recoverHoldings(alice, ids);
        assertEq(credits.balanceOf(fresh, a), 1_000);
        assertEq(credits.balanceOf(fresh, UnitId.unwrap(other)), 500);
    }

    /// @dev Neither among participants nor, in a class that any account may hold, as one that is none.
    function test_aLostWallet_movesNothing() public {
        IAllowances free = IAllowances(_deployAllowances(Custody.Free));
        free.setController(controller, ISSUE);
        UnitId allowance = _id(1, VINTAGE, 0);
        vm.prank(controller);
        free.issue(alice, allowance, 10, "");
        _steal();
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotSend.selector, alice));
        credits.safeTransferFrom(alice, bob, a, 1, "");
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotSend.selector, alice));
        credits.safeTransferFrom(alice, fresh, a, 1, "");
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotSend.selector, alice));
        free.safeTransferFrom(alice, stranger, UnitId.unwrap(allowance), 1, "");
        vm.stopPrank();
    }

    function _steal() private {
        (address[] memory wallets, uint8[] memory rights) = (new address[](1), new uint8[](1));
        (wallets[0], rights[0]) = (fresh, WalletRights.ALL);
        IWalletRecovery recoveries = IWalletRecovery(address(participants));
        vm.prank(fresh);
        recoveries.joinRecovery(alpha);
        vm.prank(officer);
        recoveries.proposeRecovery(alpha, wallets, rights, REASON);
        skip(7 days);
        vm.prank(arbiter);
        recoveries.upholdRecovery(alpha, wallets, rights);
    }

    function _ids() private view returns (UnitId[] memory ids) {
        ids = new UnitId[](1);
        ids[0] = unit;
    }
}
