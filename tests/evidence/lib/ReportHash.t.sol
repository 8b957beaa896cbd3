// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Test} from "forge-std/Test.sol";
import {ReportHash} from "../../../contracts/evidence/lib/ReportHash.sol";
import {ParticipantId} from "../../../interfaces/types/Ids.sol";
import {ReportBatch} from "../../../interfaces/evidence/IEmissionsOracle.sol";
import {OpinionWord, ReportWord} from "../../../interfaces/types/ReportTypes.sol";

/// @dev The contracts' hashes against vectors that eth-account made (tests/tonne/crypto/test_eip712.py).
contract ReportHashTest is Test {
    string private _json;

    function setUp() public {
        _json = vm.readFile("tests/vectors/eip712.json");
    }

    function test_hashReport_isTheGoldenOne() public view {
        ReportWord word = ReportWord.wrap(_uint(".EmissionReport.word"));
        uint256 buffer = ReportHash.reportBuffer(_bytes32(".EmissionReport.message.configDigest"));
        bytes32 hash = ReportHash.hashReport(
            buffer,
            word,
            _bytes32(".EmissionReport.message.linesRoot"),
            _bytes32(".EmissionReport.message.evidenceRoot")
        );
        _isGolden(".EmissionReport", hash, ReportHash.REPORT_TYPEHASH);
    }

    function test_hashOpinion_isTheGoldenOne() public view {
        uint256 buffer = ReportHash.opinionBuffer(
            _bytes32(".VerificationOpinion.message.configDigest"),
            _bytes32(".EmissionReport.structHash"),
            ReportWord.wrap(_uint(".EmissionReport.word")),
            OpinionWord.wrap(_uint(".VerificationOpinion.word"))
        );
        bytes32 hash =
            ReportHash.hashOpinion(buffer, ParticipantId.wrap(uint24(_uint(".VerificationOpinion.message.body"))));
        _isGolden(".VerificationOpinion", hash, ReportHash.OPINION_TYPEHASH);
    }

    function test_hashBatch_isTheGoldenOne() public view {
        ReportBatch memory b = ReportBatch({
            root: _bytes32(".ReportBatch.message.root"),
            count: uint32(_uint(".ReportBatch.message.count")),
            totalEmissionsT: uint64(_uint(".ReportBatch.message.totalEmissionsT")),
            totalPowerMwh: uint64(_uint(".ReportBatch.message.totalPowerMwh")),
            totalHeatGj: uint64(_uint(".ReportBatch.message.totalHeatGj")),
            body: ParticipantId.wrap(uint24(_uint(".ReportBatch.message.body"))),
            assurance: uint8(_uint(".ReportBatch.message.assurance")),
            materialityPpm: uint32(_uint(".ReportBatch.message.materialityPpm")),
            sequence: uint64(_uint(".ReportBatch.message.sequence")),
            signedAt: uint64(_uint(".ReportBatch.message.signedAt"))
        });
        bytes32 hash = this.hashBatch(b, _bytes32(".ReportBatch.message.configDigest"));
        _isGolden(".ReportBatch", hash, ReportHash.BATCH_TYPEHASH);
    }

    function hashBatch(ReportBatch calldata b, bytes32 digest) external pure returns (bytes32) {
        return ReportHash.hashBatch(b, digest);
    }

    function _isGolden(string memory key, bytes32 hash, bytes32 typeHash) private view {
        assertEq(typeHash, keccak256(bytes(vm.parseJsonString(_json, string.concat(key, ".type")))));
        assertEq(hash, _bytes32(string.concat(key, ".structHash")));
        bytes32 digest = MessageHashUtils.toTypedDataHash(_bytes32(string.concat(key, ".separator")), hash);
        assertEq(digest, _bytes32(string.concat(key, ".digest")));
    }

    function _uint(string memory key) private view returns (uint256) {
        return vm.parseJsonUint(_json, key);
    }

    function _bytes32(string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(_json, key);
    }
}
