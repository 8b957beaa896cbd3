// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AuctionId, AuctionState, AuctionTerms, Bid, IAuctionBase} from "./IAuctionBase.sol";
import {MarketId, ParticipantId} from "../types/Ids.sol";

/// @title IAuctionExtension
/// @notice Acts of the auctioneer and the seller, unsold lots, and views.
/// @dev Called at the address of the Auction, which runs these functions in its extension.
interface IAuctionExtension is IAuctionBase {
    // ------------------------------------------------------------------ before

    /// @notice Announces an auction. Power MARKET in the market's scheme. Bidding begins within a year, delivery at most 92
    /// days later.
    function announce(AuctionTerms calldata terms, bytes32 notice) external returns (AuctionId id);

    /// @notice Brings the seller's lots in, before the first bid. A wallet of the seller that may trade; or anyone, as
    /// far as {setConsent} goes.
    function open(AuctionId id) external;

    /// @notice Sets how many lots of the caller's participant {open} may take in a market without it. Only into auctions
    /// that pay the participant itself and have a public reserve of at least `leastPrice` [0.0001 currency a lot].
    function setConsent(MarketId market, uint256 lots, uint256 leastPrice) external;

    /// @notice Fixes the block whose hash goes into the seed, between commitments and reveals. Power MARKET.
    function endCommitments(AuctionId id) external;

    /// @notice Opens the auctioneer's secret: the order of ties is fixed. Before the first reveal, at the latest 256 blocks
    /// after {endCommitments}. Anyone who knows the secret. If it is not drawn, {IAuctionCore.clear} returns everything.
    function drawSeed(AuctionId id, bytes32 secret) external;

    /// @notice Opens a reserve that was committed, after the reveals. Anyone who knows it. Until it is open nothing is
    /// cleared; if it never is, the auction is cancelled.
    function openReserve(AuctionId id, uint256 reserveTick, bytes32 salt) external;

    // ------------------------------------------------------------------ after

    /// @notice Cancels. An officer with the power MARKET, before the first reveal (of open bids: before the end); everything
    /// is returned, by {IAuctionCore.settle}. Anyone, when the seller's lots did not come.
    function cancel(AuctionId id, bytes32 reason) external;

    /// @notice Spreads unsold lots evenly over the `spread` next auctions named, which take no bids yet. Power MARKET.
    function carry(AuctionId id, AuctionId[] calldata next) external;

    /// @notice Returns unsold lots to the seller when they were not carried over within 30 days. Anyone.
    function reclaim(AuctionId id) external;

    // ------------------------------------------------------------------ views

    /// @notice State of an auction. Its terms never change: they are in {AuctionAnnounced}.
    function auction(AuctionId id) external view returns (AuctionState memory);

    function bidOf(AuctionId id, uint256 bid) external view returns (Bid memory);

    /// @notice Commitment of a sealed bid; 0 once it is revealed.
    function commitmentOf(AuctionId id, uint256 bid) external view returns (bytes32);

    /// @notice Revealed demand at one price.
    function level(AuctionId id, uint256 tick) external view returns (uint256 lots, uint256 bids);

    /// @notice Places taken and lots revealed by a group of companies together; group 0 is the participant alone.
    function shareOf(AuctionId id, ParticipantId participant, uint24 group)
        external
        view
        returns (uint256 bids, uint256 lots);

    /// @notice Limit of all bids of one participant or group [lots]; type(uint256).max = no limit.
    function limitOf(AuctionId id) external view returns (uint256 lots);

    function consentOf(ParticipantId seller, MarketId market) external view returns (uint256 lots, uint256 leastPrice);

    /// @notice The commitment of a reserve price.
    function reserveHash(uint256 reserveTick, bytes32 salt) external pure returns (bytes32);

    /// @notice The exchange's price that `floorPpm` refers to [0.0001 currency a lot]; 0 = there is none, and no floor.
    /// @dev The median of the mean prices, weighted by volume and rounded down, of the last `floorDays` trading days before the
    /// local day on which bidding ends, days on which less than `floorVolumePpm` of the auction's volume was
    /// traded left out; at most 63 days back. No trade on that day or later counts: a participant that has seen a bid cannot
    /// move the price. Moving it takes the volume on most of the days.
    function floorPrice(AuctionId id) external view returns (uint256);
}
