// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../../interfaces/types/Ids.sol";
import {InstallationData} from "../../../interfaces/parties/IInstallations.sol";
import {Application} from "../../../interfaces/parties/IParticipants.sol";
import {PartiesTest} from "../../parties/PartiesTest.sol";

/// @dev What a market of thousands costs to enter, as whole transactions. Figures go to `snapshots/parties.json`.
/// forge-config: default.isolate = true
contract ParticipantsGasTest is PartiesTest {
    uint256 internal constant BATCH = 200;

    function test_gas_ofEnteringTheMarket() public {
        // Only the first one approved pays for the counter's slot.
        active(PLANT_A, EMITTER);
        applied(PLANT_B, EMITTER, HUBEI);
        uint256 apply_ = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("parties", "apply", apply_);

        Application[] memory all = new Application[](BATCH);
        for (uint160 i; i < BATCH; ++i) {
            all[i] = applied(address(uint160(uint256(keccak256(abi.encode(i))))), EMITTER, HUBEI);
        }
        vm.prank(BUREAU_HUBEI);
        ParticipantId[] memory ids = parties.approve(all);
        uint256 approval = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("parties", "approve 200, each", approval / BATCH);

        InstallationData[] memory data = new InstallationData[](BATCH);
        for (uint256 i; i < BATCH; ++i) {
            data[i] = plant(ids[i]);
            data[i].detailsHash = keccak256(abi.encode(i));
        }
        vm.prank(BUREAU_HUBEI);
        plants.registerInstallations(data);
        uint256 registration = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("parties", "register 200 installations, each", registration / BATCH);

        assertLe(apply_, 51_000);
        assertLe(approval / BATCH, 56_000); // two new slots, 44,200: no number is given before
        assertLe(registration / BATCH, 37_000);
    }
}
