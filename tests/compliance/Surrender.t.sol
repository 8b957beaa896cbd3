// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {obligationRef} from "../../interfaces/compliance/IAllocation.sol";
import {
    ICompliance,
    ObligationFlags,
    ObligationState,
    PublicStanding
} from "../../interfaces/compliance/ICompliance.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {ParticipantKinds, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Activity, ProjectKind} from "../../interfaces/evidence/IProjects.sol";
import {NO_VALUE} from "../../interfaces/rules/ISchemes.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {ComplianceCase} from "./ComplianceCase.sol";

/// @dev Units given up against an obligation, out of wallets and out of the ledger.
contract SurrenderTest is ComplianceCase {
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

    function test_surrender_sumsTheOffsetsOfSeveralBatches() public {
        address second = makeAddr("second developer");
        UnitId[] memory ids = new UnitId[](2);
        uint256[] memory amounts = new uint256[](2);
        projects.set(_join(second, ParticipantKinds.DEVELOPER), CHINA, 2019, 1000);
        vm.prank(ministry);
        (ids[0], ids[1]) = (credit, issuance.issueFromReport(8));
        (amounts[0], amounts[1]) = (OFFSET_LIMIT, 1);
        vm.prank(second);
        credits.safeTransferFrom(second, wallet, UnitId.unwrap(ids[1]), 1000, "");
        _assess(plant, EMISSIONS);
        vm.startPrank(wallet);
        vm.expectRevert(
            abi.encodeWithSelector(ICompliance.ComplianceOffsetLimit.selector, plant, OFFSET_LIMIT + 1, OFFSET_LIMIT)
        );
        compliance.surrender(plant, PERIOD, ids, amounts);
        --amounts[0];
        compliance.surrender(plant, PERIOD, ids, amounts);
        assertEq(_obligation().offsets, OFFSET_LIMIT);
    }

    /// @dev 5 % of 39 is 1.95: one.
    function test_surrender_roundsTheOffsetLimitDown() public view {
        assertEq(compliance.offsetLimitFor(CHINA, PERIOD, 39), 1);
        assertEq(compliance.offsetLimitFor(CHINA, PERIOD, 19), 0);
    }

    function test_surrender_isRememberedWithTheSerialNumbersItTook() public {
        _assess(plant, EMISSIONS);
        bytes32 ref = obligationRef(CHINA, PERIOD, plant);
        SerialBlock[] memory blocks = new SerialBlock[](1);
        blocks[0] = SerialBlock({registry: 1, series: 0, first: 1, last: 40});
        assertFalse(credits.wasSurrenderOf(credit, blocks, ref));
        _surrender(credit, 40);
        assertTrue(credits.wasSurrenderOf(credit, blocks, ref));
        _surrender(credit, 2);
        blocks[0].last = 42;
        assertFalse(credits.wasSurrenderOf(credit, blocks, ref));
        (blocks[0].first, blocks[0].last) = (41, 42);
        assertTrue(credits.wasSurrenderOf(credit, blocks, ref));
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

    function test_surrender_refusesCreditsNewerThanThePackAllows() public {
        _setParam("offset.newest_vintage", 2018);
        _assess(plant, EMISSIONS);
        _refuseUnit(credit);
        _setParam("offset.newest_vintage", 2019);
        _surrender(credit, 1);
    }

    function test_surrender_admitsByCountryActivityKindAndMethodology() public {
        projects.setTraits(Activity.Removal, ProjectKind.Forest, 156, 3);
        _assess(plant, EMISSIONS);
        _admitsOnly("offset.host_country", 392, 156);
        _admitsOnly("offset.activities", 1 << uint256(Activity.Reduction), 1 << uint256(Activity.Removal));
        _admitsOnly("offset.kinds", 1 << uint256(ProjectKind.Wind), 1 << uint256(ProjectKind.Forest));
        _admitsOnly("offset.methodologies", type(uint192).max - 1 - (1 << 3), 1 << 3);
        projects.setTraits(Activity.Removal, ProjectKind.Forest, 156, 0);
        _refuseUnit(credit); // of a methodology that is none of ours
    }

    /// @dev Refused under the one value; admitted under the other, which stays.
    function _admitsOnly(string memory key, uint256 without, uint256 with) private {
        _setParam(key, without);
        _refuseUnit(credit);
        _setParam(key, with);
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
        vm.expectRevert(ICompliance.ComplianceZeroAmount.selector); // as many as may be, all of them empty
        compliance.surrender(plant, PERIOD, new UnitId[](32), new uint256[](32));
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

    /// @dev What came late is missing at the deadline, in however many calls it came.
    function test_surrender_addsUpWhatComesLate() public {
        _assess(plant, EMISSIONS);
        vm.warp(DEADLINE + 1);
        _surrender(CEA, 100);
        _surrender(credit, 30);
        _surrender(CEA, 7);
        assertEq(_obligation().late, 137);
        _checkPublic(PublicStanding.Short, EMISSIONS);
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
}
