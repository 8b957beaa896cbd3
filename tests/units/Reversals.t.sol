// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {Debt, IIssuance} from "../../interfaces/units/IIssuance.sol";
import {BatchStatus, IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {
    Activity,
    Methodology,
    MethodologyId,
    Project,
    ProjectId,
    ProjectKind,
    ProjectStatus
} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {RefusingWallet} from "../attacks/RefusingWallet.sol";
import {UnitsBase} from "./UnitsBase.sol";

/// @dev Carbon that is lost again: by nobody's fault, and by the developer's.
contract ReversalsTest is UnitsBase {
    UnitId internal id;

    function setUp() public override {
        super.setUp();
        Project memory p;
        p.developer = developer;
        p.methodology = MethodologyId.wrap(1);
        p.status = ProjectStatus.Validated;
        projects.setProject(
            ProjectId.wrap(1), p, Methodology(SCHEME, Activity.Removal, ProjectKind.Forest, 1, 1e6, 0, true)
        );
        id = _batch(7, 1000, 200_000);
    }

    function test_unavoidable_canBePaidByAnotherBuffer() public {
        UnitId other = _batch(8, 1000, 300_000);
        vm.startPrank(officer);
        issuance.reverseUnavoidable(id, id, 200, REASON);
        vm.expectEmit(address(issuance));
        emit IIssuance.ReversedUnavoidably(id, other, 100, officer, REASON);
        issuance.reverseUnavoidable(id, other, 100, REASON);
        vm.stopPrank();
        assertEq(credits.exitedOf(other, Exit.Reversed), 100);
        assertEq(issuance.reversedOf(id), 300);
        assertEq(credits.balanceOf(dora, UnitId.unwrap(id)), 800);
    }

    function test_reversals_areNoMoreThanWasIssued() public {
        UnitId other = _batch(8, 1000, 1_000_000);
        vm.startPrank(officer);
        issuance.reverseUnavoidable(id, other, 900, REASON);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceReversalRefused.selector, id, 101, 100));
        issuance.reverseUnavoidable(id, other, 101, REASON);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceReversalRefused.selector, id, 0, 100));
        issuance.reverseAvoidable(id, 0, REASON);
        UnitId elsewhere = UnitId.wrap(UnitId.unwrap(other) + (1 << 80));
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceOtherScheme.selector, id, elsewhere));
        issuance.reverseUnavoidable(id, elsewhere, 1, REASON);
        issuance.reverseUnavoidable(id, other, 100, REASON); // the rest
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceReversalRefused.selector, id, 1, 0));
        issuance.reverseUnavoidable(id, other, 1, REASON);
        vm.stopPrank();
    }

    /// @dev A developer that refused its credits has not escaped their reversal.
    function test_avoidable_reachesWhatIsHeldForTheDeveloper() public {
        RefusingWallet wallet = new RefusingWallet();
        vm.startPrank(dora);
        participants.addWallet(address(wallet), WalletRights.ALL);
        wallet.act(address(participants), abi.encodeCall(participants.confirmWallet, (developer)));
        participants.setPrimaryWallet(address(wallet));
        vm.stopPrank();
        wallet.set(RefusingWallet.Mood.BurnGas);
        UnitId refused = _batch(8, 100);
        address account = HeldAccounts.accountOf(developer);
        assertEq(credits.balanceOf(account, UnitId.unwrap(refused)), 100);

        vm.prank(officer);
        assertEq(issuance.reverseAvoidable(refused, 60, REASON), 0);
        assertEq(credits.balanceOf(account, UnitId.unwrap(refused)), 40);
        assertEq(issuance.owedBy(developer), 0);
    }

    function test_reversals_needThePower() public {
        bytes memory no = abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, dora, SCHEME, 0, Powers.ISSUE);
        vm.startPrank(dora);
        vm.expectRevert(no);
        issuance.reverseUnavoidable(id, id, 1, REASON);
        vm.expectRevert(no);
        issuance.reverseAvoidable(id, 1, REASON);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetNotIssuer.selector, dora));
        credits.reverse(id, bob, 1, REASON);
        vm.stopPrank();
    }

    function test_avoidable_takesTheDevelopersUnitsFrozenOnesToo() public {
        address desk = makeAddr("dora desk");
        _addWallet(dora, desk, WalletRights.ALL);
        vm.prank(dora);
        credits.safeTransferFrom(dora, desk, UnitId.unwrap(id), 300, "");
        vm.prank(officer);
        credits.setFrozenTokens(dora, UnitId.unwrap(id), 500);
        vm.prank(officer);
        assertEq(issuance.reverseAvoidable(id, 600, REASON), 0);
        assertEq(credits.balanceOf(dora, UnitId.unwrap(id)), 0);
        assertEq(credits.balanceOf(desk, UnitId.unwrap(id)), 200);
        assertEq(issuance.owedBy(developer), 0);
        assertEq(credits.balanceOf(address(credits), UnitId.unwrap(id)), 200); // not the buffer
    }

    /// @dev Another controller reverses what is free; only one that may force takes what an authority froze.
    function test_reversed_takesFrozenUnitsForTheIssuanceOrByForce() public {
        uint256 exits = 2 | 1 << (8 + uint256(Exit.Reversed));
        address other = makeAddr("another controller");
        credits.setController(other, exits);
        vm.prank(officer);
        credits.setFrozenTokens(dora, UnitId.unwrap(id), 700);
        vm.startPrank(other);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance.selector, dora, UnitId.unwrap(id), 101, 100
            )
        );
        credits.exit(dora, id, 101, Exit.Reversed, REASON);
        vm.stopPrank();
        credits.setController(other, exits | 4);
        vm.prank(other);
        credits.exit(dora, id, 101, Exit.Reversed, REASON);
        assertEq(credits.getFrozenTokens(dora, UnitId.unwrap(id)), 699);
    }

    function test_avoidable_leavesADebtThatBlocksEveryIssueUntilPaid() public {
        uint64 debt = _debt(); // 50 t
        _report(8, 10, 0);
        bytes memory owes = abi.encodeWithSelector(IIssuance.IssuanceDeveloperOwes.selector, developer, 50);
        vm.startPrank(officer);
        vm.expectRevert(owes);
        issuance.issueFromReport(8);
        vm.expectRevert(owes);
        issuance.issueExAnte(ProjectId.wrap(1), VINTAGE, 1, REF);
        vm.stopPrank();

        vm.startPrank(bob);
        issuance.payDebt(debt, id, 20);
        vm.expectEmit(address(issuance));
        emit IIssuance.DebtPaid(debt, id, bob, 30, 0);
        issuance.payDebt(debt, id, 30);
        vm.stopPrank();
        assertEq(credits.exitedOf(id, Exit.Cancelled), 50);
        Debt memory d = issuance.debtOf(debt);
        assertEq(d.owedT, 0);
        assertEq(d.paidT, 50);
        vm.prank(officer);
        issuance.issueFromReport(8);
    }

    function test_avoidable_debtsOfADeveloperAddUp() public {
        uint64 first = _debt(); // 50 t
        vm.prank(officer);
        uint64 second = issuance.reverseAvoidable(id, 20, REASON);
        assertEq(issuance.owedBy(developer), 70);

        vm.prank(bob);
        issuance.payDebt(second, id, 20);
        _report(8, 10, 0);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceDeveloperOwes.selector, developer, 50));
        issuance.issueFromReport(8);

        vm.prank(bob);
        issuance.payDebt(first, id, 50);
        vm.prank(officer);
        issuance.issueFromReport(8);
    }

    function test_payDebt_takesNeitherTooMuchNorAnotherSchemesUnits() public {
        uint64 debt = _debt();
        UnitId elsewhere = UnitId.wrap(UnitId.unwrap(id) + (1 << 80));
        bytes4 refused = IIssuance.IssuancePaymentRefused.selector;
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(refused, debt, id, 51));
        issuance.payDebt(debt, id, 51);
        vm.expectRevert(abi.encodeWithSelector(refused, debt, id, 0));
        issuance.payDebt(debt, id, 0);
        vm.expectRevert(abi.encodeWithSelector(refused, debt, elsewhere, 1));
        issuance.payDebt(debt, elsewhere, 1);
        vm.stopPrank();
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceNotPayer.selector, stranger));
        issuance.payDebt(debt, id, 1);
    }

    function test_payDebt_isOfAnActiveParticipantsWalletThatMaySurrender() public {
        uint64 debt = _debt();
        address clerk = makeAddr("clerk");
        _addWallet(bob, clerk, WalletRights.ALL - WalletRights.SURRENDER);
        vm.prank(clerk);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceNotPayer.selector, clerk));
        issuance.payDebt(debt, id, 1);
        _suspend(beta);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceNotPayer.selector, bob));
        issuance.payDebt(debt, id, 1);
    }

    function test_avoidable_isRefusedForWhatWasNeverValid() public {
        vm.startPrank(officer);
        batchDesk.setLocked(id, true, REASON);
        batchDesk.invalidate(id, REASON);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.Invalidated));
        issuance.reverseAvoidable(id, 1, REASON);
        vm.stopPrank();
    }

    /// @dev Neither by a debt that nobody's units stand for, nor out of a buffer that is not its own.
    function test_reversals_areRefusedOfAnInvalidBatchThatNobodyHolds() public {
        UnitId other = _batch(8, 1000, 300_000);
        vm.startPrank(officer);
        batchDesk.setLocked(id, true, REASON);
        batchDesk.invalidate(id, REASON);
        address[] memory holders = new address[](1);
        holders[0] = dora;
        credits.clearInvalidated(id, holders);
        bytes memory refusal =
            abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.Invalidated);
        vm.expectRevert(refusal);
        issuance.reverseAvoidable(id, 1, REASON);
        vm.expectRevert(refusal);
        issuance.reverseUnavoidable(id, other, 1, REASON);
        vm.stopPrank();
    }

    /// @dev The developer sold 100 t to Bob and is to make good for 750 t: 700 t it has, 50 t it owes.
    function _debt() private returns (uint64) {
        vm.prank(dora);
        credits.safeTransferFrom(dora, bob, UnitId.unwrap(id), 100, "");
        vm.prank(officer);
        return issuance.reverseAvoidable(id, 750, REASON);
    }
}
