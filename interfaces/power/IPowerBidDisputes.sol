// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../types/Ids.sol";
import {Opening, PowerBid} from "./IPowerBids.sol";
import {PowerAccountId} from "./IPowerMarket.sol";

/// @dev Credits set aside for silence: one slot.
struct BidDeposit {
    uint96 amount; //      [micro-credit]
    uint64 committedWh; // of bids neither opened nor forfeited
    uint40 boundUntil; //  [s]
    uint8 silences;
    uint40 barredUntil; // [s] no commitments before
}

/// @dev A forfeit, which a silent bidder's customers share.
struct Forfeit {
    uint96 amount; //     [micro-credit]
    uint96 left; //       not claimed yet
    uint32 connections; // each has one part
    bytes32 customers; // root at that time, see {IBidLimits-customersOf}
}

/// @dev A bid that an aggregator has taken for a customer, signed by the aggregator before the gate.
struct BidReceipt {
    uint32 interval;
    ParticipantId aggregator;
    PowerAccountId account; // that it is settled on
    uint8 node;
    uint8 side; //    0 buys, 1 sells
    uint32 price; //  [micro-credit/kWh]
    uint32 limitWh;
    bytes32 salt;
}

/// @title IPowerBidDisputes
/// @notice What answers for bids: deposits, what silence costs, and bids that a customer asks to be shown; at the market's address.
/// @dev A bid not opened is forfeited at the price cap to the bidder's customers in equal parts, those of {IBidLimits}; where the
/// register has none, to those whose receipts are upheld. The reserve has the rest after 30 days. A dispute is answered within six hours. Of what a
/// bid that is not shown costs, the receipt's account has half: who signs receipts to itself, to empty its deposit, loses the
/// other half. A pseudonym's half waits for its key, since its credits are its sponsor's, which may be who signed.
interface IPowerBidDisputes {
    /// @notice Emitted when a bid's escrow is free again.
    /// @param proposer account that has its fee; 0 when it went back with the escrow
    event BidReleased(uint32 indexed interval, ParticipantId indexed participant, PowerAccountId proposer);

    /// @notice Emitted when a participant sets credits aside, or takes them back [micro-credit].
    event DepositChanged(ParticipantId indexed participant, uint256 amount, int256 change);

    /// @notice Emitted when a bid that was not opened is forfeited [micro-credit].
    event BidForfeited(uint32 indexed interval, ParticipantId indexed participant, Forfeit forfeit);

    /// @notice Emitted when a customer takes its part of a forfeit, or the reserve the rest.
    /// @param index of the customer; 2^32 − 1 for the reserve
    event ForfeitClaimed(
        uint32 indexed interval, ParticipantId indexed participant, uint32 index, PowerAccountId account, uint256 amount
    );

    /// @notice Emitted when a customer asks to be shown its bid.
    event BidDisputed(bytes32 indexed digest, BidReceipt receipt, uint40 deadline);

    /// @notice Emitted when the bid is shown.
    event BidShown(bytes32 indexed digest);

    /// @notice Emitted when it was not shown in time: the account has half of its worth at the cap, the reserve the other half,
    /// rounded up; as far as the interval's forfeit and the deposit go [micro-credit].
    event BidUpheld(bytes32 indexed digest, PowerAccountId account, uint256 amount);

    /// @notice Emitted when the key of a pseudonym takes its award to an account [micro-credit].
    event AwardTaken(PowerAccountId indexed account, PowerAccountId to, uint256 amount);

    /// @notice Thrown when the deposit still answers for bids. Remedy: wait until then.
    error BidDepositBound(ParticipantId participant, uint256 until);
    /// @notice Thrown when a customer is not in the root, or had its part. Remedy: its own proof, once.
    error BidNotACustomer(uint32 interval, ParticipantId participant, uint32 index);
    /// @notice Thrown when the receipt is not signed by a trader of the aggregator. Remedy: the signature as received.
    error BidBadReceipt(bytes32 digest);
    /// @notice Thrown when a receipt was disputed, is too old, is of an interval that is not opened yet, or of a bid whose forfeit
    /// the customers in the register share. Remedy: dispute once, in time; claim a part of the forfeit.
    error BidNotDisputable(bytes32 digest);
    /// @notice Thrown when no dispute of the receipt is open, or its deadline has not passed. Remedy: wait until then.
    error BidDisputeOpen(bytes32 digest, uint40 deadline);
    /// @notice Thrown when nothing waits for the caller's key. Remedy: the key of an account whose receipt was upheld, once.
    error BidNoAward(address key, PowerAccountId account);
    /// @notice Thrown when the bid is not shown in its place. Remedy: leaf, path and step of the receipt's bid.
    error BidNotInPlace(bytes32 digest);

    /// @notice Sets free credits aside for silence [micro-credit]. Caller: wallet with TRADE.
    function deposit(uint96 amount) external;

    /// @notice Takes back what answers for no bid [micro-credit]. Caller: wallet with TRADE.
    function takeBack(uint96 amount) external;

    /// @notice Frees what bids held; the fees of a cleared interval go to its proposer. Caller: any account.
    function release(uint32 interval, ParticipantId[] calldata participants) external;

    /// @notice Forfeits the worth at the cap of a bid that is not opened, to the bidder's customers. Caller: any account.
    function forfeit(uint32 interval, ParticipantId participant) external;

    /// @notice Takes a customer's part of a forfeit to an account; a pseudonym's waits for its key, {takeAward}, since its credits are
    /// its sponsor's, maybe of the one who was silent. Caller: the customer's key in the register.
    function claim(
        uint32 interval,
        ParticipantId participant,
        PowerAccountId account,
        bytes32 salt,
        uint32 index,
        bytes32[] calldata proof
    ) external;

    /// @notice Gives the reserve the parts not claimed in 30 days. Caller: any account.
    function endForfeit(uint32 interval, ParticipantId participant) external;

    /// @notice Asks an aggregator to show a bid that it has a receipt of. Caller: any account.
    /// @param signer wallet with TRADE of the aggregator
    function dispute(BidReceipt calldata receipt, address signer, bytes calldata signature) external;

    /// @notice Shows a bid in its place. Caller: any account.
    /// @param opening as it was opened
    /// @param proof path of the leaf, see {BidTree}
    function show(BidReceipt calldata receipt, Opening calldata opening, uint32 index, uint256[] calldata proof)
        external;

    /// @notice Awards a customer whose bid was not shown in time half of its worth at the cap; a participant's account has it at
    /// once, a pseudonym's key takes it. Caller: any account.
    function uphold(BidReceipt calldata receipt) external;

    /// @notice Takes the award of the caller's account to another one. Caller: the key of a pseudonym.
    function takeAward(PowerAccountId to) external;

    /// @notice A bid.
    function bidOf(uint32 interval, ParticipantId participant) external view returns (PowerBid memory);

    /// @notice A participant's deposit.
    function depositOf(ParticipantId participant) external view returns (BidDeposit memory);

    /// @notice A forfeit, which a silent bidder's customers share.
    function forfeitOf(uint32 interval, ParticipantId participant) external view returns (Forfeit memory);

    /// @notice Deadline of a dispute [s]; 2^40 − 1 when it is over, 0 when there was none.
    function disputeOf(bytes32 digest) external view returns (uint40);

    /// @notice Awards that wait for the key of an account [micro-credit].
    function awardOf(PowerAccountId account) external view returns (uint256);

    /// @notice EIP-712 digest of a {BidReceipt}.
    function receiptDigest(BidReceipt calldata receipt) external view returns (bytes32);
}
