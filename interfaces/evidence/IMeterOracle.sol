// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPausable} from "../rules/IPausable.sol";
import {SumWord} from "../../contracts/lib/MerkleSum.sol";
import {ParticipantId} from "../types/Ids.sol";
import {Curve, IMeters} from "./IMeters.sol";
import {MeterId, NodeId, Quality} from "../types/MeterTypes.sol";
import {LeafPlace, ReadingWord} from "../../contracts/lib/MeterReadings.sol";

/// @dev One meter in one interval, as the root binds it. `salted` hides whose it is: keccak256(abi.encode(salt, meter)).
struct MeterLeaf {
    bytes32 salted;
    ReadingWord reading;
    bytes32 recordDigest; // SHA-256 of the record the meter signed, in whatever form it signs
}

/// @dev The record of a meter that signs the market's own form: the signed digest is
/// `sha256(abi.encodePacked("tonne meter 1", meter 4, readAt 5, importWh 8, exportWh 8, sequence 5, status 1))`.
struct MeterRecord {
    MeterId meter;
    uint40 readAt; //   [s]
    uint64 importWh; // register
    uint64 exportWh;
    uint40 sequence;
    uint8 status; //    0 good; others as the meter's maker numbers them
}

/// @dev A leaf and its way to the root; root and sums follow from it.
struct LeafProof {
    MeterLeaf leaf;
    uint32 index;
    uint32 count; // of the root's leaves
    bytes proof; //  hash (22 bytes) and sums (24) of each sibling, from the ground up
}

/// @dev A meter's key, the salt of its salted id, and its signature.
struct MeterSignature {
    bytes32 salt;
    bytes32 x;
    bytes32 y;
    bytes32 r;
    bytes32 s;
}

enum RootStatus {
    None,
    Posted,
    Failed //  a leaf was withheld or shown to be false; the oracle may post a further run
}

/// @dev State of an interval.
struct RootState {
    RootStatus status;
    uint8 run; //         1 for the first posting
    uint32 postedAt; //   [s]
    ParticipantId oracle; // who posted
    uint8 open; //        challenges not answered yet
    uint176 commitment; // of root and sums
}

struct Challenge {
    NodeId node;
    uint40 start; //      [s]
    uint40 deadline; //   [s]
    uint32 index; //      of the leaf
    bool closed;
    address challenger;
}

/// @title IMeterPostings
/// @notice Energy of each node and interval: one root over all meters' leaves, with their sums, for any number of meters.
/// @dev The oracle of a node posts; readings stay off chain. A challenger asks for a leaf and pays a fee; the oracle
/// shows it in time, or loses a part of its bond and the interval fails. A leaf is proved with the meter's own
/// signature; a record that contradicts a leaf under the root fails the interval at once.
interface IMeterPostings {
    /// @notice Emitted for each run of an interval.
    /// @param start [s] first moment of the interval
    /// @param run 1 for the first; a later one corrects
    /// @param data hash of the file of leaves, published by the oracle
    event IntervalPosted(
        NodeId indexed node, uint40 indexed start, uint8 run, bytes32 root, SumWord sums, bytes32 data, address by
    );

    /// @notice Emitted when a leaf is asked for.
    event LeafChallenged(
        uint256 indexed id,
        NodeId indexed node,
        uint40 indexed start,
        uint8 run,
        uint32 index,
        uint40 deadline,
        address by
    );
    /// @notice Emitted when it was shown; the fee went to the oracle.
    event LeafRevealed(uint256 indexed id, MeterLeaf leaf);
    /// @notice Emitted when an interval's root failed. `challenge` is 0 when a record contradicted it.
    event IntervalFailed(
        NodeId indexed node,
        uint40 indexed start,
        uint8 run,
        uint256 challenge,
        address to,
        uint256 paid,
        uint256 treasury
    );
    /// @notice Emitted when a leaf was proven to be its meter's signed reading.
    /// @dev `place` names node, start and meter.
    event LeafProved(MeterId indexed meter, LeafPlace place, uint8 run, ReadingWord reading, bytes32 recordDigest);

    event BondDeposited(ParticipantId indexed oracle, address from, uint256 amount, uint256 bond);
    event BondWithdrawn(ParticipantId indexed oracle, address to, uint256 amount, uint256 bond);

