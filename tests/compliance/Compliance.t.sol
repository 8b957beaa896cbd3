// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {IAllocation, obligationRef} from "../../interfaces/IAllocation.sol";
import {
    ICompliance,
    Obligation,
    ObligationFlags,
    ObligationState,
    Penalty,
    PenaltyState,
    PublicStanding,
    Standing
} from "../../interfaces/ICompliance.sol";
import {InstallationId, MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/Ids.sol";
import {ParticipantKinds, WalletRights} from "../../interfaces/IParticipants.sol";
import {ISchemes, NO_VALUE, ParamKeys, Powers} from "../../interfaces/ISchemes.sol";
import {Exit, IUnit1155} from "../../interfaces/IUnit1155.sol";
import {ComplianceBase} from "./ComplianceBase.sol";

contract ComplianceTest is ComplianceBase {
    /// @dev 1,000,000 MWh × 0.877; emissions one tenth above, so that the cap does not bind.
    uint256 internal constant MWH = 1_000_000;
    uint256 internal constant FREE = 877_000;
    uint256 internal constant EMISSIONS = 964_700;
    uint256 internal constant OFFSET_LIMIT = 48_235;

    uint256 internal constant HEARING = 10 days;
    uint256 internal constant PAYMENT = 15 days;
    uint256 internal constant CLOSING = 60 days;
    uint256 internal constant FINE = 2_500_000;

    address internal wallet;
    ParticipantId internal emitter;
    InstallationId internal plant;
    UnitId internal credit;
    address internal developer = makeAddr("developer");

    function setUp() public override {
        super.setUp();
        (wallet, emitter, plant) = _emitter("emitter");
        credit = _offsets(developer, CHINA, 1_000_000);
        vm.prank(developer);
        credits.safeTransferFrom(developer, wallet, UnitId.unwrap(credit), 200_000, "");
        allowances.issue(wallet, CEA, 500_000, 0); // bought, besides the free allocation
    }

    /* SHORT FORMS */

    function _report(InstallationId id, uint256 emissionsT, uint256 powerMwh) internal {
        oracle.set(id, 2020, emissionsT, powerMwh, 0);
        allocation.trueUp(CHINA, PERIOD, _one(id));
    }

    function _assess(InstallationId id, uint256 emissionsT) internal {
        _report(id, emissionsT, MWH);
        vm.prank(stranger);
        compliance.assess(CHINA, PERIOD, _one(id));
    }

    function _surrender(UnitId unit, uint256 amount) internal {
        vm.prank(wallet);
        compliance.surrender(plant, PERIOD, _one(unit), _one(amount));
    }

    function _refuseSurrender(UnitId unit, uint256 amount, bytes memory why) internal {
        vm.prank(wallet);
        vm.expectRevert(why);
        compliance.surrender(plant, PERIOD, _one(unit), _one(amount));
    }

    function _obligation() internal view returns (Obligation memory) {
        return compliance.obligationOf(plant, PERIOD);
    }

    function _penalty() internal view returns (Penalty memory) {
        return compliance.penaltyOf(plant, PERIOD);
    }

    function _checkPublic(PublicStanding expected, uint256 expectedShortfall) internal view {
        (PublicStanding shown, uint256 shortfall) = compliance.publicStanding(plant, PERIOD);
        assertEq(uint256(shown), uint256(expected));
        assertEq(shortfall, expectedShortfall);
    }

    /// @dev Assessed; all but `short` surrendered in time; noticed after the deadline.
    function _noticed(uint256 short) internal {
        _assess(plant, EMISSIONS);
        _surrender(CEA, EMISSIONS - short);
        vm.warp(DEADLINE + 1);
        compliance.notify(PERIOD, _one(plant));
    }

    function _decided(uint256 short) internal {
        _noticed(short);
        vm.warp(DEADLINE + 1 + HEARING);
        vm.prank(bureau);
        compliance.decide(plant, PERIOD, FINE, bytes32("reason"));
    }

    function _wrongState(ObligationState state) internal view returns (bytes memory) {
        return abi.encodeWithSelector(ICompliance.ComplianceWrongState.selector, plant, PERIOD, state);
    }

    function _wrongPenalty(PenaltyState state) internal view returns (bytes memory) {
        return abi.encodeWithSelector(ICompliance.CompliancePenaltyState.selector, plant, PERIOD, state);
    }

    function _noPower(address officer) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, officer, CHINA, EAST, Powers.PENALISE);
    }

    /* OBLIGATION */

    function test_assess_fixesTheObligationForAnybodyWhoAsks() public {
        _report(plant, EMISSIONS, MWH);
        _checkPublic(PublicStanding.NotAssessed, 0);
        vm.expectEmit(address(compliance));
        emit ICompliance.ObligationAssessed(CHINA, PERIOD, plant, emitter, EMISSIONS, FREE, EMISSIONS, false);
        vm.prank(stranger);
        compliance.assess(CHINA, PERIOD, _one(plant));

        Obligation memory o = _obligation();
        assertEq(o.due, EMISSIONS);
        assertTrue(o.state == ObligationState.Open);
        assertEq(o.flags, 0);
        _checkPublic(PublicStanding.Open, 0);
    }

    /// @dev 877,000 + floor(0.2 × 1,200,003) = 1,117,000 (240,000.6 rounds down).
    function test_assess_capsTheObligationAboveTheFreeAllocation() public {
        _assess(plant, 1_200_003);
        assertEq(_obligation().due, 1_117_000);
        assertEq(_obligation().flags, ObligationFlags.CAPPED);
    }

    function test_assess_exemptsAGasPlantsDeficit() public {
        plant = _plant(emitter, CHINA, EAST, GAS);
        _assess(plant, 400_000);
        assertEq(_obligation().due, 392_000);
        assertEq(_obligation().flags, ObligationFlags.CAPPED);
    }

    function test_assess_asksAGasPlantForItsEmissionsWhereItHasASurplus() public {
        plant = _plant(emitter, CHINA, EAST, GAS);
        _assess(plant, 300_000);
        assertEq(_obligation().due, 300_000);
        assertEq(_obligation().flags, 0);
    }

    function test_assess_capsAGasPlantLikeTheOthersWithoutTheExemption() public {
        _setParam("obligation.gas_deficit_exempt", 0);
        plant = _plant(emitter, CHINA, EAST, GAS);
        _assess(plant, 400_000);
        assertEq(_obligation().due, 400_000);
    }

    function test_assess_takesAllEmissionsWithoutACap() public {
        _setParam("obligation.cap_over_free_ppm", NO_VALUE);
        _assess(plant, 5_000_000);
        assertEq(_obligation().due, 5_000_000);
    }

    function test_assess_meetsAnObligationOfNothing() public {
        _report(plant, 0, MWH);
        vm.expectEmit(address(compliance));
        emit ICompliance.ObligationMet(CHINA, PERIOD, plant, false);
        compliance.assess(CHINA, PERIOD, _one(plant));
        assertTrue(_obligation().state == ObligationState.Met);
        _checkPublic(PublicStanding.Met, 0);
    }

    function test_assess_revertsASecondTime() public {
        _assess(plant, EMISSIONS);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceAlreadyAssessed.selector, plant, PERIOD));
        compliance.assess(CHINA, PERIOD, _one(plant));
    }

    function test_assess_revertsBeforeTheTrueUp() public {
        oracle.set(plant, 2020, EMISSIONS, MWH, 0);
        _preAllocate(PERIOD, plant, MWH, 0);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceAllocationNotFinal.selector, plant, PERIOD));
        compliance.assess(CHINA, PERIOD, _one(plant));
    }

    function test_assess_revertsBeforeEveryReportIsFinal() public {
        oracle.set(plant, 2021, EMISSIONS, MWH, 0);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceReportNotFinal.selector, plant, 2022));
        compliance.assess(CHINA, LONG_PERIOD, _one(plant));
    }

    function test_assess_sumsTheYearsOfAPeriod() public {
        oracle.set(plant, 2021, 400_000, MWH, 0);
        oracle.set(plant, 2022, 500_000, 0, 0);
        allocation.trueUp(CHINA, LONG_PERIOD, _one(plant));
        compliance.assess(CHINA, LONG_PERIOD, _one(plant));
        assertEq(compliance.obligationOf(plant, LONG_PERIOD).due, 900_000);
    }

    function test_assess_revertsForAPlantOfAnotherScheme() public {
        InstallationId other = _plant(emitter, OTHER, EAST, COAL);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceWrongScheme.selector, other, CHINA, OTHER));
        compliance.assess(CHINA, PERIOD, _one(other));
    }

    function test_assess_revertsForNoneOrMoreThan200() public {
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceBadCount.selector, 0, 200));
        compliance.assess(CHINA, PERIOD, new InstallationId[](0));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceBadCount.selector, 201, 200));
        compliance.assess(CHINA, PERIOD, new InstallationId[](201));
    }

    function test_assess_revertsWhenEmissionsDoNotFit() public {
        _setParam("obligation.cap_over_free_ppm", NO_VALUE);
        _report(plant, uint256(1) << 40, MWH);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceTooLarge.selector, plant, uint256(1) << 40));
        compliance.assess(CHINA, PERIOD, _one(plant));
    }

    function testFuzz_dueFor_equalsThePlainRule(uint256 emissions, uint256 free, uint8 class) public view {
        emissions = bound(emissions, 0, 1e11);
        free = bound(free, 0, 1e11);
        (uint256 due, bool capped) = compliance.dueFor(CHINA, PERIOD, class, emissions, free);
        uint256 limit = class == 4 ? free : free + emissions / 5;
        assertEq(due, emissions < limit ? emissions : limit);
        assertTrue(capped == (emissions > limit));
    }

    /* SURRENDER */

    function test_surrender_endsAllowancesAgainstTheObligation() public {
        _assess(plant, EMISSIONS);
        vm.expectEmit(address(allowances));
        emit IUnit1155.UnitsExited(CEA, wallet, Exit.Surrendered, 900_000, obligationRef(CHINA, PERIOD, plant));
        _surrender(CEA, 900_000);

        assertEq(_balance(wallet), FREE + 500_000 - 900_000);
        assertEq(_obligation().allowances, 900_000);
        assertTrue(_obligation().state == ObligationState.Open);
    }

    function test_surrender_saysWhatWasGivenAndWhenItIsMet() public {
        _assess(plant, EMISSIONS);
        UnitId[] memory ids = new UnitId[](3);
        uint256[] memory amounts = new uint256[](3);
        (ids[0], ids[1], ids[2]) = (CEA, credit, CEA);
        (amounts[0], amounts[1], amounts[2]) = (900_000, OFFSET_LIMIT, EMISSIONS - 900_000 - OFFSET_LIMIT);

        vm.expectEmit(address(compliance));
        emit ICompliance.UnitsSurrendered(
            CHINA, PERIOD, plant, emitter, wallet, EMISSIONS - OFFSET_LIMIT, OFFSET_LIMIT, false, false
        );
        vm.expectEmit(address(compliance));
        emit ICompliance.ObligationMet(CHINA, PERIOD, plant, false);
        vm.prank(wallet);
        compliance.surrender(plant, PERIOD, ids, amounts);

        assertTrue(_obligation().state == ObligationState.Met);
        assertEq(credits.exitedOf(credit, Exit.Surrendered), OFFSET_LIMIT);
        _checkPublic(PublicStanding.Met, 0);
    }

    function test_surrender_revertsForMoreThanIsDue() public {
        _assess(plant, EMISSIONS);
        _surrender(CEA, EMISSIONS - 10);
        _refuseSurrender(CEA, 11, abi.encodeWithSelector(ICompliance.ComplianceMoreThanDue.selector, plant, 11, 10));
        _surrender(CEA, 10);
        _refuseSurrender(CEA, 1, _wrongState(ObligationState.Met));
    }

    function test_surrender_revertsBeforeAssessment() public {
        _refuseSurrender(CEA, 1, _wrongState(ObligationState.None));
    }

    function test_surrender_takesOffsetsUpToTheirLimit() public {
        _assess(plant, EMISSIONS);
        assertEq(compliance.offsetLimitFor(CHINA, PERIOD, EMISSIONS), OFFSET_LIMIT);
        _refuseSurrender(
            credit,
            OFFSET_LIMIT + 1,
            abi.encodeWithSelector(ICompliance.ComplianceOffsetLimit.selector, plant, OFFSET_LIMIT + 1, OFFSET_LIMIT)
        );
        _surrender(credit, OFFSET_LIMIT - 1);
        assertEq(compliance.standing(plant, PERIOD).offsetRoomT, 1);
        _refuseSurrender(credit, 2, abi.encodeWithSelector(ICompliance.ComplianceOffsetLimit.selector, plant, 2, 1));
        _surrender(credit, 1);
        assertEq(_obligation().offsets, OFFSET_LIMIT);
    }

    /// @dev 5 % of 39 is 1.95: one.
    function test_surrender_roundsTheOffsetLimitDown() public view {
        assertEq(compliance.offsetLimitFor(CHINA, PERIOD, 39), 1);
        assertEq(compliance.offsetLimitFor(CHINA, PERIOD, 19), 0);
    }

    function test_surrender_takesNoOffsetsWithoutALimitInThePack() public {
        _setParam("offset.limit_ppm", NO_VALUE);
        _assess(plant, EMISSIONS);
        _refuseSurrender(credit, 1, abi.encodeWithSelector(ICompliance.ComplianceOffsetLimit.selector, plant, 1, 0));
    }

    function _refuseUnit(UnitId unit) internal {
        _refuseSurrender(unit, 1, abi.encodeWithSelector(ICompliance.ComplianceUnitRefused.selector, unit, PERIOD));
    }

    function test_surrender_admitsOlderVintagesAsThePackSays() public {
        allowances.issue(wallet, CEA_2019, 10, 0);
        _assess(plant, EMISSIONS);
        _surrender(CEA_2019, 1); // without a rule every older vintage is admitted
        _setParam("obligation.carry_vintages", 1);
        _surrender(CEA_2019, 1);
        _setParam("obligation.carry_vintages", 0);
        _refuseUnit(CEA_2019);
    }

    function test_surrender_admitsLaterVintagesAsThePackSays() public {
        allowances.issue(wallet, CEA_2021, 10, 0);
        _assess(plant, EMISSIONS);
        _refuseUnit(CEA_2021);
        _setParam("obligation.borrow_vintages", 1);
        _surrender(CEA_2021, 10);
        assertEq(_obligation().allowances, 10);
    }

    function test_surrender_refusesForeignUnits() public {
        _assess(plant, EMISSIONS);
        _refuseUnit(UnitId.wrap(uint256(1) << 96 | uint256(2) << 80 | uint256(2020) << 64)); // another scheme's allowance
        _refuseUnit(UnitId.wrap(uint256(3) << 96 | uint256(1) << 80 | uint256(2020) << 64)); // an energy credit
        _refuseUnit(UnitId.wrap(uint256(2) << 96 | uint256(2) << 80 | uint256(2019) << 64 | 7)); // another scheme's credit
        _refuseUnit(UnitId.wrap(UnitId.unwrap(CEA) | uint256(1) << 104)); // no unit at all
    }

    function test_surrender_admitsCreditsOfTheSchemeThePackNames() public {
        _setParam("offset.credit_scheme", 2);
        _assess(plant, EMISSIONS);
        _refuseUnit(credit);
        _setParam("offset.credit_scheme", 1);
        _surrender(credit, 1);
    }

    function test_surrender_refusesCreditsOlderThanThePackAllows() public {
        _setParam("offset.oldest_vintage", 2020);
        _assess(plant, EMISSIONS);
        _refuseUnit(credit);
        _setParam("offset.oldest_vintage", 2019);
        _surrender(credit, 1);
    }

    function test_surrender_needsTheRightToSurrender() public {
        address trader = makeAddr("trading desk");
        _addWallet(wallet, emitter, trader, WalletRights.ALL - WalletRights.SURRENDER);
        _assess(plant, EMISSIONS);
        vm.prank(trader);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceNotOperator.selector, trader, plant, emitter));
        compliance.surrender(plant, PERIOD, _one(CEA), _one(1));
    }

    function test_surrender_isRefusedToAnotherParticipant() public {
        (address other,,) = _emitter("other");
        allowances.issue(other, CEA, 10, 0);
        _assess(plant, EMISSIONS);
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceNotOperator.selector, other, plant, emitter));
        compliance.surrender(plant, PERIOD, _one(CEA), _one(1));
    }

    function test_surrender_remainsADutyOfASuspendedOperator() public {
        _assess(plant, EMISSIONS);
        participants.suspend(emitter, bytes32("reason"));
        _surrender(CEA, EMISSIONS);
        assertTrue(_obligation().state == ObligationState.Met);
    }

    function test_surrender_passesToTheBuyerOfThePlant() public {
        _assess(plant, EMISSIONS);
        address buyerWallet = makeAddr("buyer");
        ParticipantId buyer = _join(buyerWallet, ParticipantKinds.EMITTER);
        vm.prank(wallet);
        installations.offerInstallation(plant, buyer);
        vm.prank(buyerWallet);
        installations.acceptInstallation(plant);

        _refuseSurrender(
            CEA, 1, abi.encodeWithSelector(ICompliance.ComplianceNotOperator.selector, wallet, plant, buyer)
        );
        allowances.issue(buyerWallet, CEA, EMISSIONS, 0);
        vm.prank(buyerWallet);
        compliance.surrender(plant, PERIOD, _one(CEA), _one(EMISSIONS));
        assertTrue(_obligation().state == ObligationState.Met);
    }

    function test_surrender_revertsForMalformedCalls() public {
        _assess(plant, EMISSIONS);
        vm.startPrank(wallet);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceBadCount.selector, 0, 32));
        compliance.surrender(plant, PERIOD, new UnitId[](0), new uint256[](0));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceBadCount.selector, 33, 32));
        compliance.surrender(plant, PERIOD, new UnitId[](33), new uint256[](33));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceLengthMismatch.selector, 1, 2));
        compliance.surrender(plant, PERIOD, _one(CEA), new uint256[](2));
        vm.expectRevert(ICompliance.ComplianceZeroAmount.selector);
        compliance.surrender(plant, PERIOD, _one(CEA), _one(0));
    }

    function test_surrender_isInTimeAtTheDeadlineAndLateASecondAfter() public {
        _assess(plant, EMISSIONS);
        vm.warp(DEADLINE);
        _surrender(CEA, 100_000);
        assertEq(_obligation().late, 0);
        vm.warp(DEADLINE + 1);
        _checkPublic(PublicStanding.Short, EMISSIONS - 100_000);
        vm.expectEmit(address(compliance));
        emit ICompliance.ObligationMet(CHINA, PERIOD, plant, true);
        _surrender(CEA, EMISSIONS - 100_000);

        assertEq(_obligation().late, EMISSIONS - 100_000);
        assertEq(_obligation().flags, ObligationFlags.LATE);
        _checkPublic(PublicStanding.MetLate, EMISSIONS - 100_000);
    }

    function testFuzz_surrender_sumsNeverExceedWhatIsDue(uint256[6] memory parts, uint256 offsets) public {
        _assess(plant, EMISSIONS);
        offsets = bound(offsets, 0, OFFSET_LIMIT);
        if (offsets != 0) _surrender(credit, offsets);
        uint256 given = 0;
        for (uint256 i = 0; i < parts.length; ++i) {
            uint256 part = bound(parts[i], 1, 300_000);
            if (given + offsets == EMISSIONS) break;
            uint256 open = EMISSIONS - given - offsets;
            if (part > open) {
                _refuseSurrender(
                    CEA, part, abi.encodeWithSelector(ICompliance.ComplianceMoreThanDue.selector, plant, part, open)
                );
                part = open;
            }
            _surrender(CEA, part);
            given += part;
        }
        assertEq(_obligation().allowances, given);
        assertEq(_obligation().offsets, offsets);
        assertEq(allowances.exitedOf(CEA, Exit.Surrendered), given);
        assertEq(compliance.standing(plant, PERIOD).openT, EMISSIONS - given - offsets);
    }

    /* SURRENDER FROM THE LEDGER */

    function test_surrenderFromLedger_takesTheAccountAndVoidsOrders() public {
        _assess(plant, EMISSIONS);
        _deposit(wallet, EMISSIONS + 5);
        exchange.offer(emitter, MARKET, 100);
        vm.expectEmit(address(compliance));
        emit ICompliance.UnitsSurrendered(CHINA, PERIOD, plant, emitter, wallet, EMISSIONS, 0, false, true);
        vm.prank(wallet);
        compliance.surrenderFromLedger(plant, PERIOD, _one(CEA), _one(EMISSIONS));

        assertEq(exchange.lots(MARKET, emitter), 5);
        assertEq(exchange.inAsks(MARKET, emitter), 0);
        assertTrue(_obligation().state == ObligationState.Met);
        assertEq(allowances.exitedOf(CEA, Exit.Surrendered), EMISSIONS);
        assertEq(_balance(address(compliance)), 0);
    }

    function test_surrenderFromLedger_revertsWhenTheAccountHoldsLess() public {
        _assess(plant, EMISSIONS);
        _deposit(wallet, 99);
        vm.prank(wallet);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceLedgerShort.selector, emitter, CEA, 100, 99));
        compliance.surrenderFromLedger(plant, PERIOD, _one(CEA), _one(100));
    }

    function test_surrenderFromLedger_revertsWithoutAMarket() public {
        _assess(plant, EMISSIONS);
        vm.prank(wallet);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceLedgerShort.selector, emitter, credit, 1, 0));
        compliance.surrenderFromLedger(plant, PERIOD, _one(credit), _one(1));
    }

    function test_surrenderFromLedger_takesWholeLots() public {
        exchange.open(MARKET, CEA, address(allowances), address(currency), 1000);
        _assess(plant, EMISSIONS);
        _deposit(wallet, 10_000);
        vm.prank(wallet);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceNotWholeLots.selector, CEA, 1500, 1000));
        compliance.surrenderFromLedger(plant, PERIOD, _one(CEA), _one(1500));
        vm.prank(wallet);
        compliance.surrenderFromLedger(plant, PERIOD, _one(CEA), _one(2000));
        assertEq(exchange.lots(MARKET, emitter), 8);
        assertEq(_obligation().allowances, 2000);
    }

    function test_surrenderFromLedger_isForTheOperator() public {
        _assess(plant, EMISSIONS);
        _deposit(wallet, 100);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceNotOperator.selector, stranger, plant, emitter));
        compliance.surrenderFromLedger(plant, PERIOD, _one(CEA), _one(1));
    }

    /* NOTICE */

    function test_notify_fixesTheShortfallAtTheDeadline() public {
        _assess(plant, EMISSIONS);
        _surrender(CEA, EMISSIONS - 64_700);
        vm.warp(DEADLINE + 5);
        _surrender(CEA, 4700); // late: the shortfall stays
        vm.expectEmit(address(compliance));
        emit ICompliance.ShortfallNoticed(CHINA, PERIOD, plant, emitter, 64_700, DEADLINE + 5 + HEARING);
        vm.prank(stranger);
        compliance.notify(PERIOD, _one(plant));

        assertEq(_penalty().shortfall, 64_700);
        assertEq(_penalty().noticedAt, DEADLINE + 5);
        assertTrue(_penalty().state == PenaltyState.Noticed);
        _checkPublic(PublicStanding.Noticed, 64_700);
        Standing memory s = compliance.standing(plant, PERIOD);
        assertEq(s.openT, 60_000);
        assertEq(s.shortfallT, 64_700);
    }

    function test_notify_reachesWhoeverSurrenderedAllTooLate() public {
        _assess(plant, EMISSIONS);
        vm.warp(DEADLINE + 1);
        _surrender(CEA, EMISSIONS);
        compliance.notify(PERIOD, _one(plant));
        assertEq(_penalty().shortfall, EMISSIONS);
    }

    function test_notify_revertsAtTheDeadline() public {
        _assess(plant, EMISSIONS);
        vm.warp(DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceBeforeDeadline.selector, plant, uint256(DEADLINE)));
        compliance.notify(PERIOD, _one(plant));
    }

    function test_notify_revertsASecondTime() public {
        _noticed(1);
        vm.expectRevert(_wrongPenalty(PenaltyState.Noticed));
        compliance.notify(PERIOD, _one(plant));
    }

    function test_notify_revertsWithoutShortfall() public {
        _assess(plant, EMISSIONS);
        _surrender(CEA, EMISSIONS);
        vm.warp(DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceNoShortfall.selector, plant, PERIOD));
        compliance.notify(PERIOD, _one(plant));
    }

    function test_notify_revertsWithoutAssessment() public {
        vm.warp(DEADLINE + 1);
        vm.expectRevert(_wrongState(ObligationState.None));
        compliance.notify(PERIOD, _one(plant));
    }

    function test_notify_revertsForNoneOrMoreThan200() public {
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceBadCount.selector, 0, 200));
        compliance.notify(PERIOD, new InstallationId[](0));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceBadCount.selector, 201, 200));
        compliance.notify(PERIOD, new InstallationId[](201));
    }

    /* DECISION */

    function test_decide_fixesTheFine() public {
        _noticed(1000);
        vm.warp(DEADLINE + 1 + HEARING);
        vm.expectEmit(address(compliance));
        emit ICompliance.PenaltyDecided(
            CHINA, PERIOD, plant, bureau, FINE, bytes32("reason"), DEADLINE + 1 + HEARING + PAYMENT
        );
        vm.prank(bureau);
        compliance.decide(plant, PERIOD, FINE, bytes32("reason"));

        assertEq(_penalty().fineCents, FINE);
        assertEq(_penalty().decidedAt, DEADLINE + 1 + HEARING);
        assertTrue(_penalty().state == PenaltyState.Decided);
        assertEq(compliance.standing(plant, PERIOD).fineDueCents, FINE);
        _checkPublic(PublicStanding.Fined, 1000);
    }

    function test_decide_waitsForTheHearing() public {
        _noticed(1000);
        vm.warp(DEADLINE + HEARING);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceTooEarly.selector, plant, DEADLINE + 1 + HEARING));
        compliance.decide(plant, PERIOD, FINE, bytes32("reason"));
    }

    function test_decide_staysWithinTheBoundsOfThePack() public {
        _noticed(1000);
        vm.warp(DEADLINE + 1 + HEARING);
        vm.startPrank(bureau);
        vm.expectRevert(
            abi.encodeWithSelector(ICompliance.ComplianceFineOutOfBounds.selector, 1_999_999, 2_000_000, 3_000_000)
        );
        compliance.decide(plant, PERIOD, 1_999_999, bytes32("reason"));
        vm.expectRevert(
            abi.encodeWithSelector(ICompliance.ComplianceFineOutOfBounds.selector, 3_000_001, 2_000_000, 3_000_000)
        );
        compliance.decide(plant, PERIOD, 3_000_001, bytes32("reason"));
        compliance.decide(plant, PERIOD, 3_000_000, bytes32("reason"));
    }

    /// @dev 100 a tonne, as in the European Union.
    function test_fineBounds_areForEachTonneWhereThePackSaysSo() public {
        _setParam("penalty.min_cents", NO_VALUE);
        _setParam("penalty.max_cents", NO_VALUE);
        _setParam("penalty.min_cents_per_t", 10_000);
        _setParam("penalty.max_cents_per_t", 10_000);
        (uint256 minCents, uint256 maxCents) = compliance.fineBounds(CHINA, PERIOD, 250);
        assertEq(minCents, 2_500_000);
        assertEq(maxCents, 2_500_000);
    }

    function test_fineBounds_revertWhereThePackHasNone() public {
        _setParam("penalty.max_cents", NO_VALUE);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISchemes.SchemesNoParam.selector, CHINA, ParamKeys.PENALTY_MAX_CENTS, uint256(DEADLINE)
            )
        );
        compliance.fineBounds(CHINA, PERIOD, 250);
    }

    function test_decide_revertsWhenTheFineDoesNotFit() public {
        _setParam("penalty.max_cents", 1 << 60);
        _noticed(1000);
        vm.warp(DEADLINE + 1 + HEARING);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceTooLarge.selector, plant, uint256(1) << 56));
        compliance.decide(plant, PERIOD, 1 << 56, bytes32("reason"));
    }

    function test_decide_needsAReason() public {
        _noticed(1000);
        vm.warp(DEADLINE + 1 + HEARING);
        vm.prank(bureau);
        vm.expectRevert(ICompliance.ComplianceReasonMissing.selector);
        compliance.decide(plant, PERIOD, FINE, 0);
    }

    function test_decide_needsThePowerWhereThePlantStands() public {
        _noticed(1000);
        vm.warp(DEADLINE + 1 + HEARING);
        vm.prank(stranger);
        vm.expectRevert(_noPower(stranger));
        compliance.decide(plant, PERIOD, FINE, bytes32("reason"));

        schemes.grantOffice(stranger, CHINA, WEST, Powers.PENALISE);
        vm.prank(stranger);
        vm.expectRevert(_noPower(stranger));
        compliance.decide(plant, PERIOD, FINE, bytes32("reason"));
    }

    function test_decide_needsANotice() public {
        _assess(plant, EMISSIONS);
        vm.prank(bureau);
        vm.expectRevert(_wrongPenalty(PenaltyState.None));
        compliance.decide(plant, PERIOD, FINE, bytes32("reason"));
    }

    function test_decide_happensOnce() public {
        _decided(1000);
        vm.prank(bureau);
        vm.expectRevert(_wrongPenalty(PenaltyState.Decided));
        compliance.decide(plant, PERIOD, FINE, bytes32("reason"));
    }

    function test_decide_ofNothingIsPaidAtOnce() public {
        _setParam("penalty.min_cents", 0);
        _noticed(1000);
        vm.warp(DEADLINE + 1 + HEARING);
        vm.prank(bureau);
        compliance.decide(plant, PERIOD, 0, bytes32("reason"));
        assertTrue(_penalty().state == PenaltyState.Paid);
    }

    /* PAYMENT */

    function test_payPenalty_takesPartsUntilItIsPaid() public {
        _decided(1000);
        currency.mint(stranger, FINE);
        vm.startPrank(stranger); // anybody may pay
        currency.approve(address(compliance), FINE);
        compliance.payPenalty(plant, PERIOD, 500_000);
        assertTrue(_penalty().state == PenaltyState.Decided);
        assertEq(compliance.standing(plant, PERIOD).fineDueCents, FINE - 500_000);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceOverpaid.selector, plant, FINE, FINE - 500_000));
        compliance.payPenalty(plant, PERIOD, FINE);
        vm.expectEmit(address(compliance));
        emit ICompliance.PenaltyPaid(CHINA, PERIOD, plant, stranger, FINE - 500_000, FINE);
        compliance.payPenalty(plant, PERIOD, FINE - 500_000);

        assertTrue(_penalty().state == PenaltyState.Paid);
        assertEq(currency.balanceOf(treasury), FINE);
        _checkPublic(PublicStanding.FinePaid, 1000);
        vm.expectRevert(_wrongPenalty(PenaltyState.Paid));
        compliance.payPenalty(plant, PERIOD, 1);
    }

    function test_payPenalty_revertsForNothing() public {
        _decided(1000);
        vm.expectRevert(ICompliance.ComplianceZeroAmount.selector);
        compliance.payPenalty(plant, PERIOD, 0);
    }

    function test_payPenalty_revertsBeforeTheDecision() public {
        _noticed(1000);
        vm.expectRevert(_wrongPenalty(PenaltyState.Noticed));
        compliance.payPenalty(plant, PERIOD, 1);
    }

    function test_payPenalty_revertsWithoutATreasury() public {
        InstallationId other = _plant(emitter, OTHER, EAST, COAL);
        schemes.setPeriod(OTHER, PERIOD, schemes.period(CHINA, PERIOD));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceNoTreasury.selector, OTHER));
        compliance.payPenalty(other, PERIOD, 1);
    }

    function test_debitPenalty_takesWhatTheAccountHas() public {
        _decided(1000);
        exchange.fund(emitter, MARKET, 700_000);
        vm.warp(DEADLINE + 1 + HEARING + PAYMENT);
        vm.expectEmit(address(compliance));
        emit ICompliance.PenaltyDebited(CHINA, PERIOD, plant, emitter, MARKET, bureau, 700_000, 700_000);
        vm.prank(bureau);
        compliance.debitPenalty(plant, PERIOD, MARKET);
        assertTrue(_penalty().state == PenaltyState.Decided);
        assertEq(currency.balanceOf(treasury), 700_000);

        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceNothingDebited.selector, plant, MARKET));
        compliance.debitPenalty(plant, PERIOD, MARKET);

        exchange.fund(emitter, MARKET, FINE);
        vm.prank(bureau);
        compliance.debitPenalty(plant, PERIOD, MARKET);
        assertTrue(_penalty().state == PenaltyState.Paid);
        assertEq(currency.balanceOf(treasury), FINE);
        assertEq(exchange.cash(MARKET, emitter), 700_000 * 100);
    }

    function test_debitPenalty_leavesTimeToPay() public {
        _decided(1000);
        vm.warp(DEADLINE + HEARING + PAYMENT);
        vm.prank(bureau);
        vm.expectRevert(
            abi.encodeWithSelector(ICompliance.ComplianceTooEarly.selector, plant, DEADLINE + 1 + HEARING + PAYMENT)
        );
        compliance.debitPenalty(plant, PERIOD, MARKET);
    }

    function test_debitPenalty_needsPowerDecisionAndCurrency() public {
        _decided(1000);
        vm.warp(DEADLINE + 1 + HEARING + PAYMENT);
        vm.prank(stranger);
        vm.expectRevert(_noPower(stranger));
        compliance.debitPenalty(plant, PERIOD, MARKET);

        MarketId foreign = MarketId.wrap(2);
        exchange.open(foreign, credit, address(credits), stranger, 1);
        vm.prank(bureau);
        vm.expectRevert(
            abi.encodeWithSelector(ICompliance.ComplianceWrongCurrency.selector, foreign, stranger, address(currency))
        );
        compliance.debitPenalty(plant, PERIOD, foreign);
    }

    function test_debitPenalty_revertsBeforeTheDecision() public {
        _noticed(1000);
        vm.prank(bureau);
        vm.expectRevert(_wrongPenalty(PenaltyState.Noticed));
        compliance.debitPenalty(plant, PERIOD, MARKET);
    }

    /* CLOSING */

    function test_deduct_sendsWhatIsOpenToTheNextAllocation() public {
        _decided(1000);
        _surrender(CEA, 400); // late, before closing
        vm.warp(DEADLINE + CLOSING);
        vm.expectEmit(address(compliance));
        emit ICompliance.ShortfallDeducted(CHINA, PERIOD, plant, bureau, 600, 600);
        vm.expectEmit(address(allocation));
        emit IAllocation.AllocationDebtAdded(plant, address(compliance), 600, obligationRef(CHINA, PERIOD, plant));
        vm.prank(bureau);
        compliance.deduct(plant, PERIOD);

        assertTrue(_obligation().state == ObligationState.Closed);
        assertEq(_obligation().deducted, 600);
        _checkPublic(PublicStanding.Closed, 1000);
        _refuseSurrender(CEA, 1, _wrongState(ObligationState.Closed));

        _preAllocate(NEXT_PERIOD, plant, MWH, 0);
        assertEq(allowances.balanceOf(wallet, UnitId.unwrap(CEA_2021)), 613_900 - 600);
    }

    /// @dev 1.5 × 333 = 499.5: the operator bears the rounding.
    function test_deduct_multipliesByTheFactorAndRoundsUp() public {
        _setParam("penalty.deduction_ppm", 1_500_000);
        _decided(333);
        vm.warp(DEADLINE + CLOSING);
        vm.prank(bureau);
        compliance.deduct(plant, PERIOD);
        assertEq(allocation.debtOf(plant), 500);
    }

    function test_deduct_closesWithoutDeductionWhereThePackHasNone() public {
        _setParam("penalty.deduction_ppm", NO_VALUE);
        _decided(333);
        vm.warp(DEADLINE + CLOSING);
        vm.prank(bureau);
        compliance.deduct(plant, PERIOD);
        assertEq(allocation.debtOf(plant), 0);
        assertTrue(_obligation().state == ObligationState.Closed);
    }

    function test_deduct_revertsWhenTheDeductionDoesNotFit() public {
        _setParam("penalty.deduction_ppm", 1e16);
        _decided(1000);
        vm.warp(DEADLINE + CLOSING);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceTooLarge.selector, plant, 10_000_000_000_000));
        compliance.deduct(plant, PERIOD);
    }

    function test_deduct_waitsForTheClosingDate() public {
        _decided(1000);
        vm.warp(DEADLINE + CLOSING - 1);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceTooEarly.selector, plant, DEADLINE + CLOSING));
        compliance.deduct(plant, PERIOD);
    }

    function test_deduct_needsADecision() public {
        _noticed(1000);
        vm.warp(DEADLINE + CLOSING);
        vm.prank(bureau);
        vm.expectRevert(_wrongPenalty(PenaltyState.Noticed));
        compliance.deduct(plant, PERIOD);
    }

    function test_deduct_needsThePower() public {
        _decided(1000);
        vm.warp(DEADLINE + CLOSING);
        vm.prank(stranger);
        vm.expectRevert(_noPower(stranger));
        compliance.deduct(plant, PERIOD);
    }

    function test_deduct_revertsWhenNothingIsOpen() public {
        _decided(1000);
        _surrender(CEA, 1000);
        vm.warp(DEADLINE + CLOSING);
        vm.prank(bureau);
        vm.expectRevert(_wrongState(ObligationState.Met));
        compliance.deduct(plant, PERIOD);
    }

    function test_deduct_leavesTheFinePayable() public {
        _decided(1000);
        vm.warp(DEADLINE + CLOSING);
        vm.prank(bureau);
        compliance.deduct(plant, PERIOD);
        vm.prank(bureau);
        vm.expectRevert(_wrongState(ObligationState.Closed));
        compliance.deduct(plant, PERIOD);

        currency.mint(wallet, FINE);
        vm.startPrank(wallet);
        currency.approve(address(compliance), FINE);
        compliance.payPenalty(plant, PERIOD, FINE);
        assertTrue(_penalty().state == PenaltyState.Paid);
    }

    /* WIRING AND VIEWS */

    function test_setTreasury_isRestricted() public {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        compliance.setTreasury(OTHER, address(currency), treasury);

        vm.expectEmit(address(compliance));
        emit ICompliance.TreasurySet(OTHER, address(0), address(0), address(currency), treasury);
        compliance.setTreasury(OTHER, address(currency), treasury);
        (address money, address payee) = compliance.treasuryOf(OTHER);
        assertEq(money, address(currency));
        assertEq(payee, treasury);
    }

    function test_setTreasury_revertsForNobody() public {
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceNoTreasury.selector, OTHER));
        compliance.setTreasury(OTHER, address(0), treasury);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceNoTreasury.selector, OTHER));
        compliance.setTreasury(OTHER, address(currency), address(0));
    }

    function test_standing_saysWhereAFirmStands() public {
        _assess(plant, EMISSIONS);
        _surrender(credit, 40_000);
        Standing memory s = compliance.standing(plant, PERIOD);
        assertTrue(s.scheme == CHINA);
        assertTrue(s.operator == emitter);
        assertTrue(s.state == ObligationState.Open);
        assertEq(s.openT, EMISSIONS - 40_000);
        assertEq(s.offsetRoomT, OFFSET_LIMIT - 40_000);
        assertEq(s.deadline, DEADLINE);

        _surrender(CEA, EMISSIONS - 40_000 - 100);
        assertEq(compliance.standing(plant, PERIOD).offsetRoomT, 100); // no more than is open
    }

    function test_obligationOf_revertsForAnUnknownPlant() public {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPeriod.selector, SchemeId.wrap(0), PERIOD));
        compliance.obligationOf(InstallationId.wrap(99), PERIOD);
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzz_fleet_obligationsEqualAPlainComputation(uint256 seed) public {
        uint256 count = 13;
        InstallationId[] memory ids = new InstallationId[](count);
        uint256[] memory emissions = new uint256[](count);
        uint256[] memory free = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, i)));
            ids[i] = _plant(emitter, CHINA, r & 1 == 0 ? EAST : WEST, r & 2 == 0 ? COAL : GAS);
            emissions[i] = (r >> 8) % 3_000_000;
            uint256 mwh = (r >> 40) % 3_000_000;
            free[i] = mwh * (r & 2 == 0 ? 877 : 392) / 1000;
            oracle.set(ids[i], 2020, emissions[i], mwh, 0);
        }
        allocation.trueUp(CHINA, PERIOD, ids);
        compliance.assess(CHINA, PERIOD, ids);

        for (uint256 i = 0; i < count; ++i) {
            uint256 limit = installations.installation(ids[i]).classOf() == GAS ? free[i] : free[i] + emissions[i] / 5;
            uint256 due = emissions[i] < limit ? emissions[i] : limit;
            assertEq(compliance.obligationOf(ids[i], PERIOD).due, due);
        }
    }
}
