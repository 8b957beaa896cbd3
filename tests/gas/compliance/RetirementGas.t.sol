// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Claim} from "../../../interfaces/compliance/IRetirementRegistry.sol";
import {PurchaseCase} from "../../compliance/PurchaseCase.sol";
import {RetirementCase} from "../../compliance/RetirementCase.sol";

/// @dev Whole transactions, each alone: `snapshots/offsets.json` [gas].
contract RetirementGasTest is RetirementCase {
    /// @dev Whole transaction: a holder's first certificate, a name and a purpose of usual length.
    function test_gas_retireWithCertificate() public {
        Claim memory claim = _claim();
        vm.prank(dora);
        registry.retireFor(credit, 10, claim, bob);
        vm.prank(dora);
        registry.retireFor(credit, 10, claim, stranger);
        uint256 used = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("offsets", "retire_with_certificate", used);
        assertLe(used, 190_000);
    }
}

/// @dev Bought from a book of two orders and retired at once.
contract PurchaseGasTest is PurchaseCase {
    function test_gas_retireOnPurchase() public {
        _buy(alice, _purchase(100, 10), bob);
        _buy(alice, _purchase(100, 10), stranger);
        vm.snapshotValue("offsets", "retire_on_purchase", vm.lastCallGas().gasTotalUsed);
    }
}
