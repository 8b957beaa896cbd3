// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    BoundaryApproach,
    Inventory,
    InventoryAssurance,
    PlantShare
} from "../../../interfaces/compliance/IInventories.sol";
import {InstallationId} from "../../../interfaces/types/Ids.sol";
import {InventoryCase} from "../../compliance/InventoryCase.sol";

/// @dev Whole transactions, each alone: `snapshots/inventories.json` [gas]. Batches of 100 plants and certificates.
contract InventoryGasTest is InventoryCase {
    uint256 internal constant COUNT = 100;

    PlantShare[] internal plants;

    function setUp() public override {
        super.setUp();
        for (uint256 n = 0; n < COUNT; ++n) {
            InstallationId installation = _installation(emitter, COAL, CAPACITY_KW);
            _determine(installation, 1000);
            plants.push(PlantShare(installation, WHOLE));
            certificates.set(n + 1, _certificate(CREDIT, 1));
        }
    }

    /// forge-config: default.isolate = true
    function test_gas_submit() public {
        _submit(_inventory());
        vm.snapshotGasLastCall("inventories", "submit_of_one_plant");
        _submit(_restated(_inventory()));
        vm.snapshotGasLastCall("inventories", "restate_of_one_plant");
    }

    /// forge-config: default.isolate = true
    function test_gas_submitManyPlants() public {
        Inventory memory i = _inventory();
        (i.scope1PlantsKg, i.plantsHash) = (uint64(COUNT) * 1_000_000, keccak256(abi.encode(plants)));
        _submit(i, plants);
        _perItem("submit_per_plant_in_100");
    }

    /// forge-config: default.isolate = true
    function test_gas_claim() public {
        uint256[] memory numbers = new uint256[](COUNT);
        for (uint256 n = 0; n < COUNT; ++n) {
            numbers[n] = n + 1;
        }
        vm.prank(emitterWallet);
        inventories.claim(YEAR, numbers);
        _perItem("claim_per_certificate_in_100");
    }

    /// forge-config: default.isolate = true
    function test_gas_consent() public {
        _consent(WHOLE, BoundaryApproach.EquityShare);
        vm.snapshotGasLastCall("inventories", "consent");
    }

    /// forge-config: default.isolate = true
    function test_gas_assure() public {
        Inventory memory i = _inventory();
        _submit(i);
        _assure(_assurance(i));
        vm.snapshotGasLastCall("inventories", "assure");
    }

    function _perItem(string memory name) private {
        vm.snapshotValue("inventories", name, vm.lastCallGas().gasTotalUsed / COUNT);
    }
}
