// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IAuditCheckpoints, SignedCheckpoint} from "../../interfaces/evidence/IAuditCheckpoints.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IWalletSource} from "../../interfaces/parties/IWalletSource.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {Signatures} from "../lib/Signatures.sol";

/// @title AuditCheckpoints
contract AuditCheckpoints is IAuditCheckpoints, EIP712 {
    bytes32 private constant CHECKPOINT_TYPEHASH =
        keccak256("AuditCheckpoint(uint64 block,bytes32 blockHash,bytes32 history,bytes32 state)");
    uint8 private constant ACTIVE = 2;

    IWalletSource public immutable PARTICIPANTS;

    mapping(ParticipantId auditor => mapping(uint64 number => bytes32 digest)) private _digests;
    mapping(uint64 number => ParticipantId auditor) private _first;

    constructor(IWalletSource participants) EIP712("tonne AuditCheckpoints", "1") {
        PARTICIPANTS = participants;
    }

    /// @inheritdoc IAuditCheckpoints
    function keep(SignedCheckpoint calldata told) external {
        _keep(told, Signatures.none());
    }

    /// @inheritdoc IAuditCheckpoints
    function keepWithContractSignatures(SignedCheckpoint calldata told, bytes[] calldata contractSignatures) external {
        _keep(told, contractSignatures);
    }

    function _keep(SignedCheckpoint calldata told, bytes[] calldata contractSignatures) private {
        bytes32 ownHash = blockhash(told.number);
        if (ownHash == 0 || ownHash != told.blockHash) {
            revert CheckpointsOtherBlock(told.number, told.blockHash, ownHash);
        }
        address signer = Signatures.signerOf(_signedHash(told), told.r, told.vs, contractSignatures);
        ParticipantId auditor = _auditor(signer);
        if (_digests[auditor][told.number] != 0) revert CheckpointsTwice(auditor, told.number);

        bytes32 digest = keccak256(abi.encode(told.blockHash, told.history, told.state));
        _digests[auditor][told.number] = digest;
        emit CheckpointKept(auditor, told.number, told.blockHash, told.history, told.state, signer);
        _compare(auditor, told.number, digest);
    }

    /// @inheritdoc IAuditCheckpoints
    function digestOf(ParticipantId auditor, uint64 number) external view returns (bytes32) {
        return _digests[auditor][number];
    }

    /// @inheritdoc IAuditCheckpoints
    function firstOf(uint64 number) external view returns (ParticipantId) {
        return _first[number];
    }

    function _compare(ParticipantId auditor, uint64 number, bytes32 digest) private {
        ParticipantId first = _first[number];
        if (ParticipantId.unwrap(first) == 0) {
            _first[number] = auditor;
        } else if (_digests[first][number] != digest) {
            emit CheckpointsDiffer(auditor, number, first);
        }
    }

    function _auditor(address signer) private view returns (ParticipantId auditor) {
        uint8 rights;
        uint8 status;
        (auditor, rights, status) = PARTICIPANTS.walletOf(signer);
        if (status != ACTIVE || rights & WalletRights.REPORT == 0) {
            revert CheckpointsNotAuditor(signer, rights, status);
        }
    }

    function _signedHash(SignedCheckpoint calldata told) private view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(abi.encode(CHECKPOINT_TYPEHASH, told.number, told.blockHash, told.history, told.state))
        );
    }
}
