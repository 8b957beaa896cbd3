// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Correction} from "../../../interfaces/compliance/ICumulativeCompliance.sol";
import {InstallationId} from "../../../interfaces/types/Ids.sol";
import {CumulativeCase} from "../../compliance/CumulativeCase.sol";

/// @dev Whole transactions, each alone: `snapshots/schemes.json` [gas]. Batches of 100 installations.
contract CumulativeGasTest is CumulativeCase {
    uint256 internal constant COUNT = 100;

    InstallationId[] internal ids;

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < COUNT; ++i) {
            ids.push(_plant(emitter, CHINA, EAST, COAL));
            oracle.set(ids[i], 2020, 1000 + i, 1, 0);
        }
    }

    function _perPlant(string memory name) private {
        vm.snapshotValue("schemes", name, vm.lastCallGas().gasTotalUsed / COUNT);
    }

    function _coverAll() private {
        vm.prank(ministry);
        running.cover(CHINA, PERIOD, ids, true, PAPER);
    }

    /// forge-config: default.isolate = true
    function test_gas_cover() public {
        _coverAll();
        _perPlant("cover_per_installation_in_100");
    }

    /// forge-config: default.isolate = true
    function test_gas_count() public {
        _coverAll();
        running.count(CHINA, PERIOD, 2020, ids);
        _perPlant("count_per_installation_in_100");
    }

    /// forge-config: default.isolate = true
    function test_gas_correct() public {
        _coverAll();
        running.count(CHINA, PERIOD, 2020, ids);
        Correction[] memory corrections = new Correction[](COUNT);
        for (uint256 i = 0; i < COUNT; ++i) {
            corrections[i] = Correction(ids[i], 1, 0, PAPER);
        }
        vm.prank(ministry);
        running.correct(CHINA, PERIOD, corrections);
        _perPlant("correct_per_installation_in_100");
    }

    /// forge-config: default.isolate = true
    function test_gas_judge() public {
        _coverAll();
        _after(PERIOD);
        running.judge(CHINA, PERIOD, ids);
        _perPlant("judge_per_installation_in_100");
    }

    /// @dev Each verdict also keeps and tells a shortfall.
    /// forge-config: default.isolate = true
    function test_gas_judgeShort() public {
        _coverAll();
        running.count(CHINA, PERIOD, 2020, ids);
        _after(PERIOD);
        running.judge(CHINA, PERIOD, ids);
        _perPlant("judge_short_per_installation_in_100");
    }

    /// forge-config: default.isolate = true
    function test_gas_surrender() public {
        _cover(PERIOD, true);
        _give(PERIOD, CEA, 1); // the vintage's total is not a new slot
        _give(PERIOD, CEA, 30);
        vm.snapshotGasLastCall("schemes", "surrender_to_running_totals");
    }
}
