// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {Signatures} from "../../contracts/lib/Signatures.sol";
import {SignerSet} from "../../contracts/lib/SignerSet.sol";
import {IProjectReports, MonitoringReport} from "../../interfaces/evidence/IProjects.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IContractSigned} from "../../interfaces/types/IContractSigned.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {ProjectsCase} from "./ProjectsCase.sol";
import {OwnedWallet} from "./WalletDoubles.sol";

/// @dev Developers whose wallet is a contract (ERC-1271); persons are those of {ContractSignersTest}.
contract ContractDevelopersTest is ProjectsCase {
    OwnedWallet private wallet;
    bytes32[6] private words;
    bytes[] private contracts;

    function setUp() public override {
        super.setUp();
        wallet = _walletOf(developerWallet, developer, developerKey);
        words = _signAll(_monitored(), _terms());
        (words[0], words[1]) = (bytes32(uint256(uint160(address(wallet)))), bytes32(type(uint256).max));
        contracts.push(_long(developerKey, _hashOf(_monitored())));
    }

    function _walletOf(address first, ParticipantId owner, uint256 key) private returns (OwnedWallet added) {
        added = new OwnedWallet(vm.addr(key));
        vm.prank(first);
        participants.addWallet(address(added), WalletRights.REPORT);
        added.act(address(participants), abi.encodeCall(participants.confirmWallet, (owner)));
    }

    function _long(uint256 key, bytes32 hash) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, MessageHashUtils.toTypedDataHash(domain, hash));
        return abi.encodePacked(r, s, v);
    }

    function _send(MonitoringReport memory r) private returns (uint64) {
        return projects.submitWithContractSignatures(r, _word(_terms(), 1), words, 0, contracts);
    }

    function test_submit_takesADevelopersContract_andSaysSo() public {
        bytes32 digest_ = MessageHashUtils.toTypedDataHash(domain, _hashOf(_monitored()));
        vm.expectEmit(address(projects));
        emit IContractSigned.SignedByContract(address(wallet), digest_);
        assertEq(_send(_monitored()), 1);
    }

    function test_submit_takesAContractsSignatureOnce() public {
        _send(_monitored());
        vm.expectRevert(abi.encodeWithSelector(IProjectReports.ProjectsAlreadyReported.selector, 1));
        _send(_monitored());
    }

    function test_submit_asksTheContractForThisReport() public {
        MonitoringReport memory r = _monitored();
        r.quantityT -= 1;
        bytes32 digest_ = MessageHashUtils.toTypedDataHash(domain, _hashOf(r));
        vm.expectRevert(abi.encodeWithSelector(Signatures.SignaturesRefused.selector, address(wallet), digest_));
        _send(r);
    }

    /// @dev A wallet of the body, the project's counterpart, says yes to everything: it reports for no developer, and signs
    /// for no person that it is not.
    function test_submit_givesACounterpartsContractNothing() public {
        OwnedWallet yes = _walletOf(bodyWallets[0], bodies[0], keys[0]);
        yes.become(OwnedWallet.Mood.Long);
        words[0] = bytes32(uint256(uint160(address(yes))));
        vm.expectRevert(
            abi.encodeWithSelector(
                IProjectReports.ProjectsNotReporter.selector, id, address(yes), bodies[0], WalletRights.REPORT
            )
        );
        _send(_monitored());

        words = _signAll(_monitored(), _terms());
        (words[2], words[3]) = (bytes32(uint256(uint160(address(yes)))), bytes32(type(uint256).max));
        vm.expectRevert(
            abi.encodeWithSelector(SignerSet.SignersBadSignature.selector, place[0], address(yes), vm.addr(keys[0]))
        );
        _send(_monitored());
    }

    /// @dev While it is asked, the wallet sends the report itself and takes its right to report away: neither is written.
    function test_submit_cannotBeReenteredByADevelopersContract() public {
        wallet.plan(
            abi.encodeCall(
                IProjectReports.submitWithContractSignatures, (_monitored(), _word(_terms(), 1), words, 0, contracts)
            )
        );
        assertEq(_send(_monitored()), 1);
        assertEq(projects.reportCount(), 1);
    }
}
