// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ILinks} from "../../../interfaces/compliance/ILinks.sol";
import {UnitId} from "../../../interfaces/types/Ids.sol";
import {ComplianceCase} from "../../compliance/ComplianceCase.sol";

/// @dev A whole transaction, alone: `snapshots/schemes.json` [gas].
contract LinksGasTest is ComplianceCase {
    UnitId internal constant FOREIGN = UnitId.wrap(uint256(1) << 96 | uint256(2) << 80 | uint256(2020) << 64);

    /// forge-config: default.isolate = true
    function test_gas_recognise() public {
        ILinks links = ILinks(
            vm.deployCode("Links.sol:Links", abi.encode(installations, schemes, allowances, address(compliance)))
        );
        allowances.setController(address(links), 1 | 2 | 1 << 8 + 1);
        _setParam("link.scheme", 2);
        _setParam("link.limit_ppm", 100_000);
        vm.prank(ministry);
        schemes.disclose(OTHER, 2020, FREE_SHARE, FREE_SHARE, 0);
        allowances.issue(wallet, FOREIGN, 200_000, 0);
        _assess(plant, EMISSIONS);
        vm.prank(wallet);
        links.recognise(plant, PERIOD, _one(FOREIGN), _one(1000));
        vm.snapshotGasLastCall("schemes", "recognise");
    }
}
