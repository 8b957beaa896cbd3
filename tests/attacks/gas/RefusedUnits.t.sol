// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AllocationState, IAllocation} from "../../../interfaces/compliance/IAllocation.sol";
import {ObligationState} from "../../../interfaces/compliance/ICompliance.sol";
import {PenaltyState} from "../../../interfaces/compliance/PenaltyTypes.sol";
import {InstallationId, ParticipantId, UnitId} from "../../../interfaces/types/Ids.sol";
import {ParticipantKinds} from "../../../interfaces/parties/IParticipants.sol";
import {ComplianceBase} from "../../compliance/ComplianceBase.sol";
import {RefusingWallet} from "../RefusingWallet.sol";

/// @dev An emitter refuses the units that a rule issues to it, so that its allocation is never final, its obligation never
/// assessed, its shortfall never noticed; and the batch it is in stops.
contract RefusedUnitsTest is ComplianceBase {
    uint256 internal constant MWH = 1_000_000;
    uint256 internal constant FREE = 877_000;
    uint256 internal constant EMISSIONS = 964_700;

    RefusingWallet internal wallet;
    ParticipantId internal emitter;
    InstallationId internal plant;

    function setUp() public override {
        super.setUp();
        (wallet, emitter, plant) = _refuser();
    }

    function _refuser() internal returns (RefusingWallet made, ParticipantId id, InstallationId installation) {
        made = new RefusingWallet();
        id = _join(address(made), ParticipantKinds.EMITTER);
        installation = _plant(id, CHINA, EAST, COAL);
    }

    function _assessed(RefusingWallet.Mood mood) private {
        wallet.set(mood);
        oracle.set(plant, 2020, EMISSIONS, MWH, 0);
        vm.prank(stranger);
        compliance.trueUpAndAssess{gas: 1_000_000}(CHINA, PERIOD, _one(plant));

        (AllocationState state, uint256 amount) = allocation.allocationOf(CHINA, PERIOD, plant);
        assertEq(uint256(state), uint256(AllocationState.Final));
        assertEq(amount, FREE);
        assertEq(compliance.obligationOf(plant, PERIOD).due, EMISSIONS);
        vm.warp(DEADLINE + 1);
        penalties.notify(PERIOD, _one(plant));
        assertEq(uint256(penalties.penaltyOf(plant, PERIOD).state), uint256(PenaltyState.Noticed));
    }

    function test_refusal_byRevertLeavesNoEscape() public {
        _assessed(RefusingWallet.Mood.Revert);
    }

    function test_refusal_byBurningAllGasLeavesNoEscape() public {
        _assessed(RefusingWallet.Mood.BurnGas);
    }

    function test_refusal_byAHugeAnswerLeavesNoEscape() public {
        _assessed(RefusingWallet.Mood.ReturnBomb);
    }

    function test_refusal_byAHugeReasonLeavesNoEscape() public {
        _assessed(RefusingWallet.Mood.RevertBomb);
    }

    function test_refusal_byAnotherAnswerLeavesNoEscape() public {
        _assessed(RefusingWallet.Mood.Garbage);
    }

    function test_refusal_byAShortAnswerLeavesNoEscape() public {
        _assessed(RefusingWallet.Mood.ShortAnswer);
    }

    /// @dev 200 plants, one of them a refuser's that burns its gas, in one call of what a block of Osaka allows a transaction.
    function test_refusal_doesNotStopTheBatchOf200() public {
        wallet.set(RefusingWallet.Mood.BurnGas);
        ParticipantId other = _join(makeAddr("other"), ParticipantKinds.EMITTER);
        InstallationId[] memory plants = new InstallationId[](200);
        plants[77] = plant;
        for (uint256 i = 0; i < 200; ++i) {
            if (i != 77) plants[i] = _plant(other, CHINA, EAST, COAL);
            oracle.set(plants[i], 2020, EMISSIONS, MWH, 0);
        }
        compliance.trueUpAndAssess{gas: 16_000_000}(CHINA, PERIOD, plants);
        assertEq(_balance(makeAddr("other")), 199 * FREE);
        assertEq(compliance.obligationOf(plant, PERIOD).due, EMISSIONS);
    }

    /// @dev All 200 are the refuser's.
    function test_refusal_ofTwoHundredPlantsFitsOneCall() public {
        wallet.set(RefusingWallet.Mood.BurnGas);
        InstallationId[] memory plants = new InstallationId[](200);
        plants[0] = plant;
        for (uint256 i = 0; i < 200; ++i) {
            if (i != 0) plants[i] = _plant(emitter, CHINA, EAST, COAL);
            oracle.set(plants[i], 2020, EMISSIONS, MWH, 0);
        }
        compliance.trueUpAndAssess{gas: 16_000_000}(CHINA, PERIOD, plants);
        assertEq(allowances.totalSupply(CEA), 200 * FREE);
        assertEq(_balance(address(wallet)), 0);
    }
}
