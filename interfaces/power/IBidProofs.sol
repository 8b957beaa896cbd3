// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../types/Ids.sol";
import {BidReceipt} from "./IPowerBidDisputes.sol";
import {Opening} from "./IPowerBids.sol";
import {PowerAccountId} from "./IPowerMarket.sol";

/// @dev A bid in the curves of an aggregator, in its place. Without a limit it is all of the bidder's curves, which are its own
/// account's.
struct ShownBid {
    BidReceipt bid;
    Opening opening; //   as it was opened
    uint32 index; //      of the bid's leaf
    uint256[] proof; //   path of the leaf, see {BidTree}
    address signer; //    wallet with REPORT of the one that settles, of a {TreeReceipt}
    bytes signature;
}

/// @dev The receipt of all leaves of an aggregator's bids, signed by the one that settles.
struct TreeReceipt {
    uint32 interval;
    ParticipantId bidder;
    uint256 root;
}

/// @dev All curves of an interval, and the margins of its clearing, see {Proposal}; none of one that lapsed.
struct ShownBook {
    uint256[][] curves;
    uint256[] margins;
}

/// @title IBidProofs
/// @notice What a clearing accepted of bids that are shown in their place, and of all curves of a node.
/// @dev An account has what was accepted of the leaves of its bids; a bidder without a tree what was accepted of its curves. It
/// follows from the place of a bid in its bidder's curves, whatever the bid says of itself, so that all bids together come
/// to the curves. At the node's price curves share the rest; there one watt-hour of each step stays open.
interface IBidProofs {
    /// @notice Thrown when a bid is not opened, not in the bidder's tree, of another account or interval, or shown twice. Remedy: each
    /// as opened, in the order of bidder and index.
    error ProofsOtherBid(uint32 interval, ParticipantId bidder, uint32 index);
    /// @notice Thrown when the one that settles did not sign that it has the aggregator's bids. Remedy: its signature; without one it
    /// may leave the energy on the aggregator's own account.
    error ProofsNoReceipt(bytes32 digest);
    /// @notice Thrown when curves or margins are not those of the clearing. Remedy: those of the events.
    error ProofsOtherBook(uint32 interval, bytes32 expected, bytes32 found);

    /// @notice Weighs energy said to be an account's at a node against its bids; reverts for others than its own.
    /// @param receiver of receipts for each tree; 0 = none are needed
    /// @param price of the node in the clearing that stands [micro-credit/kWh]
    /// @param bids in the order of bidder and index
    /// @param margins of the clearing that stands
    /// @return isEnough whether it is all that was accepted of these bids
    /// @return isProved whether no more than that
    function weigh(
        PowerAccountId account,
        uint8 node,
        uint32 interval,
        ParticipantId receiver,
        uint256 soldWh,
        uint256 boughtWh,
        uint256 price,
        ShownBid[] calldata bids,
        uint256[] calldata margins
    ) external view returns (bool isEnough, bool isProved);

    /// @notice Energy accepted of all curves at a node, by side: 0 bought, 1 sold [Wh].
    function acceptedAt(uint8 node, uint32 interval, ShownBook calldata book) external view returns (uint256[2] memory);

    /// @notice EIP-712 digest of a {TreeReceipt}.
    function receiptDigest(TreeReceipt calldata receipt) external view returns (bytes32);
}
