// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {
    Adjustment,
    AdjustmentStatus,
    Authorisation,
    FirstTransfer,
    IArticle6,
    ItmoBlock,
    ItmoPurpose,
    ItmoState
} from "../../interfaces/compliance/IArticle6.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";
import {Article6Case} from "./Article6Case.sol";

contract Article6Test is Article6Case {
    /* WHO */

    function test_setFocalPoint_isRestrictedAndForOneParty() public {
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, officer));
        article6.setFocalPoint(officer, CHINA);
        vm.expectEmit(address(article6));
        emit IArticle6.FocalPointSet(beijing, CHINA, JAPAN);
        article6.setFocalPoint(beijing, JAPAN);
        assertEq(article6.partyOf(beijing), JAPAN);
        _expectNotParty(beijing, JAPAN, CHINA);
        _ndc();
    }

    function test_administrator_speaksForNoParty() public {
        _expectNotParty(address(this), 0, CHINA);
        article6.authorise(credit, 1, 1, ItmoPurpose.Ndc, FirstTransfer.None, APPROACH, DOCUMENT, 0);
    }

    /* AUTHORISE */

    function test_authorise_isTheHostPartys() public {
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeAuthorised(
            1, credit, CHINA, 1, 1_000, ItmoPurpose.Ndc, FirstTransfer.None, APPROACH, DOCUMENT
        );
        _ndc();
        _expectBlock(1, 1_000, ItmoState.Authorised, 0);
        Authorisation memory a = article6.authorisationOf(1);
        assertTrue(a.unit == credit && a.first == 1 && a.last == 1_000 && a.party == CHINA);
        assertTrue(a.purpose == ItmoPurpose.Ndc && a.approach == APPROACH && a.authorisedAt == block.timestamp);
        assertEq(article6.authorisationCount(), 1);

        _expectNotParty(tokyo, JAPAN, CHINA);
        vm.prank(tokyo);
        article6.authorise(credit, 1_001, 1_001, ItmoPurpose.Ndc, FirstTransfer.None, APPROACH, DOCUMENT, 1);
    }

    function test_authorise_neverOverlaps() public {
        _ndc();
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, 1_000, 1_201, 1, 1_001));
        _authorise(1_000, 1_200, ItmoPurpose.Ndc, FirstTransfer.None, 1);
        _authorise(1_001, 1_200, ItmoPurpose.Other, FirstTransfer.Use, 1);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, 500, 601, 1, 1_001));
        _authorise(500, 600, ItmoPurpose.Ndc, FirstTransfer.None, 1);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsWrongHint.selector, 1, 2_000));
        _authorise(2_000, 2_001, ItmoPurpose.Ndc, FirstTransfer.None, 1);
    }

    function test_authorise_takesOnlySerialsOfTheBatchThatHaveNotLeft() public {
        UnitId other = _batch(2, 50); // 10,001 to 10,050
        _retire(10);
        uint64[2][4] memory blocks = [[uint64(10), 20], [uint64(9_999), 10_001], [uint64(20), 19], [uint64(0), 20]];
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IArticle6.Article6NotHeld.selector, credit, blocks[i][0], blocks[i][1])
            );
            _authorise(blocks[i][0], blocks[i][1], ItmoPurpose.Ndc, FirstTransfer.None, 0);
        }
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6NotHeld.selector, other, 11, 12));
        vm.prank(beijing);
        article6.authorise(other, 11, 12, ItmoPurpose.Ndc, FirstTransfer.None, APPROACH, DOCUMENT, 0);
        _authorise(11, 10_000, ItmoPurpose.Ndc, FirstTransfer.None, 0);
    }

    function test_authorise_definesTheFirstTransfer() public {
        _refuseTerms(ItmoPurpose.None, FirstTransfer.Use, APPROACH);
        _refuseTerms(ItmoPurpose.Ndc, FirstTransfer.Use, APPROACH);
        _refuseTerms(ItmoPurpose.Other, FirstTransfer.None, APPROACH);
        _refuseTerms(ItmoPurpose.Both, FirstTransfer.None, APPROACH);
        _refuseTerms(ItmoPurpose.Ndc, FirstTransfer.None, 0);
        _authorise(1, 10, ItmoPurpose.Other, FirstTransfer.Authorisation, 0);
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeTransferred(credit, CHINA, 0, 11, 20);
        _authorise(11, 20, ItmoPurpose.Both, FirstTransfer.Issuance, 1);
        _authorise(21, 30, ItmoPurpose.Both, FirstTransfer.Use, 11);
        _expectBlock(1, 10, ItmoState.FirstTransferred, 0);
        _expectBlock(11, 20, ItmoState.FirstTransferred, 0);
        _expectBlock(21, 30, ItmoState.Authorised, 0);
        assertTrue(article6.blockOf(credit, 1).transferred && !article6.blockOf(credit, 21).transferred);
    }

    function _refuseTerms(ItmoPurpose purpose, FirstTransfer definition, bytes16 approach) private {
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BadTerms.selector, purpose, definition, approach));
        vm.prank(beijing);
        article6.authorise(credit, 1, 10, purpose, definition, approach, DOCUMENT, 0);
    }

    /* TRANSFER AND ACQUIRE */

    function test_transfer_cutsTheBlock() public {
        _ndc();
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeTransferred(credit, CHINA, JAPAN, 101, 400);
        _transfer(1, 101, 400, JAPAN);
        _expectBlock(1, 100, ItmoState.Authorised, 0);
        _expectBlock(101, 400, ItmoState.FirstTransferred, JAPAN);
        _expectBlock(401, 1_000, ItmoState.Authorised, 0);
        _transfer(401, 401, 500, SWISS);
        _expectBlock(401, 500, ItmoState.FirstTransferred, SWISS);
        _expectBlock(501, 1_000, ItmoState.Authorised, 0);
        _expectState(101, ItmoState.FirstTransferred);
        _transfer(101, 101, 400, SWISS);
    }

    function testFuzz_transfer_leavesEverySerialInOneBlock(uint64 first, uint64 last) public {
        first = uint64(bound(first, 1, 1_000));
        last = uint64(bound(last, first, 1_000));
        _ndc();
        _transfer(1, first, last, JAPAN);
        uint64 place = 1;
        uint256 transferred;
        while (place <= 1_000) {
            ItmoBlock memory b = article6.blockOf(credit, place);
            assertEq(b.first, place);
            assertTrue((b.state == ItmoState.FirstTransferred) == (place == first));
            if (b.state == ItmoState.FirstTransferred) transferred += b.last - b.first + 1;
            place = b.last + 1;
        }
        assertEq(place, 1_001);
        assertEq(transferred, last - first + 1);
    }

    function test_transfer_isTheHostsAndToAnother() public {
        _ndc();
        _expectNotParty(tokyo, JAPAN, CHINA);
        vm.prank(tokyo);
        article6.transfer(credit, 1, 1, 10, JAPAN);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BadAcquirer.selector, CHINA));
        _transfer(1, 1, 10, CHINA);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BadAcquirer.selector, 0));
        _transfer(1, 1, 10, 0);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6OutsideBlock.selector, credit, 1, 1, 1_001));
        _transfer(1, 1, 1_001, JAPAN);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6OutsideBlock.selector, credit, 2, 2, 3));
        _transfer(2, 2, 3, JAPAN);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6OutsideBlock.selector, credit, 1, 5, 4));
        _transfer(1, 5, 4, JAPAN);
    }

    function test_transfer_isForNdcsOnly() public {
        _other(FirstTransfer.Authorisation);
        _expectState(1, ItmoState.FirstTransferred);
        _transfer(1, 1, 10, JAPAN);
        _authorise(2_000, 2_100, ItmoPurpose.Both, FirstTransfer.Authorisation, 1);
        _transfer(2_000, 2_000, 2_100, JAPAN);
        _expectBlock(2_000, 2_100, ItmoState.FirstTransferred, JAPAN);
    }

    function test_acquire_isTheAcquiringPartys() public {
        _ndc();
        _expectState(1, ItmoState.Authorised);
        _acquire(tokyo, 1, 1, 1_000);
        _transfer(1, 1, 1_000, JAPAN);
        _expectNotParty(bern, SWISS, JAPAN);
        _acquire(bern, 1, 1, 1_000);
        _expectNotParty(beijing, CHINA, JAPAN);
        _acquire(beijing, 1, 1, 1_000);
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeAcquired(credit, JAPAN, 1, 600);
        _acquire(tokyo, 1, 1, 600);
        _expectBlock(1, 600, ItmoState.Acquired, JAPAN);
        _expectBlock(601, 1_000, ItmoState.FirstTransferred, JAPAN);
        _expectState(1, ItmoState.Acquired);
        _acquire(tokyo, 1, 1, 600);
    }

    function test_acquire_isOfWhatWasTransferredToSomebody() public {
        _other(FirstTransfer.Authorisation);
        _expectState(1, ItmoState.FirstTransferred);
        _acquire(tokyo, 1, 1, 10);
    }

    /* USE */

    function test_use_towardsAnNdcIsProvedByTheCertificate() public {
        _acquired();
        uint256 certificate = _retire(300);
        _expectNotProved(1, 301, certificate);
        _use(tokyo, 1, 1, 301, certificate);
        _expectNotParty(beijing, CHINA, JAPAN);
        _use(beijing, 1, 1, 300, certificate);
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeUsed(credit, JAPAN, certificate, 1, 300);
        _use(tokyo, 1, 1, 300, certificate);
        _expectBlock(1, 300, ItmoState.Used, JAPAN);
        assertEq(article6.blockOf(credit, 1).evidence, certificate);
        _expectBlock(301, 1_000, ItmoState.Acquired, JAPAN);
        _expectState(1, ItmoState.Used);
        _use(tokyo, 1, 1, 300, certificate);
    }

    function test_use_isNotProvedByAnothersCertificate() public {
        _acquired();
        _batch(2, 50);
        vm.prank(dora);
        uint256 other = registry.retire(_id(2, VINTAGE, 2), 50, _claim()); // 10,001 to 10,050
        _expectNotProved(1, 50, other);
        _use(tokyo, 1, 1, 50, other);
        vm.prank(controller);
        allowances.issue(dora, allowance, 50, REF);
        vm.prank(dora);
        uint256 plain = registry.retire(allowance, 50, _claim());
        _expectNotProved(1, 50, plain);
        _use(tokyo, 1, 1, 50, plain);
    }

    function test_use_needsTheAcquisition() public {
        _ndc();
        uint256 certificate = _retire(1_000);
        _expectState(1, ItmoState.Authorised); // no NDC is the host's own
        _use(beijing, 1, 1, 1_000, certificate);
        _transfer(1, 1, 1_000, JAPAN);
        _expectState(1, ItmoState.FirstTransferred);
        _use(tokyo, 1, 1, 1_000, certificate);
    }

    function test_use_forOtherPurposesIsTheHosts() public {
        _other(FirstTransfer.Use);
        uint256 certificate = _retire(1_000);
        assertFalse(article6.blockOf(credit, 1).transferred);
        _expectNotParty(tokyo, JAPAN, CHINA);
        _use(tokyo, 1, 1, 1_000, certificate);
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeTransferred(credit, CHINA, 0, 1, 400); // the use is the first transfer
        _use(beijing, 1, 1, 400, certificate);
        assertTrue(article6.blockOf(credit, 1).transferred);
        assertFalse(article6.blockOf(credit, 401).transferred);
        _expectBlock(1, 400, ItmoState.Used, 0);
    }

    /* CANCEL */

    function test_cancel_isProvedByTheCancellation() public {
        _acquired();
        (uint256 number, SerialBlock[] memory blocks) = _cancelUnits(200, 1);
        vm.startPrank(tokyo);
        _expectNotProved(1, 201, number);
        article6.cancel(credit, 1, 1, 201, number, blocks);
        blocks[0].last = 201;
        _expectNotProved(1, 201, number);
        article6.cancel(credit, 1, 1, 201, number, blocks);
        blocks[0].last = 200;
        _expectNotProved(1, 200, number + 1);
        article6.cancel(credit, 1, 1, 200, number + 1, blocks);
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeCancelled(credit, JAPAN, number, 1, 200);
        article6.cancel(credit, 1, 1, 200, number, blocks);
        _expectState(1, ItmoState.Cancelled);
        article6.cancel(credit, 1, 1, 200, number, blocks);
        vm.stopPrank();
        _expectBlock(1, 200, ItmoState.Cancelled, JAPAN);
        _expectNotParty(beijing, CHINA, JAPAN);
        vm.prank(beijing);
        article6.cancel(credit, 201, 201, 202, number, blocks);
    }

    function test_cancel_beforeTheFirstTransferNeedsNoAdjustment() public {
        _ndc();
        (uint256 number, SerialBlock[] memory blocks) = _cancelUnits(200, 1);
        vm.prank(beijing);
        article6.cancel(credit, 1, 1, 200, number, blocks);
        (, AdjustmentStatus status) = article6.adjustmentOf(credit, 1);
        assertTrue(status == AdjustmentStatus.NotRequired);
        _expectState(1, ItmoState.Cancelled);
        _record(beijing, 1, 2021, 200);
    }

    /* USE IN A SURRENDER */

    function _surrender(uint256 amount, uint64 first) private returns (SerialBlock[] memory blocks) {
        vm.prank(controller);
        credits.exit(dora, credit, amount, Exit.Surrendered, OBLIGATION);
        blocks = _run(first, first + uint64(amount) - 1);
    }

    function _run(uint64 first, uint64 last) private pure returns (SerialBlock[] memory blocks) {
        blocks = new SerialBlock[](1);
        blocks[0] = SerialBlock({registry: 1, series: 0, first: first, last: last});
    }

    function _useIn(address by, uint64 first, uint64 last, SerialBlock[] memory blocks) private {
        vm.prank(by);
        article6.useInSurrender(credit, 1, first, last, OBLIGATION, blocks);
    }

    function test_useInSurrender_isProvedByWhatItTook() public {
        _acquired();
        SerialBlock[] memory blocks = _surrender(300, 1);
        _expectNotProved(1, 301, uint256(OBLIGATION)); // beyond it
        _useIn(tokyo, 1, 301, blocks);
        _expectNotProved(1, 200, uint256(OBLIGATION)); // not what it took
        _useIn(tokyo, 1, 200, _run(1, 200));
        bytes32 other = bytes32(uint256(OBLIGATION) + 1);
        _expectNotProved(1, 300, uint256(other)); // not what it answered
        vm.prank(tokyo);
        article6.useInSurrender(credit, 1, 1, 300, other, blocks);

        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeSurrendered(credit, JAPAN, OBLIGATION, 1, 200);
        _useIn(tokyo, 1, 200, blocks);
        _expectBlock(1, 200, ItmoState.Used, JAPAN);
        assertEq(article6.blockOf(credit, 1).evidence, uint256(OBLIGATION));
        _expectState(1, ItmoState.Used);
        _useIn(tokyo, 1, 200, blocks);
        assertTrue(_record(beijing, 1, 2021, 200) == AdjustmentStatus.Pending);
        assertTrue(_record(tokyo, 1, 2021, 200) == AdjustmentStatus.Completed);
    }

    function test_useInSurrender_isNotProvedByARetirement() public {
        _acquired();
        uint256 certificate = _retire(300);
        _expectNotProved(1, 300, uint256(OBLIGATION));
        _useIn(tokyo, 1, 300, _run(1, 300));
        _use(tokyo, 1, 1, 300, certificate);
    }

    function test_useInSurrender_isTheHoldersOnceItMayUse() public {
        _ndc();
        SerialBlock[] memory blocks = _surrender(300, 1);
        _expectState(1, ItmoState.Authorised);
        _useIn(beijing, 1, 300, blocks);
        _transfer(1, 1, 1_000, JAPAN);
        _expectState(1, ItmoState.FirstTransferred);
        _useIn(tokyo, 1, 300, blocks);
        _acquire(tokyo, 1, 1, 1_000);
        _expectNotParty(beijing, CHINA, JAPAN);
        _useIn(beijing, 1, 300, blocks);
        _useIn(tokyo, 1, 300, blocks);
    }

    function test_useInSurrender_canBeTheFirstTransfer() public {
        _other(FirstTransfer.Use);
        SerialBlock[] memory blocks = _surrender(300, 1);
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeTransferred(credit, CHINA, 0, 1, 300);
        _useIn(beijing, 1, 300, blocks);
        assertTrue(_record(beijing, 1, 2021, 300) == AdjustmentStatus.Completed);
    }

    /* CONTRIBUTIONS AND ENTITIES */

    function test_setContributionPeriod_isAPartysOwnAndInOrder() public {
        _expectNotParty(stranger, 0, 0);
        vm.prank(stranger);
        article6.setContributionPeriod(2021, 2030);
        vm.startPrank(beijing);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BadPeriod.selector, 2031, 2030));
        article6.setContributionPeriod(2031, 2030);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BadPeriod.selector, 0, 2030));
        article6.setContributionPeriod(0, 2030);
        vm.expectEmit(address(article6));
        emit IArticle6.ContributionPeriodSet(CHINA, 2021, 2030);
        article6.setContributionPeriod(2021, 2030);
        vm.stopPrank();
        (uint16 firstYear, uint16 lastYear) = article6.contributionOf(CHINA);
        assertTrue(firstYear == 2021 && lastYear == 2030);
    }

    function test_recordAdjustment_isForAYearOfTheContribution() public {
        _acquired();
        _use(tokyo, 1, 1, 300, _retire(300));
        vm.prank(beijing);
        article6.setContributionPeriod(2021, 2030);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BadAdjustment.selector, credit, 1, 2020, 300));
        _record(beijing, 1, 2020, 300);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BadAdjustment.selector, credit, 1, 2031, 300));
        _record(beijing, 1, 2031, 300);
        _record(beijing, 1, 2030, 300);
        _record(beijing, 1, 2021, 300);
        _record(tokyo, 1, 2020, 300); // Japan told none
    }

    function test_authoriseEntity_isAPartysAndWhole() public {
        string memory name = "Example Airlines plc";
        _expectNotParty(stranger, 0, 0);
        vm.prank(stranger);
        article6.authoriseEntity(APPROACH, JAPAN, name, "0100-01");
        _refuseEntity(0, JAPAN, name, "0100-01");
        _refuseEntity(APPROACH, 0, name, "0100-01");
        _refuseEntity(APPROACH, JAPAN, "", "0100-01");
        _refuseEntity(APPROACH, JAPAN, name, "");
        _refuseEntity(APPROACH, JAPAN, string(new bytes(201)), "0100-01");
        _refuseEntity(APPROACH, JAPAN, name, string(new bytes(201)));
        vm.expectEmit(address(article6));
        emit IArticle6.EntityAuthorised(CHINA, APPROACH, JAPAN, name, "0100-01");
        vm.prank(beijing);
        article6.authoriseEntity(APPROACH, JAPAN, name, "0100-01");
    }

    function _refuseEntity(bytes16 approach, uint16 country, string memory name, string memory registration) private {
        vm.expectRevert(
            abi.encodeWithSelector(IArticle6.Article6BadEntity.selector, approach, country, name, registration)
        );
        vm.prank(beijing);
        article6.authoriseEntity(approach, country, name, registration);
    }

    /* CORRESPONDING ADJUSTMENT */

    function test_recordAdjustment_isCompleteWhenBothPartiesSayTheSame() public {
        _acquired();
        _use(tokyo, 1, 1, 300, _retire(300));
        (, AdjustmentStatus status) = article6.adjustmentOf(credit, 1);
        assertTrue(status == AdjustmentStatus.NotStarted);
        vm.expectEmit(address(article6));
        emit IArticle6.AdjustmentRecorded(credit, 1, CHINA, 2021, 300, AdjustmentStatus.Pending);
        assertTrue(_record(beijing, 1, 2021, 300) == AdjustmentStatus.Pending);
        assertTrue(_record(tokyo, 1, 2022, 300) == AdjustmentStatus.Pending); // another year
        assertTrue(_record(tokyo, 1, 2021, 299) == AdjustmentStatus.Pending); // another amount
        assertTrue(_record(beijing, 1, 2021, 299) == AdjustmentStatus.Pending); // the same, but not the block's
        assertTrue(_record(beijing, 1, 2021, 300) == AdjustmentStatus.Pending);
        vm.expectEmit(address(article6));
        emit IArticle6.AdjustmentRecorded(credit, 1, JAPAN, 2021, 300, AdjustmentStatus.Completed);
        assertTrue(_record(tokyo, 1, 2021, 300) == AdjustmentStatus.Completed);
        (Adjustment memory made,) = article6.adjustmentOf(credit, 1);
        assertTrue(made.hostYear == 2021 && made.hostT == 300 && made.acquirerYear == 2021 && made.acquirerT == 300);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BadAdjustment.selector, credit, 1, 2022, 300));
        _record(tokyo, 1, 2022, 300);
    }

    function test_recordAdjustment_isTheHostsAloneWhereNobodyAcquired() public {
        _other(FirstTransfer.Authorisation);
        _use(beijing, 1, 1, 100, _retire(100));
        assertTrue(_record(beijing, 1, 2021, 100) == AdjustmentStatus.Completed);
    }

    function test_recordAdjustment_isForItsPartiesAndForWhatIsOver() public {
        _acquired();
        _expectState(1, ItmoState.Acquired);
        _record(beijing, 1, 2021, 1_000);
        _use(tokyo, 1, 1, 300, _retire(300));
        _expectNotParty(bern, SWISS, CHINA);
        _record(bern, 1, 2021, 300);
        _expectNotParty(stranger, 0, CHINA);
        _record(stranger, 1, 2021, 300);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BadAdjustment.selector, credit, 1, 0, 300));
        _record(tokyo, 1, 0, 300);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BadAdjustment.selector, credit, 1, 2021, 0));
        _record(tokyo, 1, 2021, 0);
        _expectNotParty(tokyo, JAPAN, 0); // there is no such block
        _record(tokyo, 2, 2021, 1);
    }

    /* IDENTIFIER */

    function test_identifierOf_isBuiltFromTheChain() public {
        _ndc();
        assertEq(article6.identifierOf(credit, 1, 17), "CA0001-15601-156-17-2020");
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6OutsideBlock.selector, credit, 1, 1_001, 1_001));
        article6.identifierOf(credit, 1, 1_001);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6OutsideBlock.selector, credit, 2, 2, 2));
        article6.identifierOf(credit, 2, 2);
    }
}
