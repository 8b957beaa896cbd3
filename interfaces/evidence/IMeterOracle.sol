// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPausable} from "../rules/IPausable.sol";
import {SumWord} from "../../contracts/lib/MerkleSum.sol";
import {ParticipantId} from "../types/Ids.sol";
import {Curve, IMeters} from "./IMeters.sol";
import {MeterId, NodeId, Quality} from "../types/MeterTypes.sol";
import {LeafPlace, ReadingWord} from "../../contracts/lib/MeterReadings.sol";

/// @dev One meter in one interval, as the root binds it. Each word is a commitment under a salt of its own, but for the
/// energy in `reading`: a leaf is shown to its reader and the node's operator.
struct MeterLeaf {
    bytes32 salted; //       keccak256(abi.encode(salt, meter))
    ReadingWord reading; //  energy in the clear, registers as their commitment
    bytes32 recordDigest; // keccak256(abi.encode(another salt, SHA-256 of the record the meter signed, in its own form))
}

/// @dev The record of a meter that signs the market's own form: the signed digest is
/// `sha256(abi.encodePacked("tonne meter 2", meter 4, readAt 5, registers 16, sequence 5, status 1))`, and `registers` the
/// upper half of `sha256(abi.encodePacked(salt 16, import register 8, export register 8))`. A meter that reads the same
/// registers twice at one moment commits to them by the same salt.
struct MeterRecord {
    MeterId meter;
    uint40 readAt; //     [s]
    bytes16 registers; // commitment to both
    uint40 sequence;
    uint8 status; //      0 good; others as the meter's maker numbers them
}

/// @dev A leaf and its way to the root; root and sums follow from it.
struct LeafProof {
    MeterLeaf leaf;
    uint32 index;
    uint32 count; // of the root's leaves
    bytes proof; //  hash (22 bytes) and sums (24) of each sibling, from the ground up
}

/// @dev The salt of a meter's salted id, the meter's key, and its signature.
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
    Failed //  a leaf was withheld, or is not what its meter signed; the oracle may post a further run
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

/// @dev The root of a node in an interval, to be posted with those of others.
struct RootPosting {
    NodeId node;
    uint8 run;
    bytes32 root;
    SumWord sums;
    bytes32 data; // hash of the oracle's own file of leaves
}

/// @dev A public key on secp256k1 that is used for one answer alone.
struct OneTimeKey {
    bytes32 x;
    bytes32 y;
}

/// @dev The leaf of a meter, or the leaf at a place of the tree, of any meter.
struct LeafAsked {
    NodeId node;
    uint40 start; // [s]
    uint32 which; //    meter, or place from 0
    bool byPlace;
}

enum ChallengeState {
    None,
    Open,
    Answered,
    Closed,
    Contradicted
}

/// @dev A challenge: three slots, the last of which is written by the answer, or at once where a record contradicts.
struct Challenge {
    address challenger;
    NodeId node;
    uint40 start; //    [s]
    uint32 which; //       meter, or place from 0
    address key; //     of the one-time key; 0 where a record contradicts
    uint40 deadline; // [s] of the answer, then of its exposure; of what upholds the leaf
    ChallengeState state;
    bool byPlace;
    bytes32 answer; //  keccak256 of the sealed bytes; of a leaf that was contradicted, see {LeafContradicted}
}

/// @title IMeterPostings
/// @notice Energy of each node and interval: one root over all meters' leaves, with their sums, for any number of meters.
/// @dev The oracle of a node posts; readings stay off chain. Who may see a leaf asks for it with a one-time key and pays a
/// fee: the meter's reader, or the operator of the node. The oracle answers in time, sealed to that key, or loses a part
/// of its bond and the interval fails. An answer that does not open to the leaf is exposed by the one-time private key, and
/// fails the interval too. So does a record that its meter signed and that has other registers than the leaf, unless the record
/// behind the leaf is shown in time: signed by the meter as well.
interface IMeterPostings {
    /// @notice Emitted for each run of an interval.
    /// @param start [s] first moment of the interval
    /// @param run 1 for the first; a later one corrects
    /// @param data hash of the oracle's own file of leaves, which is not published
    event IntervalPosted(
        NodeId indexed node, uint40 indexed start, uint8 run, bytes32 root, SumWord sums, bytes32 data, address by
    );

