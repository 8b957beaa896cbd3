// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICreditBills, Tariff} from "../../../interfaces/power/ICreditBills.sol";
import {ICreditPledges} from "../../../interfaces/power/ICreditPledges.sol";
import {CreditUses} from "../../../interfaces/units/IEnergyCredits.sol";
import {UnitId} from "../../../interfaces/types/Ids.sol";
import {EnergyBase} from "../../units/EnergyBase.sol";

/// @dev Whole transactions, each alone, all parties already holding some: `snapshots/energy.json` [gas].
/// forge-config: default.isolate = true
contract EnergyGasTest is EnergyBase {
    function setUp() public override {
        super.setUp();
        _found();
        _grantTo(alice, 1_000_000);
        _grantTo(bob, 1_000_000);
    }

    function test_gas_credits() public {
        _grantTo(alice, 1_000_000);
        vm.snapshotValue("energy", "credit_issue", vm.lastCallGas().gasTotalUsed);
        vm.prank(alice);
        energy.safeTransferFrom(alice, bob, UnitId.unwrap(series), 1_000, "");
        vm.snapshotValue("energy", "credit_transfer", vm.lastCallGas().gasTotalUsed);
    }

    function test_gas_bill() public {
        ICreditBills bills =
            ICreditBills(vm.deployCode("CreditBills.sol:CreditBills", abi.encode(participants, schemes, energy)));
        energy.setController(address(bills), HOLD | uint256(CreditUses.BILLS) << 32);
        address[4] memory companies = [makeAddr("plant"), makeAddr("grid"), makeAddr("network"), makeAddr("shop")];
        Tariff memory terms;
        terms.generator = _register(companies[0]);
        terms.transmitter = _register(companies[1]);
        terms.distributor = _register(companies[2]);
        terms.seller = _register(companies[3]);
        (terms.generationPpm, terms.transmissionPpm, terms.distributionPpm, terms.salePpm) =
        (600_000, 100_000, 200_000, 100_000);
        (terms.remainderTo, terms.scheme) = (terms.distributor, SCHEME);
        vm.prank(province);
        uint32 tariff = bills.publishTariff(terms, JURISDICTION);
        vm.prank(alice);
        energy.setApprovalForAll(address(bills), true);
        vm.prank(alice);
        bills.payBill(tariff, series, 100_000, REF, 0);
        vm.prank(alice);
        bills.payBill(tariff, series, 100_000, "a second bill", 0);
        vm.snapshotValue("energy", "bill_split_4", vm.lastCallGas().gasTotalUsed);
    }

    function test_gas_pledge() public {
        ICreditPledges pledges =
            ICreditPledges(vm.deployCode("CreditPledges.sol:CreditPledges", abi.encode(participants, schemes, energy)));
        energy.setController(address(pledges), HOLD | uint256(CreditUses.TRANSFER) << 32);
        vm.prank(alice);
        energy.setApprovalForAll(address(pledges), true);
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(alice);
            pledges.pledge(series, beta, 100_000, REF);
        }
        vm.snapshotValue("energy", "credit_pledge", vm.lastCallGas().gasTotalUsed);
        vm.prank(alice);
        pledges.agree(1, 50_000, false);
        vm.prank(bob);
        pledges.agree(1, 50_000, false);
        vm.snapshotValue("energy", "credit_release", vm.lastCallGas().gasTotalUsed);
    }
}
