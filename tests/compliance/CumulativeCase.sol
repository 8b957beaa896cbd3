// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Correction, RunningAccount, Verdict} from "../../interfaces/compliance/ICumulativeCompliance.sol";
import {InstallationId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {ComplianceBase} from "./ComplianceBase.sol";

/// @dev A phase from 2020 with two periods of a year, and a plant whose operator holds 10,000 t of each vintage.
abstract contract CumulativeCase is ComplianceBase {
    bytes32 internal constant PAPER = keccak256("decision");
    address internal wallet;
    ParticipantId internal emitter;
    InstallationId internal plant;

    function setUp() public virtual override {
        super.setUp();
        allowances.setController(address(running), 2);
        _setParam("obligation.cumulative_from", 2020);
        (wallet, emitter, plant) = _emitter("emitter");
        allowances.issue(wallet, CEA, 10_000, 0);
        allowances.issue(wallet, CEA_2021, 10_000, 0);
    }

    function _cover(uint16 periodId, bool covered) internal {
        vm.prank(ministry);
        running.cover(CHINA, periodId, _one(plant), covered, PAPER);
    }

    function _count(uint16 periodId, uint16 year, uint256 emissionsT) internal {
        oracle.set(plant, year, emissionsT, 1, 0);
        running.count(CHINA, periodId, year, _one(plant));
    }

    function _correct(uint16 periodId, int56 verifiedT, int56 surrenderedT) internal {
        Correction[] memory corrections = new Correction[](1);
        corrections[0] = Correction(plant, verifiedT, surrenderedT, PAPER);
        vm.prank(ministry);
        running.correct(CHINA, periodId, corrections);
    }

    function _give(uint16 periodId, UnitId id, uint256 amount) internal {
        vm.prank(wallet);
        running.surrender(plant, periodId, _one(id), _one(amount));
    }

    /// @dev The day after a period's deadline.
    function _after(uint16 periodId) internal {
        vm.warp(uint256(schemes.period(CHINA, periodId).surrenderDeadline) + 1);
    }

    function _judge(uint16 periodId) internal returns (Verdict) {
        running.judge(CHINA, periodId, _one(plant));
        return running.verdictOf(plant, periodId);
    }

    function _account() internal view returns (RunningAccount memory) {
        return running.accountOf(plant, PERIOD);
    }
}