    /// @notice Thrown when the caller is not a wallet with the right to report of the node's oracle.
    error MeterOracleNotOracle(NodeId node, address caller, ParticipantId participant, uint8 rights);
    /// @notice Thrown when an interval does not begin on the node's grid, or has not ended.
    error MeterOracleBadInterval(NodeId node, uint40 start, uint16 intervalS);
    /// @notice Thrown when a run is not the next one, its window has closed, or challenges are open.
    error MeterOracleBadRun(NodeId node, uint40 start, uint8 run, uint8 expected, uint256 until);
    /// @notice Thrown when sums are of no leaf, or a field is too large.
    error MeterOracleBadSums(SumWord sums);
    /// @notice Thrown when the bond is below the least of each oracle.
    error MeterOracleBondTooSmall(ParticipantId oracle, uint256 bond, uint256 least);
    /// @notice Thrown when a bond would leave while postings can still be challenged.
    error MeterOracleBondBound(ParticipantId oracle, uint256 until, uint256 openChallenges);
    /// @notice Thrown when root and sums are not those posted.
    error MeterOracleOtherRoot(NodeId node, uint40 start, bytes32 root, SumWord sums);
    /// @notice Thrown when a leaf is not under the root.
    error MeterOracleNotInRoot(NodeId node, uint40 start, uint256 index, uint256 count);
    /// @notice Thrown when a root can no longer be challenged or contradicted.
    error MeterOracleTooLate(NodeId node, uint40 start, uint256 until);
    /// @notice Thrown when a challenge is answered already, or its time has not run out.
    error MeterOracleChallengeState(uint256 id, bool closed, uint256 deadline);
    /// @notice Thrown when a leaf is not the one asked for.
    error MeterOracleOtherLeaf(uint256 id, uint256 index, uint256 asked);
    /// @notice Thrown when a meter is not at the node, or does not count at that time by that key.
    error MeterOracleNotAtNode(MeterId id, NodeId node, uint256 index, uint40 time);
    /// @notice Thrown when a key does not match the stored one.
    error MeterOracleOtherKey(MeterId id, uint256 index, bytes32 x, bytes32 y);
    /// @notice Thrown when a key lies on a curve that no chain checks.
    error MeterOracleNotProvable(MeterId id, uint256 index, Curve curve);
    /// @notice Thrown when the meter did not sign this.
    error MeterOracleNotSigned(MeterId meter, uint256 keyIndex, bytes32 digest);
    /// @notice Thrown when a record agrees with the leaf it should contradict.
    error MeterOracleNoContradiction(MeterId meter, uint40 readAt);

    /// @notice Posts the root of an interval. Caller: a reporting wallet of the node's oracle. Two roots for one run are
    /// refused.
    function post(NodeId node, uint40 start, uint8 run, bytes32 root, SumWord sums, bytes32 data) external;

    /// @notice Asks for leaf `index` of the interval's present run, for {FEE}.
    function challenge(NodeId node, uint40 start, uint32 index, bytes32 root, SumWord sums)
        external
        returns (uint256 id);

    /// @notice Reveals the challenged leaf. Any caller; the fee goes to the oracle's bond.
    function reveal(uint256 id, LeafProof calldata shown) external;

    /// @notice Fails an interval whose oracle did not reveal a leaf in time. Any caller; fee and half of {SLASH} are owed to
    /// the challenger, the other half to {TREASURY}: both withdraw, see {IPayouts}.
    function expire(uint256 id) external;

    /// @notice Proves that a leaf is its meter's signed reading, by the key in use at the interval's end.
    function proveLeaf(
        LeafPlace place,
        ReadingWord reading,
        bytes32 recordDigest,
        MeterSignature calldata by,
        bytes calldata proof
    ) external;

    /// @notice Fails an interval by a record that its meter signed for the interval's end and that has other registers
    /// than the leaf under the root. Any caller, while leaves may be challenged. A leaf marked as substituted or held
    /// cannot be contradicted. All of the penalty goes to {TREASURY}: the holder of a meter's key can sign two records for one
    /// moment, and gains nothing by it.
    function contradict(
        LeafPlace place,
        ReadingWord reading,
        bytes32 recordDigest,
        MeterSignature calldata by,
        bytes calldata proof,
        MeterRecord calldata record
    ) external;

    /// @notice Adds to an oracle's bond, in {CURRENCY}.
    function depositBond(ParticipantId oracle, uint256 amount) external;

    /// @notice Withdraws a bond when none of its postings can be challenged any more. Caller: managing wallet.
    function withdrawBond(uint256 amount, address to) external;

    /// @notice State of an interval.
    function stateOf(NodeId node, uint40 start) external view returns (RootState memory);

    /// @notice Whether root and sums are those of the present run, and whether they can no longer change.
    function checkRoot(NodeId node, uint40 start, bytes32 root, SumWord sums)
        external
        view
        returns (uint8 run, bool isFinal);

    /// @notice Reverts unless the leaf is under the root of the interval's present run; returns whether that is final.
    function requireLeaf(NodeId node, uint40 start, LeafProof calldata shown)
        external
        view
        returns (uint8 run, bool isFinal);

    /// @notice A challenge.
    function challengeOf(uint256 id) external view returns (Challenge memory);

    /// @notice Bond of an oracle, when it last posted, and how many challenges it has to answer.
    function bondOf(ParticipantId oracle) external view returns (uint256 bond, uint40 boundUntil, uint32 open);
}

/// @title IMeterOracle
/// @notice Meters, their oracles' roots and bonds, at one address.
interface IMeterOracle is IMeters, IMeterPostings, IPausable {}
