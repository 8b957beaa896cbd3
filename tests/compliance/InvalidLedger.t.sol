// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IExchangeExtension} from "../../interfaces/market/IExchangeExtension.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {BatchStatus, IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {PurchaseCase} from "./PurchaseCase.sol";

/// @dev A batch is invalidated while it lies on wallets, in the ledger and in open orders of the real Exchange.
contract InvalidLedgerTest is PurchaseCase {
    function _owners() private view returns (ParticipantId[] memory owners) {
        owners = new ParticipantId[](2);
        (owners[0], owners[1]) = (developer, alpha);
    }

    function _clear() private {
        vm.prank(stranger);
        registry.clearInvalidated(credit, _owners());
    }

    function test_clearInvalidated_reachesLedgerAndOpenOrders() public {
        _buy(alice, _purchase(100, 20), alice); // 200 t are retired
        _order(alice, BUY, 100, 10); //            100 t stay in Alice's account
        _order(alice, BUY, 90, 5);
        vm.startPrank(officer);
        batchDesk.setLocked(credit, true, REASON);
        batchDesk.invalidate(credit, REASON);
        vm.stopPrank();

        _clear();
        assertEq(credits.exitedOf(credit, Exit.Invalidated), 5_000 - 200);
        assertEq(credits.balanceOf(address(exchange), UnitId.unwrap(credit)), 0);
        assertEq(_account(developer).lots, 0);
        assertEq(_account(developer).lotsInAsks, 0);
        assertEq(_account(alpha).lots, 0);
        assertEq(registry.certificate(1).amount, 200); // keeps its record
        assertEq(credits.exitedOf(credit, Exit.Retired), 200);
        assertEq(credits.totalSupply(credit), 10_000 - 5_000); // the developer's wallet
    }

    function test_clearInvalidated_revertsForAValidOrLockedBatch() public {
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, credit, BatchStatus.Active));
        _clear();
        assertEq(_account(developer).lots, 500);

        vm.prank(officer);
        batchDesk.setLocked(credit, true, REASON);
        vm.expectRevert();
        _clear();
        assertEq(_account(developer).lots, 500);
    }

    function test_clearInvalidated_revertsForAllowancesAndForTooMany() public {
        UnitId allowance = UnitId.wrap(uint256(1) << 96 | (UnitId.unwrap(credit) & (1 << 96) - 1));
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementClassUnknown.selector, allowance));
        registry.clearInvalidated(allowance, _owners());
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementItemCount.selector, 51, 50));
        registry.clearInvalidated(credit, new ParticipantId[](51));
        ParticipantId[] memory most = new ParticipantId[](50);
        for (uint256 i; i < 50; ++i) {
            most[i] = developer;
        }
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, credit, BatchStatus.Active));
        registry.clearInvalidated(credit, most);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementItemCount.selector, 0, 50));
        registry.clearInvalidated(credit, new ParticipantId[](0));
    }
}
