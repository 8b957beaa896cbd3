// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Traits} from "../../interfaces/units/ICreditOrigin.sol";
import {IIssuance, Split} from "../../interfaces/units/IIssuance.sol";
import {BatchStatus, IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {
    Activity,
    Methodology,
    MethodologyId,
    Monitoring,
    Project,
    ProjectId,
    ProjectKind,
    ProjectStatus
} from "../../interfaces/evidence/IProjects.sol";
import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {RefusingWallet} from "../attacks/RefusingWallet.sol";
import {BatchNumbers} from "../../contracts/types/BatchNumbers.sol";
import {UnitIdLib} from "../../contracts/types/UnitIdLib.sol";
import {UnitsBase} from "./UnitsBase.sol";

/// @dev Integer splits, and credits issued ahead of what they stand for.
contract PromisesTest is UnitsBase {
    ProjectId internal constant PROJECT = ProjectId.wrap(1);

    function setUp() public override {
        super.setUp();
        Project memory p = Project({
            developer: developer,
            methodology: MethodologyId.wrap(1),
            hostCountry: 156,
            creditingFrom: 1_577_836_800, //  1 January 2020
            creditingUntil: 1_893_456_000, // 1 January 2030
            status: ProjectStatus.Validated,
            yearlyCapT: 1e6,
            version: 1,
            source: "place"
        });
        projects.setProject(PROJECT, p, Methodology(SCHEME, Activity.Removal, ProjectKind.Forest, 1, 1e6, 0, true));
    }

    /* SPLITS */

    function test_split_isTheVector() public {
        _rates(50_000, 20_000);
        UnitId id = _batch(7, 1000);
        assertEq(_held(dora, id), 930);
        assertEq(_held(bob, id), 50);
        assertEq(credits.exitedOf(id, Exit.Cancelled), 20);
        assertEq(credits.balanceOf(address(issuance), UnitId.unwrap(id)), 0);
        assertEq(credits.batch(id).next, 21); // the first serial numbers are those cancelled
    }

    function testFuzz_split_losesNothingAndRoundsForTheDeveloper(uint64 t, uint24 buffer, uint24 p, uint24 m) public {
        t = uint64(bound(t, 1, 1e15));
        buffer = uint24(bound(buffer, 0, 1e6));
        p = uint24(bound(p, 0, 1e6));
        m = uint24(bound(m, 0, 1e6 - p));
        _rates(p, m);
        Split memory s = issuance.splitOf(SCHEME, t, buffer);
        assertEq(uint256(s.buffer) + s.proceeds + s.cancelled + s.developer, t);
        uint256 outside = t - s.buffer;
        assertEq(s.proceeds, outside * p / 1e6);
        assertEq(s.cancelled, outside * m / 1e6);
    }

    function test_split_aShareMayBeTheWhole() public {
        _rates(1_000_000, 0);
        assertEq(issuance.splitOf(SCHEME, 100, 0).proceeds, 100);
        _rates(0, 1_000_000);
        assertEq(issuance.splitOf(SCHEME, 100, 0).cancelled, 100);
    }

    /// @dev The account for the proceeds is suspended, or its wallet refuses: no issue of the scheme waits for it.
    function test_split_holdsTheProceedsOfAnAccountThatCannotReceive() public {
        _rates(50_000, 20_000);
        _suspend(beta);
        UnitId id = _batch(7, 1000);
        assertEq(_held(dora, id), 930);
        assertEq(_held(HeldAccounts.accountOf(beta), id), 50);
    }

    /// @dev A developer that refused its ex-ante credits has not escaped their verification.
    function test_verify_findsWhatTheDeveloperRefused() public {
        _rates(50_000, 20_000);
        RefusingWallet wallet = new RefusingWallet();
        vm.startPrank(dora);
        participants.addWallet(address(wallet), WalletRights.ALL);
        wallet.act(address(participants), abi.encodeCall(participants.confirmWallet, (developer)));
        participants.setPrimaryWallet(address(wallet));
        vm.stopPrank();
        wallet.set(RefusingWallet.Mood.ReturnBomb);
        vm.prank(officer);
        UnitId id = issuance.issueExAnte(PROJECT, VINTAGE, 1000, REF);
        address account = HeldAccounts.accountOf(developer);
        assertEq(_held(account, id), 1000);

        _report(7, 800, 0);
        vm.prank(officer);
        issuance.verify(id, 7);
        assertEq(credits.exitedOf(id, Exit.Invalidated), 200);
        assertEq(_held(bob, id), 40);
        assertEq(_held(account, id), 800 - 40 - 16);
        vm.prank(dora);
        credits.claim(id, 744, dora);
    }

    function test_verify_isAnOfficersOfItsScheme() public {
        vm.prank(officer);
        UnitId id = issuance.issueExAnte(PROJECT, VINTAGE, 1000, REF);
        _report(7, 800, 0);
        address abroad = makeAddr("officer of another scheme");
        schemes.createScheme(SchemeId.wrap(2), "other", 0, 30, 0);
        schemes.grantOffice(abroad, SchemeId.wrap(2), 0, Powers.ALL);
        schemes.grantOffice(stranger, SCHEME, 0, Powers.ALL & ~Powers.ISSUE);
        address[3] memory others = [abroad, stranger, dora];
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, others[i], SCHEME, 0, Powers.ISSUE)
            );
            vm.prank(others[i]);
            issuance.verify(id, 7);
        }
    }

    function test_split_revertsForMoreThanTheWhole() public {
        _rates(600_000, 400_001);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceSharesTooLarge.selector, SCHEME, 600_000, 400_001));
        issuance.splitOf(SCHEME, 1, 0);
    }

    function test_split_revertsWithoutAnAccountForTheProceeds() public {
        schemes.setParam(SCHEME, keccak256("offset.share_of_proceeds_ppm"), "offset.share_of_proceeds_ppm", 1, 1e5, 0);
        _report(7, 1000, 0);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceNoProceedsAccount.selector, SCHEME));
        issuance.issueFromReport(7);
    }

    function test_setProceedsAccount_needsThePowerOverRules() public {
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, dora, SCHEME, 0, Powers.RULES));
        issuance.setProceedsAccount(SCHEME, developer);
    }

    /* EX ANTE */

    function test_issueExAnte_namesTheWalletItIsFor() public {
        UnitId id = UnitIdLib.encode(UnitIdLib.OFFSET_CREDIT, SCHEME, VINTAGE, BatchNumbers.EX_ANTE + 1);
        vm.expectEmit(address(issuance));
        emit IIssuance.ExAnteIssued(id, PROJECT, dora, 1000, REF);
        _promise(1000);
    }

    /// @dev Of its project: there is no report yet.
    function test_traitsOf_aPromiseAreItsProjects() public {
        Traits memory t = issuance.traitsOf(_promise(100));
        assertTrue(t.activity == Activity.Removal && t.kind == ProjectKind.Forest);
        assertEq(t.hostCountry, 156);
        assertEq(MethodologyId.unwrap(t.methodology), 1);
    }

    function test_exAnte_neitherMovesNorLeaves() public {
        UnitId id = _promise(100);
        uint256 raw = UnitId.unwrap(id);
        assertEq(_held(dora, id), 100);
        assertFalse(credits.canTransfer(dora, bob, raw, 1));
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotTransfer.selector, dora, bob, raw, 1));
        credits.safeTransferFrom(dora, bob, raw, 1, "");
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotTransfer.selector, dora, bob, raw, 1));
        credits.forcedTransfer(dora, bob, raw, 1);
        for (uint8 kind = 1; kind <= uint8(type(Exit).max); ++kind) {
            vm.prank(controller);
            vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.ExAnte));
            credits.exit(dora, id, 1, Exit(kind), REF);
        }
        address[] memory holders = new address[](1);
        holders[0] = dora;
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.ExAnte));
        credits.clearInvalidated(id, holders);
    }

    function test_verify_takesSharesAndVoidsTheShortfall() public {
        _rates(50_000, 20_000);
        UnitId id = _promise(2000);
        _report(7, 1250, 200_000);
        vm.prank(officer);
        issuance.verify(id, 7);

        assertEq(credits.exitedOf(id, Exit.Invalidated), 750);
        assertEq(_held(address(credits), id), 250);
        assertEq(_held(bob, id), 50);
        assertEq(credits.exitedOf(id, Exit.Cancelled), 20);
        assertEq(_held(dora, id), 930);
        assertEq(issuance.reportOf(id), 7);
        assertEq(UnitId.unwrap(issuance.batchOfReport(7)), UnitId.unwrap(id));
        vm.prank(dora);
        credits.safeTransferFrom(dora, bob, UnitId.unwrap(id), 1, "");
    }

    function test_verify_makesABatchOfTheSurplus() public {
        UnitId id = _promise(100);
        _report(7, 150, 100_000);
        vm.prank(officer);
        issuance.verify(id, 7);
        UnitId surplus = _id(2, VINTAGE, 7);
        assertEq(_held(dora, id), 90);
        assertEq(_held(dora, surplus), 45);
        assertEq(_held(address(credits), surplus), 5);
        assertEq(credits.issuedOf(id) + credits.issuedOf(surplus), 150);
    }

    function test_verify_countsAReportOnceOneWayOrTheOther() public {
        UnitId id = _promise(100);
        UnitId second = _promise(100);
        _report(7, 100, 0);
        vm.startPrank(officer);
        issuance.verify(id, 7);
        bytes memory twice = abi.encodeWithSelector(IIssuance.IssuanceAlreadyIssued.selector, 7, id);
        vm.expectRevert(twice);
        issuance.issueFromReport(7);
        vm.expectRevert(twice);
        issuance.verify(second, 7);
        vm.stopPrank();

        UnitId issued = _batch(8, 100);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceAlreadyIssued.selector, 8, issued));
        issuance.verify(second, 8);
        _report(9, 100, 0);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.Active));
        issuance.verify(id, 9);
    }

    function test_verify_takesNoOtherProjectVintageSchemeOrBatch() public {
        UnitId id = _promise(100);
        Monitoring memory m = _monitoring(100, 0);
        m.project = ProjectId.wrap(2);
        projects.set(7, m, true);
        m = _monitoring(100, 0);
        m.vintage = VINTAGE + 1;
        projects.set(8, m, true);
        m = _monitoring(100, 0);
        m.scheme = SchemeId.wrap(SchemeId.unwrap(SCHEME) + 1); // the officer's too
        schemes.createScheme(m.scheme, "another", 8 hours, 30, 0);
        schemes.grantOffice(officer, m.scheme, 0, Powers.ALL);
        projects.set(9, m, true);
        projects.set(10, _monitoring(100, 0), false);
        vm.startPrank(officer);
        for (uint64 report = 7; report <= 9; ++report) {
            vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceOtherReport.selector, id, report));
            issuance.verify(id, report);
        }
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceReportNotFinal.selector, 10));
        issuance.verify(id, 10);
        vm.stopPrank();
        UnitId own = _batch(11, 100);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceNotExAnte.selector, own));
        issuance.verify(own, 11);
    }

    function test_exAnte_canBeInvalidatedAndThenNeverVerified() public {
        UnitId id = _promise(100);
        _report(7, 100, 0);
        vm.startPrank(officer);
        batchDesk.invalidate(id, REASON);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.Invalidated));
        issuance.verify(id, 7);
        vm.stopPrank();
    }

    function test_aPause_stopsPromises() public {
        IPausable(address(issuance)).pause(1 days);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 days));
        _promise(100);
        skip(1 days);
        _promise(100);
    }

    /// @dev Any account ends a promise, once: else each further call would make room beyond the cap.
    function test_endPromise_makesRoomOnce() public {
        UnitId id = _promise(400_000);
        _promise(600_000);
        uint256 most = issuance.expectedOf(PROJECT, VINTAGE);
        vm.prank(officer);
        batchDesk.invalidate(id, REASON); // which ends it
        vm.prank(stranger);
        issuance.endPromise(id);
        assertEq(issuance.expectedOf(PROJECT, VINTAGE), most - 400_000);
    }

    /// @dev Else any account could make room beyond the cap.
    function test_endPromise_ofWhatStandsChangesNothing() public {
        UnitId id = _promise(400_000);
        uint256 most = issuance.expectedOf(PROJECT, VINTAGE);
        vm.prank(stranger);
        issuance.endPromise(id);
        assertEq(issuance.expectedOf(PROJECT, VINTAGE), most);
    }

    /// @dev What was verified counts as issued, even where it proves invalid later.
    function test_endPromise_ofWhatWasVerifiedChangesNothing() public {
        UnitId id = _promise(400_000);
        _report(7, 400_000, 0);
        vm.startPrank(officer);
        issuance.verify(id, 7);
        uint256 most = issuance.expectedOf(PROJECT, VINTAGE);
        batchDesk.setLocked(id, true, REASON);
        batchDesk.invalidate(id, REASON);
        vm.stopPrank();
        issuance.endPromise(id);
        assertEq(issuance.expectedOf(PROJECT, VINTAGE), most);
    }

    function test_issueExAnte_needsThePowerAndAVintageOfTheProject() public {
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, dora, SCHEME, 0, Powers.ISSUE));
        issuance.issueExAnte(PROJECT, VINTAGE, 1, REF);
        vm.startPrank(officer);
        // The last moment credited, 2029-12-31 24:00 in UTC, is the morning of 2030 in the scheme's zone.
        for (uint16 vintage = 2019; vintage <= 2031; vintage += 12) {
            vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceProjectRefused.selector, PROJECT, vintage));
            issuance.issueExAnte(PROJECT, vintage, 1, REF);
        }
        vm.stopPrank();
    }

    function _promise(uint64 quantity) private returns (UnitId) {
        vm.prank(officer);
        return issuance.issueExAnte(PROJECT, VINTAGE, quantity, REF);
    }

    /// @dev The proceeds go to Beta, whose wallet is Bob's.
    function _rates(uint256 proceeds, uint256 mitigation) private {
        schemes.setParam(
            SCHEME, keccak256("offset.share_of_proceeds_ppm"), "offset.share_of_proceeds_ppm", 1, proceeds, 0
        );
        schemes.setParam(
            SCHEME, keccak256("offset.overall_mitigation_ppm"), "offset.overall_mitigation_ppm", 1, mitigation, 0
        );
        vm.prank(officer);
        issuance.setProceedsAccount(SCHEME, beta);
    }

    function _held(address account, UnitId id) private view returns (uint256) {
        return credits.balanceOf(account, UnitId.unwrap(id));
    }

    /// @dev Two schemes name an account for their proceeds; what is issued in one pays its own.
    function test_setProceedsAccount_isOfItsSchemeAlone() public {
        _rates(50_000, 0);
        SchemeId other = SchemeId.wrap(2);
        schemes.createScheme(other, "other", 8 hours, 30, 0);
        schemes.grantOffice(stranger, other, 0, Powers.RULES);
        vm.prank(stranger);
        issuance.setProceedsAccount(other, alpha);
        UnitId id = _batch(7, 1000);
        assertEq(_held(bob, id), 50);
        assertEq(_held(alice, id), 0);
        assertTrue(issuance.proceedsAccount(other) == alpha);
    }

    /// @dev A promise that fell short makes room for what is missing, and for no more.
    function test_verify_makesRoomForTheShortfallAlone() public {
        UnitId id = _promise(1_000_000 - 100);
        _report(7, 999_000, 0);
        vm.startPrank(officer);
        issuance.verify(id, 7);
        assertEq(issuance.expectedOf(PROJECT, VINTAGE), 999_000);
        vm.expectPartialRevert(IIssuance.IssuanceBeyondCap.selector);
        issuance.issueExAnte(PROJECT, VINTAGE, 4_000, REF);
        issuance.issueExAnte(PROJECT, VINTAGE, 1_000, REF);
        vm.stopPrank();
    }
}
