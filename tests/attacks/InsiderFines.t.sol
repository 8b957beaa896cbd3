// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AllocationState} from "../../interfaces/compliance/IAllocation.sol";
import {ICompliance, ObligationState} from "../../interfaces/compliance/ICompliance.sol";
import {InstallationId} from "../../interfaces/types/Ids.sol";
import {PenaltyState} from "../../interfaces/compliance/PenaltyTypes.sol";
import {ComplianceCase} from "../compliance/ComplianceCase.sol";

/// @dev A competitor pays for an operator, to end its time to appeal; and sends one row ahead of an authority's batch.
contract InsiderFinesTest is ComplianceCase {
    uint256 private constant APPEAL = 30 days;
    uint256 private constant DECIDED = DEADLINE + 1 + HEARING;

    InstallationId private second;

    function setUp() public override {
        super.setUp();
        _setParam("penalty.appeal_days", 30);
        (,, second) = _emitter("another emitter");
        currency.mint(stranger, FINE);
        vm.prank(stranger);
        currency.approve(address(compliance), FINE);
    }

    /* ONE CENT */

    function test_appeal_isNotTakenByAStrangersCent() public {
        _decided(1000);
        uint256[2] memory paid = [uint256(1), FINE];
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(ICompliance.ComplianceNotOperator.selector, stranger, plant, emitter)
            );
            vm.prank(stranger);
            penalties.payPenalty(plant, PERIOD, paid[i]);
        }
        vm.prank(wallet);
        penalties.appeal(plant, PERIOD, "grounds");
        assertTrue(_penalty().state == PenaltyState.Appealed);
    }

    /// @dev The time to appeal is over: now a parent company or a friend may pay.
    function test_appeal_doesNotStopAStrangersPaymentForEver() public {
        _decided(1000);
        vm.warp(DECIDED + APPEAL);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceNotOperator.selector, stranger, plant, emitter));
        vm.prank(stranger);
        penalties.payPenalty(plant, PERIOD, FINE);
        vm.warp(DECIDED + APPEAL + 1);
        vm.prank(stranger);
        penalties.payPenalty(plant, PERIOD, FINE);
        assertTrue(_penalty().state == PenaltyState.Paid);
    }

    /* ONE ROW AHEAD */

    function test_trueUpAndAssess_passOverWhatAStrangerSentAhead() public {
        _report(plant, EMISSIONS, MWH); // trued up
        oracle.set(second, 2020, EMISSIONS, MWH, 0);
        compliance.trueUpAndAssess(CHINA, PERIOD, _both(second, plant));
        _checkAssessed(plant);
        _checkAssessed(second);
    }

    function test_assess_passesOverWhatAStrangerSentAhead() public {
        _report(plant, EMISSIONS, MWH);
        _assess(second, EMISSIONS);
        compliance.assess(CHINA, PERIOD, _both(plant, second));
        _checkAssessed(plant);
    }

    function test_notify_passesOverWhatAStrangerSentAhead() public {
        _assess(second, EMISSIONS);
        _noticed(1000);
        penalties.notify(PERIOD, _both(second, plant));
        assertTrue(penalties.penaltyOf(second, PERIOD).state == PenaltyState.Noticed);
        vm.expectRevert(_wrongPenalty(PenaltyState.Noticed));
        penalties.notify(PERIOD, _both(second, plant));
    }

    function _checkAssessed(InstallationId id) private view {
        (AllocationState state,) = allocation.allocationOf(CHINA, PERIOD, id);
        assertTrue(state == AllocationState.Final);
        assertTrue(compliance.obligationOf(id, PERIOD).state == ObligationState.Open);
    }

    function _both(InstallationId a, InstallationId b) private pure returns (InstallationId[] memory ids) {
        ids = new InstallationId[](2);
        (ids[0], ids[1]) = (a, b);
    }
}