    /// @notice Emitted when a leaf is asked for. The answer is sealed to `key`.
    event LeafChallenged(
        uint256 indexed id,
        NodeId indexed node,
        uint40 indexed start,
        uint8 run,
        uint32 which,
        bool byPlace,
        OneTimeKey key,
        uint40 deadline,
        address by
    );
    /// @notice Emitted when it was answered: `sealed_` opens by the one-time private key alone, until `deadline` it can be exposed.
    event LeafAnswered(uint256 indexed id, uint40 deadline, bytes sealed_);
    /// @notice Emitted when an answer stands; the fee went to the oracle.
    event ChallengeClosed(uint256 indexed id);
    /// @notice Emitted when an answer was shown to open to no such leaf, by the one-time private key.
    event AnswerExposed(uint256 indexed id, uint256 secret);
    /// @notice Emitted when a record of its meter contradicts a leaf.
    /// @param leaf keccak256(abi.encode(registers of the leaf, its recordDigest)), see {uphold}
    /// @param deadline [s] until then the record behind the leaf can be shown
    event LeafContradicted(
        uint256 indexed id,
        NodeId indexed node,
        uint40 indexed start,
        uint8 run,
        MeterId meter,
        bytes32 leaf,
        uint40 deadline,
        address by
    );
    /// @notice Emitted when the meter was shown to have signed the record behind a contradicted leaf, too; the fee went
    /// to the oracle.
    /// @param digest SHA-256 of what it signed
    event LeafUpheld(uint256 indexed id, bytes32 digest);
    /// @notice Emitted when an interval's root failed.
    event IntervalFailed(
        NodeId indexed node,
        uint40 indexed start,
        uint8 run,
        uint256 challenge,
        address to,
        uint256 paid,
        uint256 treasury
    );

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
    /// @notice Thrown when a challenge is not in the state for this act, or its time has or has not run out.
    error MeterOracleChallengeState(uint256 id, ChallengeState state, uint256 deadline);
    /// @notice Thrown when the caller may not see the leaf it asks for, or contradict it. Remedy: the metering office names the meter's reader,
    /// for intervals that begin afterwards, and the operator of the node, who asks by place.
    error MeterOracleNoStanding(NodeId node, uint32 which, bool byPlace, address caller);
    /// @notice Thrown when a one-time key is no point of secp256k1. Remedy: make one anew for each challenge.
    error MeterOracleBadKey(bytes32 x, bytes32 y);
    /// @notice Thrown when an answer is too long. Remedy: an answer is one leaf with its proof.
    error MeterOracleAnswerTooLong(uint256 id, uint256 length, uint256 most);
    /// @notice Thrown when an exposure does not belong to the answer: other bytes, another private key, or another
    /// shared point. Remedy: the bytes of {LeafAnswered}, the private key of the challenge, and their product.
    error MeterOracleNotOfAnswer(uint256 id);
    /// @notice Thrown when an answer opens to the leaf that was asked for. Remedy: read it.
    error MeterOracleGoodAnswer(uint256 id);
    /// @notice Thrown when a meter is not at the node, or does not count at that time by that key.
    error MeterOracleNotAtNode(MeterId id, NodeId node, uint256 index, uint40 time);
    /// @notice Thrown when a key does not match the stored one.
    error MeterOracleOtherKey(MeterId id, uint256 index, bytes32 x, bytes32 y);
    /// @notice Thrown when a key lies on a curve that no chain checks.
    error MeterOracleNotProvable(MeterId id, uint256 index, Curve curve);
    /// @notice Thrown when the meter did not sign this.
    error MeterOracleNotSigned(MeterId meter, uint256 keyIndex, bytes32 digest);
    /// @notice Thrown when a record agrees with the leaf it should contradict, is of another moment, or the leaf is none that
    /// can be contradicted: substituted, held, or of no record.
    error MeterOracleNoContradiction(MeterId meter, uint40 readAt);
    /// @notice Thrown when a contradicted leaf has other registers or another record than these, or does not rest on what was
    /// signed. Remedy: registers and record as the leaf has them, and the bytes that the meter signed.
    error MeterOracleNotUpheld(uint256 id, bytes32 digest);

