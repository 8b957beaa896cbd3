// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAuditCheckpoints, SignedCheckpoint} from "../../../interfaces/evidence/IAuditCheckpoints.sol";
import {IEvidenceCustody} from "../../../interfaces/evidence/IEvidenceCustody.sol";
import {IProfiles, ProfileKind} from "../../../interfaces/parties/IProfiles.sol";
import {ParticipantId, UnitId} from "../../../interfaces/types/Ids.sol";
import {ILabels, Label, LabelKind} from "../../../interfaces/units/ILabels.sol";
import {AttackCase} from "../../attacks/AttackCase.sol";

/// @dev What records beside units and reports cost, as whole transactions. Figures go to `snapshots/records.json`.
/// forge-config: default.isolate = true
contract RecordsGasTest is AttackCase {
    bytes32 private constant FILES = keccak256("files");

    function _snapshot(string memory key) private {
        vm.snapshotValue("records", key, vm.lastCallGas().gasTotalUsed);
    }

    function test_gas_ofLabels() public {
        ILabels labels = ILabels(_new("Labels", abi.encode(manager, credits)));
        labels.setProgramme(1, authority, LabelKind.Qualification, "CORSIA first phase");
        UnitId[] memory units = new UnitId[](1);
        units[0] = credit;
        uint32 today = uint32(block.timestamp / 1 days);
        vm.startPrank(authority);
        labels.grant(1, units, Label(today, today + 100, WHY), "2024 to 2026");
        _snapshot("label_grant");
        labels.end(1, units, today + 50, WHY);
        _snapshot("label_end");
        vm.stopPrank();
    }

    function test_gas_ofProfiles() public {
        IProfiles profiles = IProfiles(_new("Profiles", abi.encode(participants)));
        bytes32 own = bytes32(uint256(ParticipantId.unwrap(developer)));
        vm.startPrank(dora);
        profiles.publish(ProfileKind.Participant, own, keccak256("a document"));
        _snapshot("profile_publish");
        profiles.publish(ProfileKind.Participant, own, keccak256("another document"));
        _snapshot("profile_replace");
        profiles.withdraw(ProfileKind.Participant, own, developer, WHY);
        _snapshot("profile_withdraw");
        vm.stopPrank();
    }

    function test_gas_ofCustody() public {
        IEvidenceCustody custody = IEvidenceCustody(_new("EvidenceCustody", abi.encode(participants)));
        vm.prank(dora);
        custody.keep(FILES, uint40(block.timestamp + 800 days));
        _snapshot("custody_keep_first");
        vm.prank(emitterWallet);
        custody.keep(FILES, uint40(block.timestamp + 800 days));
        _snapshot("custody_keep_second");
        vm.prank(bodyWallets[0]);
        custody.request(FILES, developer);
        _snapshot("custody_request");
        vm.prank(dora);
        custody.confirm(FILES);
        _snapshot("custody_confirm");
        vm.prank(dora);
        custody.giveUp(FILES, WHY);
        _snapshot("custody_give_up");
    }

    function test_gas_ofCheckpoints() public {
        IAuditCheckpoints checkpoints = IAuditCheckpoints(_new("AuditCheckpoints", abi.encode(participants)));
        vm.roll(1_000);
        checkpoints.keep(_signed(checkpoints, doraKey));
        _snapshot("checkpoint_keep_first");
        checkpoints.keep(_signed(checkpoints, emitterKey));
        _snapshot("checkpoint_keep_second");
    }

    function _signed(IAuditCheckpoints where, uint256 key) private view returns (SignedCheckpoint memory told) {
        told = SignedCheckpoint(990, blockhash(990), WHY, WHY, 0, 0);
        bytes32 hash = keccak256(
            abi.encode(
                keccak256("AuditCheckpoint(uint64 block,bytes32 blockHash,bytes32 history,bytes32 state)"),
                told.number,
                told.blockHash,
                told.history,
                told.state
            )
        );
        bytes32 separator = _domain("tonne AuditCheckpoints", address(where));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", separator, hash)));
        (told.r, told.vs) = (r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }
}
