// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICompliance, Obligation, ObligationState, PublicStanding} from "../../interfaces/compliance/ICompliance.sol";
import {Penalty, PenaltyState} from "../../interfaces/compliance/PenaltyTypes.sol";
import {InstallationId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IPenalties} from "../../interfaces/compliance/IPenalties.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {ComplianceBase} from "./ComplianceBase.sol";

/// @dev A plant with its free allocation and more, and short forms of what happens to it.
abstract contract ComplianceCase is ComplianceBase {
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

    function setUp() public virtual override {
        super.setUp();
        (wallet, emitter, plant) = _emitter("emitter");
        credit = _offsets(developer, CHINA, 1_000_000);
        vm.prank(developer);
        credits.safeTransferFrom(developer, wallet, UnitId.unwrap(credit), 200_000, "");
        allowances.issue(wallet, CEA, 500_000, 0); // bought, besides the free allocation
    }

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
        return penalties.penaltyOf(plant, PERIOD);
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
        penalties.notify(PERIOD, _one(plant));
    }

    function _decided(uint256 short) internal {
        _noticed(short);
        vm.warp(DEADLINE + 1 + HEARING);
        vm.prank(bureau);
        penalties.decide(plant, PERIOD, FINE, 0, bytes32("reason"));
    }

    function _wrongState(ObligationState state) internal view returns (bytes memory) {
        return abi.encodeWithSelector(ICompliance.ComplianceWrongState.selector, plant, PERIOD, state);
    }

    function _wrongPenalty(PenaltyState state) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IPenalties.CompliancePenaltyState.selector, plant, PERIOD, state);
    }

    function _noPower(address officer) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, officer, CHINA, EAST, Powers.PENALISE);
    }
}