    /// @notice Posts the root of an interval. Caller: a reporting wallet of the node's oracle. Two roots for one run are
    /// refused.
    function post(NodeId node, uint40 start, uint8 run, bytes32 root, SumWord sums, bytes32 data) external;

    /// @notice Posts roots of an interval of several nodes, each as {post}; all or none.
    function postMany(uint40 start, RootPosting[] calldata postings) external;

    /// @notice Asks for a leaf of the interval's present run, for {FEE}. Caller: the meter's reader, for intervals that began
    /// after it was named, or a wallet of the node's operator, for any meter or place.
    /// @param key the answer is sealed to it; its private key is kept until the answer has been read
    function challenge(LeafAsked calldata asked, bytes32 root, SumWord sums, OneTimeKey calldata key)
        external
        returns (uint256 id);

    /// @notice Answers a challenge. Caller: a wallet with the right to report of the oracle that posted the root.
    /// @param sealed_ a compressed point E, then what {isAnswer} takes, added bit by bit to the ANSI X9.63 key derivation
    /// (SHA-256) of the x of E times the one-time key, with keccak256(abi.encode(chain, this contract, id)) as its shared
    /// information: ECIES of SEC 1, where the root takes the place of a tag
    function answer(uint256 id, bytes calldata sealed_) external;

    /// @notice Ends a challenge whose answer stands; the fee goes to the oracle's bond. Caller: the challenger, or any after
    /// the time to expose it.
    function close(uint256 id) external;

    /// @notice Fails an interval whose answer does not open to the leaf asked for. Any caller; pays as {expire} does.
    /// @param secret the one-time private key: all that was sealed to it is public from then on
    /// @param shared `secret` times the point that the answer begins with; anything where that is no point
    function expose(uint256 id, uint256 secret, OneTimeKey calldata shared, bytes calldata sealed_) external;

    /// @notice Whether this is the leaf that a challenge asks for, under the root: `index 4 | count 4 | meter 4 | salt 32 |
    /// reading 32 | recordDigest 32 | proof`. A leaf asked for by place must be of a meter that counts at the node.
    function isAnswer(uint256 id, bytes calldata opened) external view returns (bool);

    /// @notice Fails an interval whose oracle did not answer in time, or did not uphold a leaf. Any caller; fee and half of
    /// {SLASH} are owed to the challenger, the other half to {TREASURY}: both withdraw, see {IPayouts}.
    function expire(uint256 id) external;

    /// @notice Shows, for {FEE}, a record that its meter signed for the interval's end and that commits to other registers
    /// than the leaf under the root. Registers stay hidden: signature and comparison are of commitments. Caller: the meter's
    /// reader, while leaves may be challenged, and for twice the node's time to answer beyond that while a challenge of the
    /// interval is open. A leaf that is substituted, held, or rests on no record (number 0) cannot be contradicted. Unless the
    /// leaf is upheld in time, the interval fails as by a challenge, see {expire}.
    function contradict(
        LeafPlace place,
        ReadingWord reading,
        bytes32 recordDigest,
        MeterSignature calldata by,
        bytes calldata proof,
        MeterRecord calldata record
    ) external returns (uint256 id);

    /// @notice Upholds a leaf that was contradicted: its meter signed what it rests on, and so signed two things of one moment.
    /// The fee goes to the oracle's bond. Any caller.
    /// @param registers of the leaf
    /// @param recordDigest of the leaf
    /// @param keyIndex number of the meter's key, in use at the interval's end
    /// @param by its signature; the salt is that of `recordDigest`
    /// @param signed the signed bytes: a record in the market's own form for this meter and moment, with these registers, or
    /// one in another form whose SHA-256 `recordDigest` is made of: no chain reads what it says
    function uphold(
        uint256 id,
        bytes16 registers,
        bytes32 recordDigest,
        uint8 keyIndex,
        MeterSignature calldata by,
        bytes calldata signed
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
