// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {FirstTransfer, IArticle6, ItmoPurpose} from "../../interfaces/compliance/IArticle6.sol";
import {RetirementCase} from "./RetirementCase.sol";

/// @dev Whole transactions, each alone: `snapshots/offsets.json` [gas]. Acts on the middle of a block, which cut it in three.
contract Article6GasTest is RetirementCase {
    function test_gas_article6() public {
        IArticle6 article6 = IArticle6(vm.deployCode("Article6.sol:Article6", abi.encode(manager, credits, registry)));
        article6.setFocalPoint(officer, 156);
        article6.setFocalPoint(stranger, 392);

        vm.prank(officer);
        article6.authorise(credit, 1, 900, ItmoPurpose.Ndc, FirstTransfer.None, "CA0001", REF, 0);
        vm.snapshotValue("offsets", "article6_authorise", vm.lastCallGas().gasTotalUsed);
        vm.prank(officer);
        article6.transfer(credit, 1, 101, 800, 392);
        vm.snapshotValue("offsets", "article6_transfer", vm.lastCallGas().gasTotalUsed);
        vm.prank(stranger);
        article6.acquire(credit, 101, 101, 800);
        vm.prank(dora);
        uint256 certificate = registry.retire(credit, 600, _claim());
        vm.prank(stranger);
        article6.use(credit, 101, 201, 600, certificate);
        vm.snapshotValue("offsets", "article6_use", vm.lastCallGas().gasTotalUsed);
        vm.prank(officer);
        article6.recordAdjustment(credit, 201, 2021, 400);
        vm.snapshotValue("offsets", "article6_adjust", vm.lastCallGas().gasTotalUsed);
    }
}
