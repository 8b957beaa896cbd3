// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAuctionShare} from "../../../interfaces/compliance/IAuctionShare.sol";
import {ParticipantKinds} from "../../../interfaces/parties/IParticipants.sol";
import {ComplianceBase} from "../../compliance/ComplianceBase.sol";

/// @dev A whole transaction, alone: `snapshots/schemes.json` [gas].
contract AuctionShareGasTest is ComplianceBase {
    /// forge-config: default.isolate = true
    function test_gas_issue() public {
        IAuctionShare share = IAuctionShare(
            vm.deployCode("AuctionShare.sol:AuctionShare", abi.encode(participants, schemes, allowances))
        );
        allowances.setController(address(share), 1);
        address seller = makeAddr("seller");
        _join(seller, ParticipantKinds.AUTHORITY);
        vm.prank(ministry);
        schemes.disclose(CHINA, 2022, 1_000_000, 300_000, 600_000);
        vm.prank(ministry);
        share.issue(CHINA, 2022, seller, 400_000);
        vm.snapshotGasLastCall("schemes", "issue_auctioned");
    }
}
