// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ForwardTerms, IForwardPurchases} from "../../../interfaces/market/IForwardPurchases.sol";
import {UnitId} from "../../../interfaces/types/Ids.sol";
import {ProjectId} from "../../../interfaces/evidence/IProjects.sol";
import {ISettlementCurrency} from "../../../interfaces/market/ISettlementCurrency.sol";
import {UnitsBase} from "../../units/UnitsBase.sol";

/// @dev Whole transactions, each alone: `snapshots/offsets.json` [gas].
contract ForwardGasTest is UnitsBase {
    function test_gas_forward() public {
        IForwardPurchases forwards = IForwardPurchases(
            vm.deployCode("ForwardPurchases.sol:ForwardPurchases", abi.encode(participants, credits))
        );
        ISettlementCurrency currency = ISettlementCurrency(
            vm.deployCode("SettlementCurrency.sol:SettlementCurrency", abi.encode(manager, "Renminbi", "CNY"))
        );
        credits.setController(address(forwards), EXIT | 1 << 8);
        currency.mint(alice, 1_000_000);
        currency.mint(dora, 1_000_000);
        vm.prank(alice);
        currency.approve(address(forwards), 1_000_000);
        vm.startPrank(dora);
        currency.approve(address(forwards), 1_000_000);
        credits.setApprovalForAll(address(forwards), true);
        vm.stopPrank();
        UnitId unit = _batch(1, 1_000);

        ForwardTerms memory terms = ForwardTerms({
            seller: developer,
            project: ProjectId.wrap(1),
            vintage: VINTAGE,
            amount: 1_000,
            price: 500,
            bond: 100,
            deadline: uint40(block.timestamp + 1),
            currency: address(currency)
        });
        vm.prank(alice);
        uint256 id = forwards.offer(terms);
        vm.snapshotValue("offsets", "forward_offer", vm.lastCallGas().gasTotalUsed);
        vm.prank(dora);
        forwards.accept(id);
        vm.snapshotValue("offsets", "forward_accept", vm.lastCallGas().gasTotalUsed);
        vm.prank(dora);
        forwards.deliver(id, unit, 100);
        vm.prank(dora);
        forwards.deliver(id, unit, 100);
        vm.snapshotValue("offsets", "forward_deliver", vm.lastCallGas().gasTotalUsed);
    }
}
