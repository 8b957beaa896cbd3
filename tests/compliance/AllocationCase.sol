// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AllocationState} from "../../interfaces/compliance/IAllocation.sol";
import {InstallationId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {ComplianceBase} from "./ComplianceBase.sol";

/// @dev A plant that gets allowances, and short forms.
abstract contract AllocationCase is ComplianceBase {
    /// @dev 1,000,000 MWh × 0.877 + 100,000 GJ × 0.126, of which 70 %.
    uint256 internal constant MWH = 1_000_000;
    uint256 internal constant GJ = 100_000;
    uint256 internal constant PRE = 613_900 + 8820;
    uint256 internal constant FULL = 877_000 + 12_600;

    address internal wallet;
    ParticipantId internal emitter;
    InstallationId internal plant;

    function setUp() public virtual override {
        super.setUp();
        (wallet, emitter, plant) = _emitter("emitter");
    }

    function _amountOf(InstallationId id) internal view returns (uint256 amount) {
        (, amount) = allocation.allocationOf(CHINA, PERIOD, id);
    }

    function _stateOf(InstallationId id) internal view returns (AllocationState state) {
        (state,) = allocation.allocationOf(CHINA, PERIOD, id);
    }

    /// @dev Final report of 2020 with a given output; true-up by a stranger.
    function _trueUp(InstallationId id, uint256 powerMwh, uint256 heatGj) internal {
        oracle.set(id, 2020, 1, powerMwh, heatGj);
        vm.prank(stranger);
        allocation.trueUp(CHINA, PERIOD, _one(id));
    }

    function _owe(InstallationId id, uint256 amount) internal {
        vm.prank(address(compliance));
        allocation.addDebt(id, amount, bytes32("ref"));
    }
}
