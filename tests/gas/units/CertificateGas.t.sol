// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {UnitId} from "../../../interfaces/types/Ids.sol";
import {MeteredLeaf} from "../../../interfaces/units/IEnergyCertificates.sol";
import {Exit} from "../../../interfaces/units/IUnit1155.sol";
import {CertificateBase} from "../../units/CertificateBase.sol";

/// @dev Whole transactions, each alone: `snapshots/energy.json` [gas]. The meter is alone at its node, so that its leaves
/// need no path; each level of a path adds some 1,200 gas a leaf. The owner holds none of the hours yet.
/// forge-config: default.isolate = true
contract CertificateGasTest is CertificateBase {
    function setUp() public override {
        super.setUp();
        _found();
        _certified(HOUR, 1, 4_000);
    }

    function test_gas_certificates() public {
        MeteredLeaf[] memory hour = _measured(HOUR + 24 hours, 1, 4_000);
        MeteredLeaf[] memory day = _measured(HOUR + 48 hours, 24, 4_000);
        _pass();
        certificates.certify(farm, HOUR + 24 hours, 1, hour, HOUR);
        vm.snapshotValue("energy", "certificate_hour", vm.lastCallGas().gasTotalUsed);
        certificates.certify(farm, HOUR + 48 hours, 24, day, uint64(HOUR + 24 hours));
        vm.snapshotValue("energy", "certificate_24_hours", vm.lastCallGas().gasTotalUsed);

        UnitId id = certificates.idOf(farm, HOUR);
        vm.startPrank(dora);
        certificates.safeTransferFrom(dora, alice, UnitId.unwrap(id), 10, "");
        certificates.safeTransferFrom(dora, alice, UnitId.unwrap(id), 10, "");
        vm.snapshotValue("energy", "certificate_transfer", vm.lastCallGas().gasTotalUsed);
        vm.stopPrank();
        vm.prank(controller);
        certificates.exit(alice, id, 10, Exit.Retired, REF);
        vm.snapshotValue("energy", "certificate_claim", vm.lastCallGas().gasTotalUsed);
    }
}
