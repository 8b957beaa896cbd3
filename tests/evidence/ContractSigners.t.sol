// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Vm} from "forge-std/Vm.sol";

import {Signatures} from "../../contracts/lib/Signatures.sol";
import {SignerSet} from "../../contracts/lib/SignerSet.sol";
import {BatchItem, IEmissionsReports, ReportBatch} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {Signer} from "../../interfaces/evidence/IEmissionsConfig.sol";
import {ParticipantKinds, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IContractSigned} from "../../interfaces/types/IContractSigned.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {OpinionWord} from "../../interfaces/types/ReportTypes.sol";
import {EvidenceBase} from "./EvidenceBase.sol";
import {OwnedWallet} from "./WalletDoubles.sol";

/// @dev Operators and accredited persons whose wallet is a contract (ERC-1271).
contract ContractSignersTest is EvidenceBase {
    /// @dev Most that the answers of three contracts may add to a report.
    uint256 private constant SPARE = 3 * Signatures.CONTRACT_GAS + 200_000;

    OwnedWallet private operator;
    OwnedWallet private lead;
    OwnedWallet private reviewer;

    function setUp() public override {
        super.setUp();
        operator = new OwnedWallet(vm.addr(emitterKey));
        vm.prank(emitterWallet);
        participants.addWallet(address(operator), WalletRights.REPORT);
        operator.act(address(participants), abi.encodeCall(participants.confirmWallet, (emitter)));
        lead = new OwnedWallet(vm.addr(keys[0]));
        reviewer = new OwnedWallet(vm.addr(keys[1]));
        _replace(vm.addr(keys[0]), address(lead));
        _replace(vm.addr(keys[1]), address(reviewer));
        digest = _configure();
    }

    /// @dev A person of the signer set is a contract from now on.
    function _replace(address key, address wallet) private {
        signers[_placeOf(key)].key = wallet;
        for (uint256 i; i < signers.length; ++i) {
            for (uint256 j = i + 1; j < signers.length; ++j) {
                if (signers[i].key < signers[j].key) continue;
                Signer memory higher = signers[i];
                signers[i] = signers[j];
                signers[j] = higher;
            }
        }
        for (uint256 i; i < 6; ++i) {
            address own = i == 0 ? address(lead) : i == 1 ? address(reviewer) : vm.addr(keys[i]);
            for (uint256 j; j < signers.length; ++j) {
                if (signers[j].key == own) place[i] = uint8(j);
            }
        }
    }

    // A submission

    struct Sent {
        Report report;
        OpinionWord opinion;
        bytes32[] words;
        bytes[] contracts;
    }

    /// @dev All three sign by their contracts.
    function _sent() private view returns (Sent memory s) {
        s.report = _report();
        s.opinion = _word(_terms(), 1);
        s.words = new bytes32[](6);
        s.contracts = new bytes[](3);
        bytes32 opinion = _hash(_terms(), bodies[0], s.report);
        _byContract(s, 0, address(operator), emitterKey, _hash(s.report));
        _byContract(s, 1, address(lead), keys[0], opinion);
        _byContract(s, 2, address(reviewer), keys[1], opinion);
    }

    function _byContract(Sent memory s, uint256 i, address wallet, uint256 key, bytes32 hash) private view {
        (s.words[2 * i], s.words[2 * i + 1]) = _named(wallet, i);
        s.contracts[i] = _long(key, hash);
    }

    function _named(address wallet, uint256 index) private pure returns (bytes32 r, bytes32 vs) {
        return (bytes32(uint256(uint160(wallet))), bytes32(~index));
    }

    function _digestOf(bytes32 hash) private view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(domain, hash);
    }

    function _long(uint256 key, bytes32 hash) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _digestOf(hash));
        return abi.encodePacked(r, s, v);
    }

    function _send(Sent memory s) private {
        oracle.submitWithContractSignatures(
            CHINA, _word(s.report), s.report.linesRoot, s.report.evidenceRoot, s.opinion, s.words, s.contracts
        );
    }

    function _refuses(Sent memory s, bytes memory reason) private {
        vm.expectRevert(reason);
        _send(s);
        assertEq(uint256(_record(s.report).recordStatus()), 0);
    }

    function _refusedBy(address wallet, bytes32 hash) private view returns (bytes memory) {
        return abi.encodeWithSelector(Signatures.SignaturesRefused.selector, wallet, _digestOf(hash));
    }

    // Signing

    function test_submit_takesContractsAsOperatorAndPersons_andSaysSo() public {
        Sent memory s = _sent();
        bytes32 opinion = _digestOf(_hash(_terms(), bodies[0], s.report));
        vm.expectEmit(address(oracle));
        emit IContractSigned.SignedByContract(address(operator), _digestOf(_hash(s.report)));
        vm.expectEmit(address(oracle));
        emit IContractSigned.SignedByContract(address(lead), opinion);
        vm.expectEmit(address(oracle));
        emit IContractSigned.SignedByContract(address(reviewer), opinion);
        vm.expectEmit(true, true, false, false, address(oracle));
        emit IEmissionsReports.EmissionsReported(plant, emitter, _word(s.report), 0, 0, 0);
        vm.prank(stranger);
        _send(s);
        assertEq(_record(s.report).recordEmissions(), EMISSIONS_T);
    }

    function test_submit_takesKeysBesideContracts() public {
        Sent memory s = _sent();
        (s.words[0], s.words[1]) = _sign(emitterKey, _hash(s.report));
        vm.recordLogs();
        _send(s);
        assertEq(vm.getRecordedLogs().length, 3, "two contracts and the report");
    }

    function test_submit_keysAloneSignEitherWay() public {
        Sent memory s = _sent();
        s.words = _signed(s.report, _terms(), 2);
        s.opinion = _word(_terms(), 2);
        // The first body's persons are contracts, so the second alone.
        for (uint256 i = 2; i < 6; ++i) {
            s.words[i] = s.words[i + 4];
        }
        bytes32[] memory six = new bytes32[](6);
        for (uint256 i; i < 6; ++i) {
            six[i] = s.words[i];
        }
        s.words = six;
        s.opinion = _withPersons(_word(_terms(), 1), 0, place[2], place[3]);
        vm.recordLogs();
        _send(s);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1, "no contract was asked");
        assertEq(_record(s.report).recordRevision(), 1);
    }

    /// @dev An account with code of its own and a key besides (EIP-7702) signs by its key.
    function test_submit_takesTheKeyOfAnAccountWithCode() public {
        vm.etch(emitterWallet, address(operator).code);
        Sent memory s = _sent();
        (s.words[0], s.words[1]) = _sign(emitterKey, _hash(s.report));
        _send(s);
        assertEq(_record(s.report).recordEmissions(), EMISSIONS_T);
    }

    function test_submitBatch_takesContractsOfLeadAndReviewer() public {
        Report[] memory reports = new Report[](1);
        reports[0] = _report();
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(reports);
        bytes32[4] memory words;
        (words[0], words[1]) = _named(address(lead), 0);
        (words[2], words[3]) = _named(address(reviewer), 1);
        bytes[] memory contracts = new bytes[](2);
        contracts[0] = _long(keys[0], _hash(batch));
        contracts[1] = _long(keys[0], _hash(batch)); // the lead's owner, not the reviewer's
        vm.expectRevert(_refusedBy(address(reviewer), _hash(batch)));
        oracle.submitBatchWithContractSignatures(CHINA, batch, place[0], place[1], words, items, contracts);
        contracts[1] = _long(keys[1], _hash(batch));
        vm.expectEmit(address(oracle));
        emit IContractSigned.SignedByContract(address(reviewer), _digestOf(_hash(batch)));
        oracle.submitBatchWithContractSignatures(CHINA, batch, place[0], place[1], words, items, contracts);
        assertEq(oracle.lastSequence(CHINA, bodies[0]), 1);
    }

    // Answers that are none

    function test_submit_refusesEveryAnswerButTheOne() public {
        OwnedWallet.Mood[7] memory moods = [
            OwnedWallet.Mood.Refusing,
            OwnedWallet.Mood.Reverting,
            OwnedWallet.Mood.Empty,
            OwnedWallet.Mood.Short,
            OwnedWallet.Mood.Dirty,
            OwnedWallet.Mood.Burning,
            OwnedWallet.Mood.Refusing
        ];
        for (uint256 i; i < moods.length; ++i) {
            operator.become(moods[i]);
            Sent memory s = _sent();
            _refuses(s, _refusedBy(address(operator), _hash(s.report)));
        }
        operator.become(OwnedWallet.Mood.Honest);
        reviewer.become(OwnedWallet.Mood.Empty);
        Sent memory last = _sent();
        _refuses(last, _refusedBy(address(reviewer), _hash(_terms(), bodies[0], last.report)));
    }

    /// @dev Accounts without code answer with nothing, the identity precompile with its input, which begins with the right
    /// four bytes; the oracle's own fallback fails.
    function test_submit_refusesAddressesThatAreNoWallets() public {
        address[4] memory none = [stranger, address(4), address(oracle), address(participants)];
        for (uint256 i; i < none.length; ++i) {
            Sent memory s = _sent();
            (s.words[0], s.words[1]) = _named(none[i], 0);
            _refuses(s, _refusedBy(none[i], _hash(s.report)));
        }
    }

    function test_submit_boundsWhatAnAnswerCosts() public {
        Sent memory s = _sent();
        operator.become(OwnedWallet.Mood.Burning);
        uint256 before = gasleft();
        _refuses(s, _refusedBy(address(operator), _hash(s.report)));
        assertLt(before - gasleft(), Signatures.CONTRACT_GAS + 200_000);
    }

    /// @dev Of an answer of 350,000 bytes one word is read.
    function test_submit_readsOneWordOfALongAnswer() public {
        operator.become(OwnedWallet.Mood.Long);
        lead.become(OwnedWallet.Mood.Long);
        reviewer.become(OwnedWallet.Mood.Long);
        Sent memory s = _sent();
        uint256 before = gasleft();
        _send(s);
        assertLt(before - gasleft(), SPARE);
        assertEq(_record(s.report).recordEmissions(), EMISSIONS_T);
    }

    // Attacks

    /// @dev The wallet sends its own report once more while it is asked: nothing can be written then.
    function test_submit_cannotBeReenteredByAWallet() public {
        Sent memory s = _sent();
        operator.plan(
            abi.encodeCall(
                IEmissionsReports.submitWithContractSignatures,
                (CHINA, _word(s.report), s.report.linesRoot, s.report.evidenceRoot, s.opinion, s.words, s.contracts)
            )
        );
        lead.plan(abi.encodeCall(IEmissionsReports.dispute, (plant, YEAR, bytes32(0))));
        vm.recordLogs();
        _send(s);
        assertEq(vm.getRecordedLogs().length, 4, "three signatures, one report");
        assertEq(_record(s.report).recordRevision(), 1);
    }

    /// @dev A wallet that takes back its signature does not take back the report, nor does one that gives it later.
    function test_submit_standsWhateverAWalletAnswersLater() public {
        _send(_sent());
        operator.become(OwnedWallet.Mood.Refusing);
        lead.become(OwnedWallet.Mood.Burning);
        vm.warp(NOW + WINDOW);
        (bool isFinal,,,) = oracle.finalReport(plant, YEAR);
        assertTrue(isFinal);
    }

    function test_submit_takesASignatureOnce() public {
        Sent memory s = _sent();
        _send(s);
        vm.expectRevert(
            abi.encodeWithSelector(IEmissionsReports.EmissionsAlreadyReported.selector, plant, YEAR, uint8(1))
        );
        _send(s);
    }

    /// @dev A signature of one report does for no other, and the opinion's not for the report.
    function test_submit_asksForThisDigest() public {
        Sent memory s = _sent();
        s.report.emissionsT -= 1;
        _refuses(s, _refusedBy(address(operator), _hash(s.report)));
        s = _sent();
        s.contracts[0] = s.contracts[1];
        _refuses(s, _refusedBy(address(operator), _hash(s.report)));
    }

    /// @dev A wallet that says yes to everything speaks for itself: not for another participant's plant, not for a person.
    function test_submit_givesAYesManNothingOfOthers() public {
        (ParticipantId other, address otherWallet,) = _participant("other", ParticipantKinds.EMITTER);
        OwnedWallet yes = new OwnedWallet(otherWallet);
        vm.prank(otherWallet);
        participants.addWallet(address(yes), WalletRights.REPORT);
        yes.act(address(participants), abi.encodeCall(participants.confirmWallet, (other)));
        yes.become(OwnedWallet.Mood.Long); // and right

        Sent memory s = _sent();
        (s.words[0], s.words[1]) = _named(address(yes), 0);
        _refuses(s, abi.encodeWithSelector(IEmissionsReports.EmissionsNotReporter.selector, plant, address(yes), 0));
        s = _sent();
        (s.words[2], s.words[3]) = _named(address(yes), 1);
        _refuses(
            s, abi.encodeWithSelector(SignerSet.SignersBadSignature.selector, place[0], address(yes), address(lead))
        );
    }

    /// @dev The lead's contract does not sign for the reviewer, nor the operator's for a person, though each says yes.
    function test_submit_keepsRolesApart() public {
        lead.become(OwnedWallet.Mood.Long);
        operator.become(OwnedWallet.Mood.Long);
        Sent memory s = _sent();
        (s.words[4], s.words[5]) = _named(address(lead), 1);
        _refuses(
            s,
            abi.encodeWithSelector(SignerSet.SignersBadSignature.selector, place[1], address(lead), address(reviewer))
        );
        s = _sent();
        (s.words[4], s.words[5]) = _named(address(operator), 0);
        _refuses(
            s,
            abi.encodeWithSelector(
                SignerSet.SignersBadSignature.selector, place[1], address(operator), address(reviewer)
            )
        );
    }

    /// @dev The owner's own key is not the wallet, where the wallet is what was accredited.
    function test_submit_isTheWalletsWordNotItsOwners() public {
        Sent memory s = _sent();
        (s.words[2], s.words[3]) = _sign(keys[0], _hash(_terms(), bodies[0], s.report));
        _refuses(
            s, abi.encodeWithSelector(SignerSet.SignersBadSignature.selector, place[0], vm.addr(keys[0]), address(lead))
        );
    }

    /// @dev High s is no second form of a key's signature, and names a contract in one way only.
    function test_submit_refusesHighSThatNamesNoContract() public {
        Sent memory s = _sent();
        // Just above half of the curve's order; a place beyond the last; the first without the top bit; far away.
        uint256[4] memory words = [
            0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A1,
            ~uint256(3),
            type(uint256).max >> 1,
            ~uint256(type(uint64).max)
        ];
        for (uint256 i; i < words.length; ++i) {
            s.words[1] = bytes32(words[i]);
            _refuses(s, abi.encodeWithSelector(Signatures.SignaturesHighS.selector, words[i] & type(uint256).max >> 1));
            s = _sent();
        }
        s.words[0] = bytes32(uint256(s.words[0]) | 1 << 160);
        _refuses(s, abi.encodeWithSelector(Signatures.SignaturesHighS.selector, type(uint256).max >> 1));
    }

    /// @dev Where no signatures of contracts come beside, nothing names one.
    function test_submit_ofKeysNamesNoContract() public {
        Sent memory s = _sent();
        vm.expectRevert(abi.encodeWithSelector(Signatures.SignaturesHighS.selector, type(uint256).max >> 1));
        oracle.submit(CHINA, _word(s.report), s.report.linesRoot, s.report.evidenceRoot, s.opinion, s.words);
    }
}
