// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IWalletRecovery, Recovery} from "../../interfaces/parties/IWalletRecovery.sol";
import {ParticipantsStore} from "./ParticipantsStore.sol";

/// @title WalletRecovery
/// @notice Part of {Participants}: wallets whose keys are lost or stolen; see {IWalletRecovery}.
abstract contract WalletRecovery is ParticipantsStore, IWalletRecovery {
    /// @dev [s] between a proposal and its earliest decision
    uint256 internal constant HEARING = 7 days;
    /// @dev [s] for the decision after the hearing
    uint256 internal constant DECISION_TIME = 30 days;
    /// @dev [s] that a claim freezes management at most
    uint256 internal constant CLAIM_FREEZE = 30 days;
    /// @dev [s] between the end of such a freeze and the next claim by a wallet
    uint256 internal constant CLAIM_PAUSE = 90 days;
    /// @dev [s] for which a removed wallet may still claim
    uint256 internal constant FORMER_TIME = 30 days;

    struct Proposal {
        bytes32 digest;
        //
        address registrar;
        uint40 decidableAt; // [s]
    }

    mapping(ParticipantId id => Proposal) private _proposals;
    mapping(address wallet => ParticipantId) private _joining;
    mapping(address arbiter => mapping(uint16 jurisdiction => bool)) private _arbiters;

    /* CLAIM AND HEARING */

    /// @inheritdoc IWalletRecovery
    function claimTheft(ParticipantId id, bytes32 evidenceHash) external {
        Person storage p = _requireAlive(id);
        Claim memory claim = _claims[id];
        if (block.timestamp < claim.frozenUntil) revert RecoveryFrozen(id, claim.frozenUntil);

        // 40 bits of seconds last 34,000 years
        claim.frozenUntil = uint40(block.timestamp + CLAIM_FREEZE);
        if (!_isRegistrar(msg.sender, p.jurisdiction)) {
            _requireClaimant(id);
            if (block.timestamp < claim.nextClaimAt) revert RecoveryClaimTooSoon(id, claim.nextClaimAt);
            claim.nextClaimAt = uint40(block.timestamp + CLAIM_FREEZE + CLAIM_PAUSE);
        }
        _claims[id] = claim;
        emit TheftClaimed(id, msg.sender, evidenceHash, claim.frozenUntil, claim.nextClaimAt);
    }

    /// @inheritdoc IWalletRecovery
    function answerTheft(ParticipantId id, bytes32 answerHash) external {
        Person storage p = _requireAlive(id);
        if (block.timestamp >= _claims[id].frozenUntil) revert RecoveryNoClaim(id);
        if (!_isRegistrar(msg.sender, p.jurisdiction)) _requireClaimant(id);

        emit TheftAnswered(id, msg.sender, answerHash);
    }

    /* PROPOSE */

    /// @inheritdoc IWalletRecovery
    function proposeRecovery(ParticipantId id, address[] calldata wallets, uint8[] calldata rights, bytes32 reasonHash)
        external
    {
        _requireRegistrar(_requireAlive(id).jurisdiction);
        if (_isPending(_proposals[id])) revert RecoveryPending(id, _lapse(_proposals[id]));
        if (!_isWellFormed(wallets, rights)) revert RecoveryBadSet(id);

        uint40 decidableAt = uint40(block.timestamp + HEARING); // as above
        _proposals[id] = Proposal({digest: _digest(wallets, rights), registrar: msg.sender, decidableAt: decidableAt});
        emit RecoveryProposed(id, msg.sender, wallets, rights, decidableAt, reasonHash);
    }

    /// @inheritdoc IWalletRecovery
    function joinRecovery(ParticipantId id) external {
        _requireFree(msg.sender);
        if (id != NONE) _requireAlive(id);

        _joining[msg.sender] = id;
        emit RecoveryJoined(id, msg.sender);
    }

    /// @inheritdoc IWalletRecovery
    function cancelRecovery(ParticipantId id) external {
        _requireProposal(id);
        Wallet memory w = _wallets[msg.sender];
        if (w.participant == id && w.rights & WalletRights.MANAGE != 0) _requireUnfrozen(id);
        else _requireRegistrar(_participants[id].jurisdiction);

        delete _proposals[id];
        emit RecoveryCancelled(id, msg.sender);
    }

    /* DECIDE */

    /// @inheritdoc IWalletRecovery
    function upholdRecovery(ParticipantId id, address[] calldata wallets, uint8[] calldata rights) external {
        Person storage p = _requireAlive(id);
        _requireArbiter(p.jurisdiction);
        Proposal memory proposal = _requireProposal(id);
        if (msg.sender == proposal.registrar) revert RecoveryOneOffice(msg.sender);
        if (block.timestamp < proposal.decidableAt) revert RecoveryHearing(id, proposal.decidableAt);
        bytes32 digest = _digest(wallets, rights);
        if (digest != proposal.digest) revert RecoveryOtherSet(id, digest, proposal.digest);

        delete _proposals[id];
        // One more for each decision, a week apart at least: 32 bits do not run out.
        _claims[id] = Claim({frozenUntil: 0, nextClaimAt: 0, round: _claims[id].round + 1});
        _takeOthers(id, p, wallets);
        _install(id, p, wallets, rights);
        emit RecoveryUpheld(id, msg.sender, wallets[0]);
    }

    /// @inheritdoc IWalletRecovery
    function rejectRecovery(ParticipantId id, bytes32 reasonHash) external {
        _requireArbiter(_requireAlive(id).jurisdiction);
        if (block.timestamp >= _claims[id].frozenUntil) _requireProposal(id);

        delete _proposals[id];
        _claims[id].frozenUntil = 0;
        emit RecoveryRejected(id, msg.sender, reasonHash);
    }

    /// @dev Every wallet of before that is not in the set becomes a lost one. At most 8 of each.
    function _takeOthers(ParticipantId id, Person storage p, address[] calldata wallets) private {
        uint256 count = p.walletCount;
        for (uint256 i; i < count; ++i) {
            address old = i == 0 ? p.primary : _others[id][i];
            delete _others[id][i];
            if (_contains(wallets, wallets.length, old)) continue;
            Wallet storage w = _wallets[old];
            (w.rights, w.index, w.status) = (0, 0, ParticipantStatus.Suspended);
            emit WalletLost(id, old);
            _tellMirror(old);
        }
    }

    /// @dev The proposal was well formed: a set of 1 to 8 wallets.
    function _install(ParticipantId id, Person storage p, address[] calldata wallets, uint8[] calldata rights) private {
        ParticipantStatus status = p.status;
        for (uint256 i; i < wallets.length; ++i) {
            address wallet = wallets[i];
            ParticipantId seat = _wallets[wallet].seat;
            if (_wallets[wallet].participant != id) _takeIn(id, wallet);
            else _requireWalletOf(wallet, id);
            _wallets[wallet] = Wallet({participant: id, rights: rights[i], index: uint8(i), seat: seat, status: status}); // i < 8
            if (i == 0) (p.primary, p.seated) = (wallet, seat == id);
            else _others[id][i] = wallet;
            emit WalletRecovered(id, wallet, rights[i]);
            _tellMirror(wallet);
        }
        p.walletCount = uint8(wallets.length); // at most 8
    }

    function _takeIn(ParticipantId id, address wallet) private {
        _requireFree(wallet);
        if (_joining[wallet] != id) revert RecoveryNotJoined(id, wallet);
        _joining[wallet] = NONE;
    }

    /* ARBITERS */

    /// @inheritdoc IWalletRecovery
    function setArbiter(address arbiter, uint16 jurisdiction, bool allowed) external restricted {
        _arbiters[arbiter][jurisdiction] = allowed;
        emit ArbiterSet(arbiter, jurisdiction, allowed);
    }

    /// @inheritdoc IWalletRecovery
    function isArbiter(address account, uint16 jurisdiction) public view returns (bool) {
        return _arbiters[account][0] || _arbiters[account][jurisdiction];
    }

    /* VIEWS */

    /// @inheritdoc IWalletRecovery
    function recoveryOf(ParticipantId id) external view returns (Recovery memory) {
        Proposal memory proposal = _proposals[id];
        return Recovery({
            frozenUntil: _claims[id].frozenUntil,
            nextClaimAt: _claims[id].nextClaimAt,
            proposal: proposal.digest,
            registrar: proposal.registrar,
            decidableAt: proposal.decidableAt,
            lapsesAt: proposal.digest == 0 ? 0 : _lapse(proposal)
        });
    }

    /// @inheritdoc IWalletRecovery
    function joining(address wallet) external view returns (ParticipantId) {
        return _joining[wallet];
    }

    /// @inheritdoc IWalletRecovery
    function formerly(address wallet) external view returns (ParticipantId id, uint256 until) {
        Former memory former = _formerly[wallet];
        return (former.participant, former.until);
    }

    /* CHECKS */

    function _requireClaimant(ParticipantId id) private view {
        Wallet memory w = _wallets[msg.sender];
        if (w.participant == id && w.rights != 0) return;
        Former memory former = _formerly[msg.sender];
        if (former.participant != id || block.timestamp >= former.until) revert RecoveryNotClaimant(id, msg.sender);
    }

    function _requireArbiter(uint16 jurisdiction) private view {
        if (!isArbiter(msg.sender, jurisdiction)) revert RecoveryNotArbiter(msg.sender, jurisdiction);
        if (_isRegistrar(msg.sender, jurisdiction)) revert RecoveryOneOffice(msg.sender);
    }

    function _requireProposal(ParticipantId id) private view returns (Proposal memory proposal) {
        proposal = _proposals[id];
        if (!_isPending(proposal)) revert RecoveryNoProposal(id);
    }

    function _isPending(Proposal memory proposal) private view returns (bool) {
        return proposal.digest != 0 && block.timestamp <= _lapse(proposal);
    }

    function _lapse(Proposal memory proposal) private pure returns (uint256) {
        return proposal.decidableAt + DECISION_TIME;
    }

    /// @dev At most 28 pairs are compared.
    function _isWellFormed(address[] calldata wallets, uint8[] calldata rights) private pure returns (bool) {
        uint256 count = wallets.length;
        if (count == 0 || count > MAX_WALLETS || rights.length != count) return false;
        uint256 every;
        for (uint256 i; i < count; ++i) {
            bool known = rights[i] != 0 && rights[i] & ~WalletRights.ALL == 0;
            if (!known || wallets[i] == address(0) || _contains(wallets, i, wallets[i])) return false;
            every |= rights[i];
        }
        return every & WalletRights.MANAGE != 0;
    }

    /// @dev Whether a wallet is among the first `count`.
    function _contains(address[] calldata wallets, uint256 count, address wallet) private pure returns (bool) {
        for (uint256 i; i < count; ++i) {
            if (wallets[i] == wallet) return true;
        }
        return false;
    }

    function _digest(address[] calldata wallets, uint8[] calldata rights) private pure returns (bytes32) {
        return keccak256(abi.encode(wallets, rights));
    }
}
