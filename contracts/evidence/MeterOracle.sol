// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ParticipantId} from "../../interfaces/Ids.sol";
import {
    Challenge,
    IMeterOracle,
    LeafProof,
    MeterLeaf,
    MeterRecord,
    MeterSignature,
    Quality,
    ReadingWord,
    RootState,
    RootStatus
} from "../../interfaces/IMeterOracle.sol";
import {Curve, IMeters, Node, NodeId} from "../../interfaces/IMeters.sol";
import {IP256Verifier} from "../../interfaces/IP256Verifier.sol";
import {ParticipantStatus, WalletRights} from "../../interfaces/IParticipants.sol";
import {IWalletSource} from "../../interfaces/IWalletSource.sol";
import {MerkleSum, SumWord} from "../lib/MerkleSum.sol";
import {MeterSignatures} from "../lib/MeterSignatures.sol";
import {MeterBonds} from "./MeterBonds.sol";

/// @title MeterOracle
/// @notice See {IMeterOracle}.
/// @dev One slot an interval: `status 8 | run 8 | open 8 | postedAt 32 | oracle 24 | commitment 176`, packed low. The commitment is the upper
/// part of keccak256(root, sums): whoever asks brings both, and so the sums cost no slot of their own.
contract MeterOracle is MeterBonds {
    using SafeERC20 for IERC20;

    IMeters public immutable METERS;
    /// @notice Checks P-256 signatures where the chain does not.
    IP256Verifier public immutable P256_VERIFIER;

    uint256 private _lastChallenge;
    mapping(NodeId node => mapping(uint40 start => RootState)) private _roots;
    mapping(uint256 id => Challenge) private _challenges;

    constructor(
        IWalletSource participants,
        IMeters meters,
        IP256Verifier verifier,
        IERC20 currency,
        address treasury,
        uint256 slash,
        uint256 fee
    ) MeterBonds(participants, currency, treasury, slash, fee) {
        METERS = meters;
        P256_VERIFIER = verifier;
    }

    /* POST */

    /// @inheritdoc IMeterOracle
    function post(NodeId node_, uint40 start, uint8 run, bytes32 root, SumWord sums, bytes32 data) external {
        Node memory n = METERS.node(node_);
        _requireOracle(node_, n.oracle);
        uint256 end = uint256(start) + n.intervalS;
        if (start % n.intervalS != 0 || end > block.timestamp) {
            revert MeterOracleBadInterval(node_, start, n.intervalS);
        }
        if (SumWord.unwrap(sums) & MerkleSum.GUARDS != 0 || sums.count() == 0 || root == 0) {
            revert MeterOracleBadSums(sums);
        }

        RootState memory state = _roots[node_][start];
        uint256 until = end + n.correctionS;
        // A root that failed may be replaced whenever; one that stands, within the window. Never while somebody asks of it.
        bool may = state.status != RootStatus.Posted || block.timestamp <= until;
        if (!may || state.open != 0 || run != state.run + 1) {
            revert MeterOracleBadRun(node_, start, run, state.run + 1, until);
        }

        _roots[node_][start] = RootState({
            status: RootStatus.Posted,
            run: run,
            oracle: n.oracle,
            postedAt: uint32(block.timestamp), // until 2106
            open: 0,
            commitment: _commit(root, sums)
        });
        _bind(n.oracle, block.timestamp + n.challengeS);
        emit IntervalPosted(node_, start, run, root, sums, data, msg.sender);
    }

    function _requireOracle(NodeId node_, ParticipantId oracle) private view {
        (ParticipantId id, uint8 rights, uint8 status) = PARTICIPANTS.walletOf(msg.sender);
        bool may = id == oracle && rights & WalletRights.REPORT != 0 && status == uint8(ParticipantStatus.Active);
        if (!may) revert MeterOracleNotOracle(node_, msg.sender, id, rights);
    }

    /* CHALLENGE */

    /// @inheritdoc IMeterOracle
    function challenge(NodeId node_, uint40 start, uint32 index, bytes32 root, SumWord sums)
        external
        returns (uint256 id)
    {
        RootState memory state = _requireRoot(node_, start, root, sums);
        Node memory n = METERS.node(node_);
        if (index >= sums.count()) revert MeterOracleNotInRoot(node_, start, index, sums.count());
        uint256 until = uint256(state.postedAt) + n.challengeS;
        if (block.timestamp > until || state.open == type(uint8).max) {
            revert MeterOracleTooLate(node_, start, until);
        }

        id = ++_lastChallenge;
        uint40 deadline = uint40(block.timestamp + n.revealS); // 34,000 years
        _challenges[id] = Challenge({
            node: node_, start: start, deadline: deadline, index: index, closed: false, challenger: msg.sender
        });
        ++_roots[node_][start].open;
        ++_bonds[state.oracle].open;
        emit LeafChallenged(id, node_, start, state.run, index, deadline, msg.sender);
        CURRENCY.safeTransferFrom(msg.sender, address(this), FEE);
    }

    /// @inheritdoc IMeterOracle
    function reveal(uint256 id, LeafProof calldata shown) external {
        uint40 deadline = _challenges[id].deadline;
        if (block.timestamp > deadline) revert MeterOracleChallengeState(id, false, deadline);
        (Challenge memory c, ParticipantId oracle) = _close(id);
        if (shown.index != c.index) revert MeterOracleOtherLeaf(id, shown.index, c.index);
        _requireLeaf(c.node, c.start, shown);

        _bonds[oracle].amount += uint128(FEE); // a fee is a sum of the currency, which fits
        emit LeafRevealed(id, shown.leaf);
    }

    /// @inheritdoc IMeterOracle
    function expire(uint256 id) external {
        uint40 deadline = _challenges[id].deadline;
        if (block.timestamp <= deadline) revert MeterOracleChallengeState(id, false, deadline);
        (Challenge memory c, ParticipantId oracle) = _close(id);
        _fail(c.node, c.start, oracle, id, c.challenger, FEE);
    }

    /// @dev Takes a challenge off the lists of what is open.
    function _close(uint256 id) private returns (Challenge memory c, ParticipantId oracle) {
        c = _challenges[id];
        if (c.challenger == address(0) || c.closed) revert MeterOracleChallengeState(id, c.closed, c.deadline);
        oracle = _roots[c.node][c.start].oracle;
        _challenges[id].closed = true;
        --_roots[c.node][c.start].open;
        --_bonds[oracle].open;
    }

    function _fail(NodeId node_, uint40 start, ParticipantId oracle, uint256 id, address to, uint256 fee) private {
        RootState storage state = _roots[node_][start];
        bool first = state.status == RootStatus.Posted;
        state.status = RootStatus.Failed;
        // One interval costs the bond once, however many leaves of it are withheld.
        (uint256 paid, uint256 treasury) = first ? _slash(oracle, to, fee) : _refund(to, fee);
        emit IntervalFailed(node_, start, state.run, id, to, paid, treasury);
    }

    function _refund(address to, uint256 fee) private returns (uint256, uint256) {
        CURRENCY.safeTransfer(to, fee);
        return (fee, 0);
    }

    /* PROVE */

    /// @inheritdoc IMeterOracle
    function proveLeaf(NodeId node_, uint40 start, LeafProof calldata shown, MeterSignature calldata by) external {
        uint8 run = _requireLeaf(node_, start, shown).run;
        _requireSigned(node_, start, shown.leaf, shown.leaf.recordDigest, by);
        emit LeafProved(node_, start, by.meter, run, shown.leaf);
    }

    /// @inheritdoc IMeterOracle
    function contradict(
        NodeId node_,
        uint40 start,
        LeafProof calldata shown,
        MeterRecord calldata record,
        MeterSignature calldata by
    ) external {
        RootState memory state = _requireLeaf(node_, start, shown);
        MeterLeaf calldata leaf = shown.leaf;
        bool measured = leaf.reading.quality() <= uint256(Quality.Provisional);
        bool same = leaf.reading.registers() == (uint256(record.importWh) << 64 | record.exportWh);
        bool ofThis = record.meter == by.meter && record.readAt == start + METERS.node(node_).intervalS;
        if (!measured || same || !ofThis) revert MeterOracleNoContradiction(record.meter, record.readAt);
        _requireSigned(node_, start, leaf, digestOf(record), by);
        _fail(node_, start, state.oracle, 0, msg.sender, 0);
    }

    /// @notice What a meter signs in the market's own form.
    function digestOf(MeterRecord calldata r) public pure returns (bytes32) {
        return
            sha256(abi.encodePacked("tonne meter 1", r.meter, r.readAt, r.importWh, r.exportWh, r.sequence, r.status));
    }

    /// @dev By the meter whose salted id the leaf has, with the key in use at the interval's end.
    function _requireSigned(
        NodeId node_,
        uint40 start,
        MeterLeaf calldata leaf,
        bytes32 digest,
        MeterSignature calldata by
    ) private view {
        if (keccak256(abi.encode(by.salt, by.meter)) != leaf.salted) {
            revert MeterOracleOtherMeter(leaf.salted, by.meter);
        }
        Curve curve = METERS.requireKey(by.meter, node_, start, by.keyIndex, by.x, by.y);
        if (!MeterSignatures.isSigned(uint8(curve), by.x, by.y, digest, by.r, by.s, P256_VERIFIER)) {
            revert MeterOracleNotSigned(by.meter, by.keyIndex, digest);
        }
    }

    /* VIEWS */

    /// @inheritdoc IMeterOracle
    function stateOf(NodeId node_, uint40 start) external view returns (RootState memory) {
        return _roots[node_][start];
    }

    /// @inheritdoc IMeterOracle
    function checkRoot(NodeId node_, uint40 start, bytes32 root, SumWord sums)
        external
        view
        returns (uint8 run, bool isFinal)
    {
        RootState memory state = _requireRoot(node_, start, root, sums);
        Node memory n = METERS.node(node_);
        bool corrected = block.timestamp > uint256(start) + n.intervalS + n.correctionS;
        bool challenged = block.timestamp <= uint256(state.postedAt) + n.challengeS || state.open != 0;
        return (state.run, corrected && !challenged);
    }

    /// @inheritdoc IMeterOracle
    function requireLeaf(NodeId node_, uint40 start, LeafProof calldata shown) external view {
        _requireLeaf(node_, start, shown);
    }

    /// @inheritdoc IMeterOracle
    function challengeOf(uint256 id) external view returns (Challenge memory) {
        return _challenges[id];
    }

    function _requireRoot(NodeId node_, uint40 start, bytes32 root, SumWord sums)
        private
        view
        returns (RootState memory state)
    {
        state = _roots[node_][start];
        if (state.status != RootStatus.Posted || state.commitment != _commit(root, sums)) {
            revert MeterOracleOtherRoot(node_, start, root, sums);
        }
    }

    function _requireLeaf(NodeId node_, uint40 start, LeafProof calldata shown)
        private
        view
        returns (RootState memory state)
    {
        state = _roots[node_][start];
        MeterLeaf calldata leaf = shown.leaf;
        bytes32 hash = MerkleSum.leaf(leaf.salted, bytes32(ReadingWord.unwrap(leaf.reading)), leaf.recordDigest);
        (bytes32 root, SumWord sums, bool isWhole) =
            MerkleSum.climb(hash, leaf.reading.sums(), shown.index, shown.count, shown.proof);
        bool known = state.status == RootStatus.Posted && state.commitment == _commit(root, sums);
        if (!known || !isWhole || leaf.reading.quality() > uint256(type(Quality).max)) {
            revert MeterOracleNotInRoot(node_, start, shown.index, shown.count);
        }
    }

    function _commit(bytes32 root, SumWord sums) private pure returns (uint176) {
        return uint176(uint256(keccak256(abi.encode(root, sums))) >> 80);
    }
}
