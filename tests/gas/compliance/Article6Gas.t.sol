// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {FirstTransfer, IArticle6, ItmoPurpose} from "../../../interfaces/compliance/IArticle6.sol";
import {UnitId} from "../../../interfaces/types/Ids.sol";
import {Exit} from "../../../interfaces/units/IUnit1155.sol";
import {RetirementCase} from "../../compliance/RetirementCase.sol";

/// @dev Whole transactions, each alone: `snapshots/offsets.json` [gas]. The use is of the middle of a block, which cuts it in three.
contract Article6GasTest is RetirementCase {
    function test_gas_article6() public {
        bytes memory args = abi.encode(manager, participants, credits, issuance, registry);
        IArticle6 article6 = IArticle6(vm.deployCode("Article6.sol:Article6", args));
        credits.setController(address(article6), EXIT | 1 << (8 + uint256(Exit.SetApart)));
        article6.setFocalPoint(officer, 156);
        article6.setFocalPoint(stranger, 392);

        vm.prank(officer);
        article6.authorise(credit, 900, developer, 392, ItmoPurpose.Ndc, FirstTransfer.None, "CA0001", REF);
        vm.snapshotValue("offsets", "article6_authorise", vm.lastCallGas().gasTotalUsed);
        vm.prank(dora);
        UnitId unit = article6.setApart(1, 800);
        vm.snapshotValue("offsets", "article6_set_apart", vm.lastCallGas().gasTotalUsed);
        vm.prank(officer);
        article6.transfer(unit, 1);
        vm.snapshotValue("offsets", "article6_transfer", vm.lastCallGas().gasTotalUsed);
        vm.prank(stranger);
        article6.acquire(unit, 1);
        vm.prank(dora);
        uint256 certificate = registry.retireOutcome(unit, 600, _claim(), dora, 392);
        vm.snapshotValue("offsets", "retire_outcome", vm.lastCallGas().gasTotalUsed);
        vm.prank(stranger);
        article6.use(unit, 1, 201, 600, certificate);
        vm.snapshotValue("offsets", "article6_use", vm.lastCallGas().gasTotalUsed);
        vm.prank(officer);
        article6.recordAdjustment(unit, 201, 2021, 400);
        vm.snapshotValue("offsets", "article6_adjust", vm.lastCallGas().gasTotalUsed);
    }
}
