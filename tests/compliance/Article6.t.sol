// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {DataUri} from "forge-std/DataUri.sol";
import {LibString} from "solady/utils/LibString.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
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
import {IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {
    Activity,
    Methodology,
    MethodologyId,
    Project,
    ProjectId,
    ProjectKind,
    ProjectStatus
} from "../../interfaces/evidence/IProjects.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {IIssuance} from "../../interfaces/units/IIssuance.sol";
import {Batch, BatchStatus, IOffsetCredits, SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {IOutcomeBatches, Outcome, OutcomeUse} from "../../interfaces/units/IOutcomeBatches.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
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
        _authorise(1, ItmoPurpose.Ndc, FirstTransfer.None);
    }

    function test_administrator_speaksForNoParty() public {
        _expectNotParty(address(this), 0, CHINA);
        article6.authorise(credit, 1, developer, JAPAN, ItmoPurpose.Ndc, FirstTransfer.None, APPROACH, DOCUMENT);
    }

    /* AUTHORISE */

    function test_authorise_isTheHostPartys() public {
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeAuthorised(
            1, credit, CHINA, developer, JAPAN, 1_000, ItmoPurpose.Ndc, FirstTransfer.None, APPROACH, DOCUMENT
        );
        _authorise(1_000, ItmoPurpose.Ndc, FirstTransfer.None);
        Authorisation memory a = article6.authorisationOf(1);
        assertTrue(a.unit == credit && a.amountT == 1_000 && a.leftT == 1_000 && a.party == CHINA);
        assertTrue(a.holder == developer && a.acquirer == JAPAN && a.authorisedAt == block.timestamp);
        assertTrue(a.purpose == ItmoPurpose.Ndc && a.approach == APPROACH);
        assertEq(article6.authorisationCount(), 1);

        _expectNotParty(tokyo, JAPAN, CHINA);
        vm.prank(tokyo);
        article6.authorise(credit, 1, developer, JAPAN, ItmoPurpose.Ndc, FirstTransfer.None, APPROACH, DOCUMENT);
    }

    function test_authorise_isOfActiveUnitsThatAreThere() public {
        _expectNotHeld(credit, 0);
        _authorise(0, ItmoPurpose.Ndc, FirstTransfer.None);
        _expectNotHeld(credit, 10_001);
        _authorise(10_001, ItmoPurpose.Ndc, FirstTransfer.None);
        _ndc();
        credit = unit; // set apart already
        _expectNotHeld(unit, 10);
        _authorise(10, ItmoPurpose.Ndc, FirstTransfer.None);
    }

    function test_authorise_isNotOfALockedInvalidOrExAnteBatch() public {
        UnitId active = credit;
        _project();
        vm.prank(officer);
        credit = issuance.issueExAnte(ProjectId.wrap(1), VINTAGE, 500, REF);
        _expectNotActive(credit, BatchStatus.ExAnte);
        _authorise(10, ItmoPurpose.Ndc, FirstTransfer.None);

        credit = active;
        uint32 number = _authorise(1_000, ItmoPurpose.Ndc, FirstTransfer.None);
        vm.prank(officer);
        batchDesk.setLocked(credit, true, REASON);
        _expectNotActive(credit, BatchStatus.Locked);
        _authorise(10, ItmoPurpose.Ndc, FirstTransfer.None);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, credit, BatchStatus.Locked));
        _setApart(number, 10);
        vm.prank(officer);
        batchDesk.invalidate(credit, REASON);
        _expectNotActive(credit, BatchStatus.Invalidated);
        _authorise(10, ItmoPurpose.Ndc, FirstTransfer.None);
    }

    function _project() private {
        Project memory p;
        (p.developer, p.methodology, p.status, p.hostCountry) =
        (developer, MethodologyId.wrap(1), ProjectStatus.Validated, CHINA);
        (p.creditingFrom, p.creditingUntil, p.yearlyCapT) = (1_577_836_800, 1_609_459_200, 20_000); // 2020
        projects.setProject(
            ProjectId.wrap(1), p, Methodology(SCHEME, Activity.Removal, ProjectKind.Forest, 1, 1e6, 0, true)
        );
    }

    function test_authorise_termsAreOfOnePartyOrPurpose() public {
        _refuseTerms(ItmoPurpose.None, 0, FirstTransfer.Use, APPROACH);
        _refuseTerms(ItmoPurpose.Ndc, JAPAN, FirstTransfer.Use, APPROACH);
        _refuseTerms(ItmoPurpose.Ndc, 0, FirstTransfer.None, APPROACH);
        _refuseTerms(ItmoPurpose.Ndc, CHINA, FirstTransfer.None, APPROACH);
        _refuseTerms(ItmoPurpose.Other, 0, FirstTransfer.None, APPROACH);
        _refuseTerms(ItmoPurpose.Other, JAPAN, FirstTransfer.Use, APPROACH);
        _refuseTerms(ItmoPurpose.Both, JAPAN, FirstTransfer.None, APPROACH);
        _refuseTerms(ItmoPurpose.Both, 0, FirstTransfer.Use, APPROACH);
        _refuseTerms(ItmoPurpose.Ndc, JAPAN, FirstTransfer.None, 0);
    }

    function _refuseTerms(ItmoPurpose purpose, uint16 acquirer, FirstTransfer definition, bytes16 approach) private {
        vm.expectRevert(
            abi.encodeWithSelector(IArticle6.Article6BadTerms.selector, purpose, acquirer, definition, approach)
        );
        vm.prank(beijing);
        article6.authorise(credit, 10, developer, acquirer, purpose, definition, approach, DOCUMENT);
    }

    function _expectNotHeld(UnitId id, uint64 amountT) private {
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6NotHeld.selector, id, amountT));
    }

    function _expectNotActive(UnitId id, BatchStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BatchNotActive.selector, id, status));
    }

    /* SET APART */

    function test_setApart_makesABatchOfTheNextSerialNumbers() public {
        vm.prank(dora);
        registry.retire(credit, 10, _claim());
        uint32 number = _authorise(1_000, ItmoPurpose.Ndc, FirstTransfer.None);
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeSetApart(number, unit, CHINA, credit, dora, 11, 310);
        assertTrue(_setApart(number, 300) == unit);
        _expectBlock(11, 310, ItmoState.Authorised, 0);
        Batch memory b = credits.batch(unit);
        assertTrue(b.status == BatchStatus.Active && b.next == 11 && b.blocks[0].last == 310);
        assertEq(credits.batch(credit).next, 311);
        assertEq(credits.exitedOf(credit, Exit.SetApart), 300);
        assertEq(credits.balanceOf(dora, UnitId.unwrap(unit)), 300);
        assertEq(credits.totalSupply(unit) + credits.totalSupply(credit), 9_990);
        assertEq(article6.authorisationOf(number).leftT, 700);
        Outcome memory o = issuance.outcomeOf(unit);
        assertTrue(o.source == credit && o.party == 0 && o.use == OutcomeUse.Waiting);
        assertEq(issuance.reportOf(unit), issuance.reportOf(credit));
        assertEq(issuance.traitsOf(unit).hostCountry, CHINA);
        assertTrue(issuance.projectOf(unit) == issuance.projectOf(credit));

        UnitId second = _setApart(number, 700); // its next serial numbers
        assertEq(credits.batch(second).next, 311);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BeyondAuthorisation.selector, number, 1, 0));
        _setApart(number, 1);
        assertEq(credits.nextSerial(), 10_001);
    }

    function test_setApart_isTheHoldersOfFreeUnits() public {
        uint32 number = _authorise(1_000, ItmoPurpose.Ndc, FirstTransfer.None);
        address[3] memory others = [alice, clerk, beijing];
        for (uint256 i; i < 3; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6NotHolder.selector, number, others[i]));
            article6.setApart(number, 1);
        }
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BeyondAuthorisation.selector, number, 0, 1_000));
        _setApart(number, 0);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BeyondAuthorisation.selector, number, 1_001, 1_000));
        _setApart(number, 1_001);
        vm.prank(officer);
        credits.setFrozenTokens(dora, UnitId.unwrap(credit), 9_500);
        vm.prank(dora);
        vm.expectRevert();
        article6.setApart(number, 501);
        _setApart(number, 500);
        vm.prank(officer);
        participants.suspend(developer, REASON);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6NotHolder.selector, number, dora));
        _setApart(number, 1);
    }

    function test_setApart_isOfAControllerThatIsNamedForIt() public {
        vm.prank(controller); // may exit units of every kind
        vm.expectRevert(abi.encodeWithSelector(IOutcomeBatches.IssuanceNotSettingApart.selector, controller));
        issuance.setApart(dora, credit, 1, OutcomeUse.Free, REF);
        _ndc();
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(IOutcomeBatches.IssuanceNotSettingApart.selector, dora));
        issuance.setUse(unit, 0, OutcomeUse.Free);
        vm.startPrank(address(article6));
        vm.expectRevert(abi.encodeWithSelector(IOutcomeBatches.IssuanceNotApart.selector, unit));
        issuance.setApart(dora, unit, 1, OutcomeUse.Free, REF);
        vm.expectRevert(abi.encodeWithSelector(IOutcomeBatches.IssuanceNotApart.selector, credit));
        issuance.setUse(credit, 0, OutcomeUse.Free);
        vm.stopPrank();
    }

    function test_setApart_definesTheFirstTransfer() public {
        _setApart(_authorise(10, ItmoPurpose.Other, FirstTransfer.Authorisation), 10);
        uint32 number = _authorise(10, ItmoPurpose.Both, FirstTransfer.Issuance);
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeTransferred(_id(2, VINTAGE, 2 ** 61 + 2), CHINA, 0, 11, 20);
        UnitId second = _setApart(number, 10);
        UnitId third = _setApart(_authorise(10, ItmoPurpose.Both, FirstTransfer.Use), 10);
        _expectBlock(1, 10, ItmoState.FirstTransferred, 0);
        assertTrue(article6.blockOf(unit, 1).transferred && article6.blockOf(second, 11).transferred);
        assertFalse(article6.blockOf(third, 21).transferred);
        assertTrue(issuance.outcomeOf(third).use == OutcomeUse.Marked);
    }

    /// @dev What was set apart is lost there, and pays no debt of the scheme.
    function test_setApart_isReversedWhereItIs() public {
        _project();
        _ndc();
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceReversalRefused.selector, credit, 9_001, 9_000));
        issuance.reverseAvoidable(credit, 9_001, REASON);
        issuance.reverseAvoidable(unit, 400, REASON);
        vm.stopPrank();
        assertEq(credits.exitedOf(unit, Exit.Reversed), 400);
        vm.prank(dora);
        credits.safeTransferFrom(dora, alice, UnitId.unwrap(unit), 600, "");
        vm.prank(officer);
        uint64 debt = issuance.reverseAvoidable(unit, 600, REASON);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuancePaymentRefused.selector, debt, unit, 600));
        issuance.payDebt(debt, unit, 600);
    }

    /* TRANSFER AND ACQUIRE */

    function test_transfer_isTheHostsToThePartyOfTheAuthorisation() public {
        _ndc();
        _expectNotParty(tokyo, JAPAN, CHINA);
        vm.prank(tokyo);
        article6.transfer(unit, 1);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6OutsideBlock.selector, unit, 2, 2, 2));
        _transfer(2);
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeTransferred(unit, CHINA, JAPAN, 1, 1_000);
        _transfer(1);
        _expectBlock(1, 1_000, ItmoState.FirstTransferred, JAPAN);
        _expectState(1, ItmoState.FirstTransferred);
        _transfer(1);
    }

    function test_transfer_isForNdcsOnly() public {
        _other(FirstTransfer.Authorisation);
        _expectState(1, ItmoState.FirstTransferred);
        _transfer(1);
        unit = _setApart(_authorise(100, ItmoPurpose.Both, FirstTransfer.Authorisation), 100);
        _transfer(1_001);
        _expectBlock(1_001, 1_100, ItmoState.FirstTransferred, JAPAN);
        assertTrue(issuance.outcomeOf(unit).use == OutcomeUse.Waiting); // no longer for other purposes
    }

    function test_transfer_isOfWhatHasNotLeftUnrecorded() public {
        _apart(ItmoPurpose.Both, FirstTransfer.Use);
        uint256 certificate = _retire(100);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6UnrecordedExit.selector, unit, 1, 101));
        _transfer(1);
        _use(beijing, 1, 1, 100, certificate);
        _transfer(101);
        _expectBlock(101, 1_000, ItmoState.FirstTransferred, JAPAN);
    }

    /// @dev Nor does a Party acquire what left while it waited.
    function test_acquire_isOfWhatHasNotLeftUnrecorded() public {
        _ndc();
        _transfer(1);
        _cancelUnits(100, 1);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6UnrecordedExit.selector, unit, 1, 101));
        _acquire(tokyo, 1);
    }

    function test_lockedBatch_changesNoHands() public {
        _ndc();
        bytes memory locked =
            abi.encodeWithSelector(IArticle6.Article6BatchNotActive.selector, unit, BatchStatus.Locked);
        _lock(true);
        vm.expectRevert(locked);
        _transfer(1);
        _lock(false);
        _transfer(1);
        _lock(true);
        vm.expectRevert(locked);
        _acquire(tokyo, 1);
    }

    function _lock(bool locked) private {
        vm.prank(officer);
        batchDesk.setLocked(unit, locked, REASON);
    }

    function test_acquire_isTheAcquiringPartys() public {
        _ndc();
        _expectState(1, ItmoState.Authorised);
        _acquire(tokyo, 1);
        _transfer(1);
        _expectNotParty(bern, SWISS, JAPAN);
        _acquire(bern, 1);
        _expectNotParty(beijing, CHINA, JAPAN);
        _acquire(beijing, 1);
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeAcquired(unit, JAPAN, 1, 1_000);
        _acquire(tokyo, 1);
        _expectBlock(1, 1_000, ItmoState.Acquired, JAPAN);
        Outcome memory o = issuance.outcomeOf(unit);
        assertTrue(o.party == JAPAN && o.use == OutcomeUse.Marked);
        _expectState(1, ItmoState.Acquired);
        _acquire(tokyo, 1);
    }

    function test_acquire_isOfWhatWasTransferredToSomebody() public {
        _other(FirstTransfer.Authorisation);
        _expectState(1, ItmoState.FirstTransferred);
        _acquire(tokyo, 1);
    }

    /* LAPSE */

    function test_lapse_freesWhatNoPartyAcquiresWithinAYear() public {
        _ndc();
        uint256 lapsesAt = block.timestamp + 365 days;
        assertEq(article6.waitingSince(unit), block.timestamp);
        vm.warp(lapsesAt);
        _expectTooEarly(lapsesAt);
        article6.lapse(unit, 1);
        _transfer(1); // waits for the acquiring Party from now on
        vm.warp(lapsesAt + 1);
        _expectTooEarly(lapsesAt + 365 days);
        article6.lapse(unit, 1);
        vm.warp(lapsesAt + 365 days + 1);
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeLapsed(unit, CHINA, 1, 1_000);
        vm.prank(stranger);
        article6.lapse(unit, 1);
        _expectBlock(1, 1_000, ItmoState.Lapsed, 0);
        (, AdjustmentStatus status) = article6.adjustmentOf(unit, 1);
        assertTrue(status == AdjustmentStatus.NotRequired);
        vm.prank(dora);
        uint256 certificate = registry.retire(unit, 100, _claim());
        (bool marked,) = registry.markOf(certificate);
        assertFalse(marked);
        _expectState(1, ItmoState.Lapsed);
        _transfer(1);
        _expectState(1, ItmoState.Lapsed);
        _use(beijing, 1, 1, 100, certificate);
    }

    function test_lapse_isNotOfWhatIsAcquiredOrForOtherPurposes() public {
        _acquired();
        vm.warp(block.timestamp + 1_000 days);
        _expectState(1, ItmoState.Acquired);
        article6.lapse(unit, 1);
        unit = _setApart(_authorise(10, ItmoPurpose.Other, FirstTransfer.Use), 10);
        vm.warp(block.timestamp + 1_000 days);
        _expectState(1_001, ItmoState.Authorised);
        article6.lapse(unit, 1_001);
    }

    function test_lapse_ofATransferLeavesTheOtherPurposes() public {
        _apart(ItmoPurpose.Both, FirstTransfer.Use);
        _transfer(1);
        vm.warp(block.timestamp + 365 days + 1);
        article6.lapse(unit, 1);
        _expectBlock(1, 1_000, ItmoState.Authorised, 0);
        assertFalse(article6.blockOf(unit, 1).transferred);
        _use(beijing, 1, 1, 100, _retire(100));
    }

    function _expectTooEarly(uint256 lapsesAt) private {
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6TooEarly.selector, unit, lapsesAt));
    }

    /// @dev Numbers from the middle of a block leave two blocks behind, each as it was.
    function test_use_fromTheMiddleOfABlock() public {
        _acquired();
        _retire(100); // 1 to 100
        _use(tokyo, 1, 101, 150, _retire(50));
        _expectBlock(1, 100, ItmoState.Acquired, JAPAN);
        _expectBlock(101, 150, ItmoState.Used, JAPAN);
        _expectBlock(151, 1_000, ItmoState.Acquired, JAPAN);
    }

    /* MARKED RETIREMENT */

    function test_retire_isMarkedAndOnceItMayBe() public {
        _ndc();
        _expectUnmarked();
        registry.retire(unit, 1, _claim());
        _expectRefused(JAPAN, 0, OutcomeUse.Waiting);
        registry.retireOutcome(unit, 1, _claim(), dora, JAPAN);
        _transfer(1);
        _expectRefused(JAPAN, JAPAN, OutcomeUse.Waiting);
        registry.retireOutcome(unit, 1, _claim(), dora, JAPAN);
        _acquire(tokyo, 1);
        _expectUnmarked();
        registry.retire(unit, 1, _claim());
        _expectRefused(0, JAPAN, OutcomeUse.Marked);
        registry.retireOutcome(unit, 1, _claim(), dora, 0);
        _expectRefused(SWISS, JAPAN, OutcomeUse.Marked);
        registry.retireOutcome(unit, 1, _claim(), dora, SWISS);
        vm.expectEmit(address(registry));
        emit IRetirementRegistry.OutcomeRetired(1, unit, JAPAN);
        uint256 certificate = _retire(10);
        (bool marked, uint16 party) = registry.markOf(certificate);
        assertTrue(marked && party == JAPAN);
        string memory image = registry.imageOf(certificate, _claim());
        assertTrue(LibString.contains(image, "authorised, used towards the contribution of Party 392"));
    }

    function test_retire_forOtherPurposesIsMarkedSo() public {
        _other(FirstTransfer.Use);
        uint256 certificate = _retire(10);
        (bool marked, uint16 party) = registry.markOf(certificate);
        assertTrue(marked && party == 0);
        assertTrue(LibString.contains(registry.imageOf(certificate, _claim()), "for other international purposes"));
        string memory json = DataUri.json(IERC721Metadata(address(registry)).tokenURI(certificate));
        assertEq(DataUri.attribute(json, "Article 6"), "for other international purposes");
    }

    function test_retireOutcome_isOfWhatIsSetApart() public {
        vm.prank(dora);
        vm.expectRevert(
            abi.encodeWithSelector(IRetirementRegistry.RetirementOutcomeRefused.selector, credit, 0, 0, OutcomeUse.None)
        );
        registry.retireOutcome(credit, 1, _claim(), dora, 0);
    }

    function _expectUnmarked() private {
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementUnmarked.selector, unit));
    }

    function _expectRefused(uint16 party, uint16 acquirer, OutcomeUse use) private {
        vm.prank(dora);
        vm.expectRevert(
            abi.encodeWithSelector(IRetirementRegistry.RetirementOutcomeRefused.selector, unit, party, acquirer, use)
        );
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
        emit IArticle6.OutcomeUsed(unit, JAPAN, certificate, 1, 300);
        _use(tokyo, 1, 1, 300, certificate);
        _expectBlock(1, 300, ItmoState.Used, JAPAN);
        assertEq(article6.blockOf(unit, 1).evidence, certificate);
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

    /// @dev Serial numbers are of a registry and its series: another one's that read the same prove nothing here.
    function test_use_isNotProvedByTheSameNumbersOfAnotherRegistry() public {
        _acquired();
        vm.prank(controller);
        allowances.issue(dora, allowance, 50, REF);
        vm.prank(dora);
        uint256 certificate = registry.retire(allowance, 50, _claim());
        SerialBlock[] memory blocks = new SerialBlock[](1);
        blocks[0] = SerialBlock({registry: 2, series: 1, first: 1, last: 1_000});
        vm.mockCall(address(registry), abi.encodeCall(IRetirementRegistry.serialsOf, (certificate)), abi.encode(blocks));
        _expectNotProved(1, 50, certificate);
        _use(tokyo, 1, 1, 50, certificate);
    }

    function test_use_forOtherPurposesIsTheHosts() public {
        _other(FirstTransfer.Use);
        uint256 certificate = _retire(1_000);
        assertFalse(article6.blockOf(unit, 1).transferred);
        _expectNotParty(tokyo, JAPAN, CHINA);
        _use(tokyo, 1, 1, 1_000, certificate);
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeTransferred(unit, CHINA, 0, 1, 400); // the use is the first transfer
        _use(beijing, 1, 1, 400, certificate);
        assertTrue(article6.blockOf(unit, 1).transferred);
        assertFalse(article6.blockOf(unit, 401).transferred);
        _expectBlock(1, 400, ItmoState.Used, 0);
    }

    /* CANCEL */

    function test_cancel_isProvedByTheCancellation() public {
        _acquired();
        (uint256 number, SerialBlock[] memory blocks) = _cancelUnits(200, 1);
        vm.startPrank(tokyo);
        _expectNotProved(1, 201, number);
        article6.cancel(unit, 1, 1, 201, number, blocks);
        blocks[0].last = 201;
        _expectNotProved(1, 201, number);
        article6.cancel(unit, 1, 1, 201, number, blocks);
        blocks[0].last = 200;
        _expectNotProved(1, 200, number + 1);
        article6.cancel(unit, 1, 1, 200, number + 1, blocks);
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeCancelled(unit, JAPAN, number, 1, 200);
        article6.cancel(unit, 1, 1, 200, number, blocks);
        _expectState(1, ItmoState.Cancelled);
        article6.cancel(unit, 1, 1, 200, number, blocks);
        vm.stopPrank();
        _expectBlock(1, 200, ItmoState.Cancelled, JAPAN);
        _expectNotParty(beijing, CHINA, JAPAN);
        vm.prank(beijing);
        article6.cancel(unit, 201, 201, 202, number, blocks);
    }

    function test_cancel_beforeTheFirstTransferNeedsNoAdjustment() public {
        _ndc();
        (uint256 number, SerialBlock[] memory blocks) = _cancelUnits(200, 1);
        vm.prank(beijing);
        article6.cancel(unit, 1, 1, 200, number, blocks);
        (, AdjustmentStatus status) = article6.adjustmentOf(unit, 1);
        assertTrue(status == AdjustmentStatus.NotRequired);
        _expectState(1, ItmoState.Cancelled);
        _record(beijing, 1, 2021, 200);
    }

    /* USE IN A SURRENDER */

    function _surrender(uint256 amount, uint64 first) private returns (SerialBlock[] memory blocks) {
        vm.prank(controller);
        credits.exit(dora, unit, amount, Exit.Surrendered, OBLIGATION);
        blocks = _run(first, first + uint64(amount) - 1);
    }

    function _run(uint64 first, uint64 last) private pure returns (SerialBlock[] memory blocks) {
        blocks = new SerialBlock[](1);
        blocks[0] = SerialBlock({registry: 1, series: 0, first: first, last: last});
    }

    function _useIn(address by, uint64 first, uint64 last, SerialBlock[] memory blocks) private {
        vm.prank(by);
        article6.useInSurrender(unit, 1, first, last, OBLIGATION, blocks);
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
        article6.useInSurrender(unit, 1, 1, 300, other, blocks);

        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeSurrendered(unit, JAPAN, OBLIGATION, 1, 200);
        _useIn(tokyo, 1, 200, blocks);
        _expectBlock(1, 200, ItmoState.Used, JAPAN);
        assertEq(article6.blockOf(unit, 1).evidence, uint256(OBLIGATION));
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
        _expectState(1, ItmoState.Authorised);
        _useIn(beijing, 1, 300, _run(1, 300));
        _transfer(1);
        _expectState(1, ItmoState.FirstTransferred);
        _useIn(tokyo, 1, 300, _run(1, 300));
        _acquire(tokyo, 1);
        SerialBlock[] memory blocks = _surrender(300, 1);
        _expectNotParty(beijing, CHINA, JAPAN);
        _useIn(beijing, 1, 300, blocks);
        _useIn(tokyo, 1, 300, blocks);
    }

    function test_useInSurrender_canBeTheFirstTransfer() public {
        _other(FirstTransfer.Use);
        SerialBlock[] memory blocks = _surrender(300, 1);
        vm.expectEmit(address(article6));
        emit IArticle6.OutcomeTransferred(unit, CHINA, 0, 1, 300);
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
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BadAdjustment.selector, unit, 1, 2020, 300));
        _record(beijing, 1, 2020, 300);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BadAdjustment.selector, unit, 1, 2031, 300));
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

    /// @dev Each for a year of its own.
    function test_recordAdjustment_isCompleteWhenBothPartiesHaveRecordedAllOfIt() public {
        _acquired();
        _use(tokyo, 1, 1, 300, _retire(300));
        (, AdjustmentStatus status) = article6.adjustmentOf(unit, 1);
        assertTrue(status == AdjustmentStatus.NotStarted);
        vm.expectEmit(address(article6));
        emit IArticle6.AdjustmentRecorded(unit, 1, CHINA, 2021, 299, AdjustmentStatus.Pending);
        assertTrue(_record(beijing, 1, 2021, 299) == AdjustmentStatus.Pending);
        assertTrue(_record(tokyo, 1, 2024, 299) == AdjustmentStatus.Pending); // the same, but not the block's
        assertTrue(_record(beijing, 1, 2022, 300) == AdjustmentStatus.Pending);
        vm.expectEmit(address(article6));
        emit IArticle6.AdjustmentRecorded(unit, 1, JAPAN, 2024, 300, AdjustmentStatus.Completed);
        assertTrue(_record(tokyo, 1, 2024, 300) == AdjustmentStatus.Completed);
        (Adjustment memory made,) = article6.adjustmentOf(unit, 1);
        assertTrue(made.hostYear == 2022 && made.hostT == 300 && made.acquirerYear == 2024 && made.acquirerT == 300);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BadAdjustment.selector, unit, 1, 2022, 300));
        _record(tokyo, 1, 2022, 300);
    }

    function test_recordAdjustment_ofWhatTheAcquirerCancelledIsTheHostsAlone() public {
        _acquired();
        (uint256 number, SerialBlock[] memory blocks) = _cancelUnits(200, 1);
        vm.prank(tokyo);
        article6.cancel(unit, 1, 1, 200, number, blocks);
        _expectNotParty(tokyo, JAPAN, CHINA);
        _record(tokyo, 1, 2021, 200);
        assertTrue(_record(beijing, 1, 2021, 200) == AdjustmentStatus.Completed);
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
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BadAdjustment.selector, unit, 1, 0, 300));
        _record(tokyo, 1, 0, 300);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6BadAdjustment.selector, unit, 1, 2021, 0));
        _record(tokyo, 1, 2021, 0);
        _expectNotParty(tokyo, JAPAN, 0); // there is no such block
        _record(tokyo, 2, 2021, 1);
    }

    /* IDENTIFIER */

    function test_identifierOf_isBuiltFromTheChain() public {
        _ndc();
        assertEq(article6.identifierOf(unit, 1, 17), "CA0001-15601-156-17-2020");
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6OutsideBlock.selector, unit, 1, 1_001, 1_001));
        article6.identifierOf(unit, 1, 1_001);
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6OutsideBlock.selector, unit, 2, 2, 2));
        article6.identifierOf(unit, 2, 2);
    }

    /// @dev Of the block named, in order; of one that is there.
    function test_use_isOfSerialsOfTheBlock() public {
        _acquired();
        uint256 certificate = _retire(100);
        uint64[3][4] memory wrong = [[uint64(1), 1, 1_001], [uint64(1), 0, 5], [uint64(1), 5, 4], [uint64(7), 7, 8]];
        for (uint256 i; i < wrong.length; ++i) {
            (uint64 block_, uint64 first, uint64 last) = (wrong[i][0], wrong[i][1], wrong[i][2]);
            vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6OutsideBlock.selector, unit, block_, first, last));
            _use(tokyo, block_, first, last, certificate);
        }
        _use(tokyo, 1, 1, 100, certificate);
    }
}
