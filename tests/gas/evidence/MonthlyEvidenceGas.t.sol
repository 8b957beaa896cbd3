// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IMonthlyEvidence, MonthItem} from "../../../interfaces/evidence/IMonthlyEvidence.sol";
import {EvidenceBase} from "../../evidence/EvidenceBase.sol";

/// @dev Gas of a whole transaction: run with `--isolate`.
contract MonthlyEvidenceGasTest is EvidenceBase {
    /// @dev Twelve months of a plant in one call, each for the first time: two new slots and an event a month.
    function test_gas_twelveMonths() public {
        IMonthlyEvidence months =
            IMonthlyEvidence(vm.deployCode("MonthlyEvidence.sol:MonthlyEvidence", abi.encode(participants)));
        MonthItem[] memory items = new MonthItem[](12);
        for (uint8 i; i < 12; ++i) {
            items[i] = MonthItem(plant, YEAR, i + 1, keccak256(abi.encode("package", i)));
        }
        vm.prank(emitterWallet);
        months.record(items);
        uint256 used = vm.lastCallGas().gasTotalUsed;

        vm.snapshotValue("oracle", "months_12", used);
        vm.snapshotValue("oracle", "months_12_per_month", (used + 11) / 12);
        assertLe((used + 11) / 12, 55_000);
    }
}
