// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AllocationReason} from "../../../interfaces/compliance/IAllocation.sol";
import {InstallationId, ParticipantId, UnitId} from "../../../interfaces/types/Ids.sol";
import {ParticipantKinds} from "../../../interfaces/parties/IParticipants.sol";
import {ComplianceBase} from "../../compliance/ComplianceBase.sol";

/// @dev Whole transactions, each alone: `snapshots/schemes.json` [gas]. Batches of 100 emitters with a plant each, whose
/// wallets hold nothing of the vintage before.
contract ComplianceGasTest is ComplianceBase {
    uint256 internal constant COUNT = 100;

    InstallationId[] internal ids;
    uint64[] internal mwh;
    uint64[] internal gj;
    address[] internal wallets;

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < COUNT; ++i) {
            address wallet = makeAddr(string(abi.encodePacked("emitter", bytes32(i))));
            ParticipantId operator = _join(wallet, ParticipantKinds.EMITTER);
            wallets.push(wallet);
            ids.push(_plant(operator, CHINA, EAST, uint8(i % 4 + 1)));
            mwh.push(uint64(1_000_000 + i * 7919));
            gj.push(uint64(200_000 + i * 104_729));
        }
    }

    function _perPlant(string memory name) private {
        vm.snapshotValue("schemes", name, vm.lastCallGas().gasTotalUsed / COUNT);
    }

    function _allocate() private {
        vm.prank(bureau);
        allocation.preAllocate(CHINA, PERIOD, ids, mwh, gj);
    }

    function _report(uint256 percentOfLastYear) private {
        for (uint256 i = 0; i < COUNT; ++i) {
            uint256 power = mwh[i] * percentOfLastYear / 100;
            oracle.set(ids[i], 2020, power, power, gj[i]);
        }
    }

    /// forge-config: default.isolate = true
    function test_gas_preAllocate() public {
        _allocate();
        _perPlant("allocation_per_installation_in_100");
    }

    /// forge-config: default.isolate = true
    function test_gas_allocate() public {
        vm.prank(bureau);
        allocation.allocate(CHINA, PERIOD, ids, mwh, AllocationReason.Table, keccak256("decision"));
        _perPlant("allocation_by_table_per_installation_in_100");
    }

    /// forge-config: default.isolate = true
    function test_gas_trueUp_up() public {
        _allocate();
        _report(110);
        allocation.trueUp(CHINA, PERIOD, ids);
        _perPlant("true_up_rising_per_installation_in_100");
    }

    /// forge-config: default.isolate = true
    function test_gas_trueUp_down() public {
        _allocate();
        _report(50);
        allocation.trueUp(CHINA, PERIOD, ids);
        _perPlant("true_up_falling_per_installation_in_100");
    }

    /// forge-config: default.isolate = true
    function test_gas_trueUpAndAssess() public {
        _allocate();
        _report(110);
        compliance.trueUpAndAssess(CHINA, PERIOD, ids);
        _perPlant("true_up_rising_and_assess_per_installation_in_100");
    }

    function _assess() private {
        _allocate();
        _report(110);
        allocation.trueUp(CHINA, PERIOD, ids);
        compliance.assess(CHINA, PERIOD, ids);
    }

    /// forge-config: default.isolate = true
    function test_gas_assess() public {
        _assess();
        _perPlant("assess_per_installation_in_100");
    }

    /// forge-config: default.isolate = true
    function test_gas_surrender() public {
        _assess();
        // Somebody surrendered before: the vintage's total is not a new slot.
        vm.prank(wallets[1]);
        compliance.surrender(ids[1], PERIOD, _one(CEA), _one(1000));

        vm.prank(wallets[0]);
        compliance.surrender(ids[0], PERIOD, _one(CEA), _one(700_000));
        vm.snapshotGasLastCall("schemes", "surrender");

        vm.prank(wallets[0]);
        compliance.surrender(ids[0], PERIOD, _one(CEA), _one(1000));
        vm.snapshotGasLastCall("schemes", "surrender_again");
    }

    /// forge-config: default.isolate = true
    function test_gas_surrender_allowancesAndOffsets() public {
        _assess();
        UnitId credit = _offsets(makeAddr("developer"), CHINA, 50_000);
        vm.prank(makeAddr("developer"));
        credits.safeTransferFrom(makeAddr("developer"), wallets[0], UnitId.unwrap(credit), 10_000, "");
        UnitId[] memory units = new UnitId[](2);
        uint256[] memory amounts = new uint256[](2);
        (units[0], amounts[0]) = (CEA, 700_000);
        (units[1], amounts[1]) = (credit, 10_000);
        vm.prank(wallets[0]);
        compliance.surrender(ids[0], PERIOD, units, amounts);
        vm.snapshotGasLastCall("schemes", "surrender_with_offsets");
    }

    /// forge-config: default.isolate = true
    function test_gas_notify() public {
        _assess();
        vm.warp(DEADLINE + 1);
        penalties.notify(PERIOD, ids);
        _perPlant("notice_per_installation_in_100");
    }
}
