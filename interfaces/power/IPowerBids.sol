// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../types/Ids.sol";

/// @dev State of a participant's bid in an interval.
enum BidState {
    None,
    Committed,
    Opened,
    Released, // what it bound is free again
    Forfeited // it was not opened
}

/// @dev A participant's curves with their salt; committed to is keccak256(abi.encode(interval, participant, opening, with `words` hashed)).
struct Opening {
    bytes32 salt;
    uint256 root; //    over the customers' bids, see {BidTree}; 0 of a plant
    uint32 leaves;
    uint256[] words; // curves in rising order of node and side, see {PackedCurve}
}

/// @dev A bid in an interval.
struct PowerBid {
    bytes24 commitment;
    uint48 mostWh; //  of all its curves together
    BidState state;
    uint96 escrow; //  [micro-credit] held while opened
    uint96 fee; //     [micro-credit] for the clearing that stands
}

/// @title IPowerBids
/// @notice Bids of an interval: committed before the gate, opened after it, as curves of each participant by node and side.
/// @dev No bid is seen before the gate, and no bidder can wait for others: one not opened costs its quantity at the price
/// cap. An aggregator bids for its customers; a plant or a large user for itself. What may be bid is in {IBidLimits}.
///
/// The customers' bids stand in a sum tree in the order of the curves: by node, side and step. A leaf is
/// `abi.encode(account, node, side, price, limit, salt)`. The energy ahead of it and its own limit lie inside the step of
/// its price, so that each has its own part of the curve. A customer with a receipt whose bid is not shown there is paid its limit
/// at the cap.
interface IPowerBids {
    /// @notice Emitted when a participant commits to its curves.
    event BidCommitted(uint32 indexed interval, ParticipantId indexed participant, bytes24 commitment, uint48 mostWh);

    /// @notice Emitted when curves are opened.
    /// @param escrow [micro-credit] held until {IPowerBidDisputes-release}
    /// @param fee [micro-credit]
    event BidOpened(
        uint32 indexed interval,
        ParticipantId indexed participant,
        bytes32 salt,
        uint256 root,
        uint32 leaves,
        uint256[] words,
        uint256 escrow,
        uint256 fee
    );

    /// @notice Thrown when an interval is too far ahead to commit to. Remedy: commit from `earliest` on.
    error BidTooEarly(uint32 interval, uint256 earliest);
    /// @notice Thrown when the state of a bid does not allow the call. Remedy: see {BidState}.
    error BidWrongState(uint32 interval, ParticipantId participant, BidState state);
    /// @notice Thrown when a participant is barred after three silences. Remedy: wait until then.
    error BidBarred(ParticipantId participant, uint256 until);
    /// @notice Thrown when the deposit does not cover all commitments at the cap [micro-credit]. Remedy: deposit the rest.
    error BidDepositTooSmall(ParticipantId participant, uint256 amount, uint256 needed);
    /// @notice Thrown when other curves are opened than were committed. Remedy: open the curves of the commitment.
    error BidOtherCurves(uint32 interval, ParticipantId participant);
    /// @notice Thrown when a curve has bits beyond its fields, another account, no such node, or does not rise in class.
    /// Remedy: see {PackedCurve}.
    error BidBadCurve(uint256 head);
    /// @notice Thrown when a step has no energy, a price beyond the cap, or one that is not worse than the last. Remedy: order them.
    error BidBadStep(uint256 head, uint256 step);
    /// @notice Thrown when curves, their tree and the commitment are not of one quantity [Wh]. Remedy: the sum in all three.
    error BidOtherEnergy(uint256 wh, uint256 tree, uint256 most);
    /// @notice Thrown when an interval's escrow is still held. Remedy: wait until then.
    error BidHeld(uint32 interval, uint256 until);

    /// @notice Commits to curves of at most `mostWh` together. Caller: wallet with TRADE.
    /// @dev Keep salt and curves before committing: who cannot open, forfeits.
    function commit(uint32 interval, bytes24 commitment, uint48 mostWh) external;

    /// @notice Opens a participant's curves. Caller: any account that knows them.
    /// @dev Holds of a bid limit × price, of an offer limit × guarantee, rounded up for each curve.
    function open(uint32 interval, ParticipantId participant, Opening calldata opening) external;
}
