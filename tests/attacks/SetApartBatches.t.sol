// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {FirstTransfer, IArticle6, ItmoPurpose} from "../../interfaces/compliance/IArticle6.sol";
import {IBatchDesk, LockCauses} from "../../interfaces/market/IBatchDesk.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {BatchStatus, IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {IIssuance} from "../../interfaces/units/IIssuance.sol";
import {IOutcomeBatches, OutcomeUse} from "../../interfaces/units/IOutcomeBatches.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {AttackCase} from "./AttackCase.sol";

/// @dev A developer has a part of its batch set apart before the batch is locked, and sells and retires that part.
contract SetApartBatchesTest is AttackCase {
    IArticle6 private article6;
    UnitId private apart; //  in a market
    UnitId private second; // in none

    function setUp() public override {
        super.setUp();
        article6 = IArticle6(_new("Article6", abi.encode(manager, participants, credits, issuance, registry)));
        credits.setController(address(article6), EXIT | _kind(Exit.SetApart));
        article6.setFocalPoint(authority, 156);
        _authorise();
        vm.startPrank(dora);
        (apart, second) = (article6.setApart(1, 12_000), article6.setApart(1, 1_000));
        vm.stopPrank();
        _openMarket(apart);
        _deposit(dora, apart, 10_000);
        _place(dora, SELL, 500);
        _fund(emitterWallet, 100_000_000);
    }

    function _authorise() private {
        vm.prank(authority);
        article6.authorise(credit, 20_000, developer, 0, ItmoPurpose.Other, FirstTransfer.Authorisation, "CA0001", WHY);
    }

    function _lock(UnitId id, bool locked) private {
        vm.prank(authority);
        batchDesk.setLocked(id, locked, WHY);
    }

    function _retireApart(UnitId id) private {
        vm.prank(dora);
        registry.retireOutcome(id, 10, _claim(), dora, 0);
    }

    function _assertStatus(BatchStatus status) private view {
        assertEq(uint8(credits.batch(apart).status), uint8(status));
        assertEq(uint8(credits.batch(second).status), uint8(status));
    }

    function test_lockedSource_itsPartGoesOnFilling() public {
        _lock(credit, true);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketBarred.selector, market));
        _place(emitterWallet, BUY, 100);
        _lock(credit, false);
        assertEq(_place(emitterWallet, BUY, 100), 100, "unlocked, it trades again");
    }

    function test_lockedSource_itsPartIsRetired() public {
        _lock(credit, true);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, second, BatchStatus.Locked));
        _retireApart(second);
        _lock(credit, false);
        _retireApart(second);
    }

    function test_invalidSource_itsPartIsRetired() public {
        _lock(credit, true);
        vm.prank(authority);
        batchDesk.invalidate(credit, WHY);
        _assertStatus(BatchStatus.Invalidated);
        vm.expectRevert(
            abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, second, BatchStatus.Invalidated)
        );
        _retireApart(second);
    }

    /// @dev Only a page of its batches is carried with a suspension: an invalidation reaches the others all the same.
    function test_invalidSource_reachesAPartThatASuspensionDidNot() public {
        vm.startPrank(authority);
        UnitId[] memory page = new UnitId[](1);
        page[0] = credit;
        vm.mockCall(address(issuance), abi.encodeCall(IIssuance.batchesOf, (project, 0, 101)), abi.encode(page));
        batchDesk.setSuspended(project, true, WHY);
        vm.clearMockedCalls();
        _assertStatus(BatchStatus.Active);
        batchDesk.invalidate(credit, WHY);
        vm.stopPrank();
        _assertStatus(BatchStatus.Invalidated);
        assertEq(batchDesk.causesOf(second), LockCauses.SOURCE);
    }

    function test_aPart_isActedOnAlone() public {
        _lock(second, true);
        assertEq(uint8(credits.batch(credit).status), uint8(BatchStatus.Active));
        assertEq(_place(emitterWallet, BUY, 100), 100, "another part trades on");
        _lock(credit, true);
        assertEq(batchDesk.causesOf(second), LockCauses.ORDER | LockCauses.SOURCE);
        _lock(credit, false);
        assertEq(uint8(credits.batch(second).status), uint8(BatchStatus.Locked), "by its own order");
        vm.prank(authority);
        batchDesk.invalidate(second, WHY);
        _lock(credit, true);
        _lock(credit, false);
        assertEq(uint8(credits.batch(second).status), uint8(BatchStatus.Invalidated));
        assertEq(uint8(credits.batch(apart).status), uint8(BatchStatus.Active));
        _lock(credit, true);
        vm.prank(authority);
        batchDesk.invalidate(credit, WHY);
        assertEq(uint8(credits.batch(apart).status), uint8(BatchStatus.Invalidated));
    }

    /// @dev An order about the batch it came from is withdrawn there.
    function test_aPart_isNotUnlockedPastItsSource() public {
        _lock(credit, true);
        vm.expectRevert(abi.encodeWithSelector(IBatchDesk.BatchDeskUnchanged.selector, second, LockCauses.SOURCE));
        _lock(second, false);
    }

    /// @dev The order costs a block's gas at most with as many parts as there may be, each in a market or not.
    function test_lockedSource_reachesAsManyPartsAsThereMayBe() public {
        address apparatus = address(article6);
        vm.startPrank(apparatus);
        for (uint256 i = 2; i < 128; ++i) {
            issuance.setApart(dora, credit, 1, OutcomeUse.Marked, WHY);
        }
        vm.expectRevert(abi.encodeWithSelector(IOutcomeBatches.IssuanceTooManyApart.selector, credit, 128));
        issuance.setApart(dora, credit, 1, OutcomeUse.Marked, WHY);
        vm.stopPrank();
        UnitId[] memory parts = issuance.apartFrom(credit);
        assertTrue(parts.length == 128 && parts[0] == apart && parts[1] == second);
        uint256 before = gasleft();
        _lock(credit, true);
        assertLt(before - gasleft(), 8_000_000);
        assertEq(uint8(credits.batch(parts[127]).status), uint8(BatchStatus.Locked));
    }

    /// @dev A holder has its own share of the parts of a batch.
    function test_parts_haveAShareForEachAuthorisation() public {
        vm.startPrank(dora);
        article6.setApart(1, 1);
        article6.setApart(1, 1);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6TooManyParts.selector, credit, 1, 4));
        article6.setApart(1, 1);
        vm.stopPrank();
        assertEq(article6.authorisationOf(1).parts, 4);
        for (uint256 i = 1; i < 32; ++i) {
            _authorise();
        }
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6TooManyParts.selector, credit, 0, 32));
        this.authorise();
        assertEq(article6.authorisationsOf(credit), 32);
    }

    function authorise() external {
        _authorise();
    }

    function test_suspendedSource_itsPartGoesOnFilling() public {
        vm.prank(authority);
        batchDesk.setSuspended(project, true, WHY);
        _assertStatus(BatchStatus.Locked);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketBarred.selector, market));
        _place(emitterWallet, BUY, 100);
    }
}
