// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPausable} from "../rules/IPausable.sol";
import {
    AuctionId,
    AuctionStage,
    AuctionState,
    AuctionTerms,
    Bid,
    BidForm,
    BidStatus,
    IAuctionBase,
    PriceRule,
    TieRule
} from "./IAuctionBase.sol";
import {IAuctionExtension} from "./IAuctionExtension.sol";
import {ParticipantId} from "../types/Ids.sol";

/// @title IAuctionCore
/// @notice Bids, the clearing price, settlement.
interface IAuctionCore is IAuctionBase {
    // ------------------------------------------------------------------ sealed bids

    /// @notice Commits a bid: {bidHash}, with a deposit [0.0001 currency] and the place fee out of the bidder's account in the ledger.
    function commit(AuctionId id, bytes32 commitment, uint256 deposit) external returns (uint256 bid);

    /// @notice Reveals a bid; the payment beyond its deposit is collected. Anyone who knows price, lots and salt.
    function reveal(AuctionId id, uint256 bid, uint256 tick, uint256 lots, bytes32 salt) external;

    // ------------------------------------------------------------------ open bids

    /// @notice Bids in the open: the full payment is held at once, and the place fee. `replaced` names an own, lower bid that
    /// gives way, or is {NO_BID}.
    function place(AuctionId id, uint256 tick, uint256 lots, uint256 replaced) external returns (uint256 bid);

    // ------------------------------------------------------------------ clearing

    /// @notice Counts at most `levels` prices, best first; at the end the auction is cleared or cancelled. Anyone.
    function clear(AuctionId id, uint256 levels) external;

    /// @notice Applies the order drawn to tied bids: `last` is claimed to be the last one served in it. Looks at the next `count`
    /// (at most 2,000) bids; when all are seen, the claim is accepted or refused. Anyone.
    /// @dev Each claim has a count of its own, so a wrong one does not disturb another.
    function rank(AuctionId id, uint256 last, uint256 count) external;

    /// @notice Settles the next `count` (at most 200) bids in the order of their numbers; after the last one pays the
    /// seller. Anyone.
    /// @dev Lots beyond a winner's holding limit are not delivered and go unsold; of their price the share `depositPpm` is
    /// forfeited.
    function settle(AuctionId id, uint256 count) external;

    // ------------------------------------------------------------------ views

    /// @notice The commitment of a bid, bound to this chain, contract, auction and participant.
    function bidHash(AuctionId id, ParticipantId participant, uint256 tick, uint256 lots, bytes32 salt)
        external
        view
        returns (bytes32);

    /// @notice Rank of a tied bid: the lowest key is served first.
    function rankKey(bytes32 seed, uint256 bid) external pure returns (uint256);

    /// @notice Names no bid, in {place}.
    function NO_BID() external view returns (uint256);
}

/// @title IAuction
/// @notice Auctions of lots at one price for all, by sealed bids; and one-way bidding in the open.
/// @dev Lots and cash never leave the Exchange's ledger: this contract's custody account holds them meanwhile.
/// @dev A bid that is not revealed in time forfeits its deposit, whatever the reason: not of the promised multiple, below
/// a public reserve, beyond the limit, deposit too small, cash short. A refused bid would otherwise be a free exit.
/// @dev Places. A participant, with its group, takes at most `bidsEach` of the `maximumBids`, an eighth or less, and every place
/// costs `placeFee`, so that no bidder shuts others out and buys at the reserve. Fees are returned when the auctioneer
/// cancels or leaves its reserve sealed.
/// @dev The order of ties. `seed = keccak256(secret, hash of a block after the last commitment)`. The secret was
/// committed at the announcement, before any bid; the block is the one in which the auctioneer ends commitments, whose hash
/// is not known before; both are fixed before the first reveal and no bid goes in. A block's producer does not know the
/// secret, the auctioneer does not know the hash: only both together could choose. An auction whose secret is not opened in
/// time is cancelled and everything returned, which the auctioneer could do anyway: withholding it buys no other order.
/// @dev Times. A pause moves the end of reveals, and what comes after it keeps its distance; see {IPausable}.
interface IAuction is IAuctionCore, IAuctionExtension, IPausable {}
