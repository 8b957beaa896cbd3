// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IExchange} from "./IExchange.sol";
import {MarketId, ParticipantId} from "../types/Ids.sol";

/// @dev A sale of one seller's lots in one market. Numbers run from 1; 0 means none.
type AuctionId is uint32;

enum BidForm {
    Sealed, // committed first, revealed later
    Open //    placed for all to see: China's one-way bidding
}

/// @dev Rationing of tied bids at the clearing price.
enum TieRule {
    ProRata, // each a share, rounded so that the shares sum to what there is
    Random, //  in an order drawn before the reveals, without which nothing is sold; the last one in part
    Time //     whose bid has the lowest number; the last one in part
}

enum PriceRule {
    Uniform, // each pays the clearing price
    AsBid //    each pays its own bid
}

enum AuctionStage {
    None,
    Announced, // the seller's lots are not in yet
    Open, //      they are; bids are taken, revealed, counted
    Cleared, //   the price is known; bids are settled one after the other
    Cancelled, // nothing is sold; bids are returned one after the other
    Closed //     all bids are settled, the seller is paid
}

enum BidStatus {
    None,
    Committed,
    Revealed, // and paid for in full
    Refused, //  revealed while the bidder's account was frozen: does not count, is returned
    Replaced, // by a higher one of the same bidder, which its payment went over to
    Settled
}

/// @dev Terms of an auction, as announced. An empty comment marks each storage slot. Prices are in ticks: `tick × tickSize` [0.0001 currency a
/// lot]. Lots are those of the market.
struct AuctionTerms {
    MarketId market;
    ParticipantId seller;
    ParticipantId proceeds; //  account that is paid
    ParticipantId forfeits; //  account that gets forfeited deposits
    uint40 lots; //             offered by the seller; unsold ones of earlier auctions come on top
    uint32 multiple; //         bids, offer and allocations are multiples of this [lots]. EU 500, California 1,000
    uint24 tickSize; //         [0.0001 currency a lot]; whole cents: a multiple of 100
    uint16 reserveTick; //      nothing is sold below; 0 = no reserve, or a committed one
    BidForm form;
    TieRule tie;
    PriceRule pricing;
    uint8 spread; //            unsold lots go to so many later auctions (at most 4); 0 = back to the seller. EU 4
    uint24 floorVolumePpm; //   a day counts for the floor when at least this share of the volume was traded [ppm], rounded up
    //
    uint40 limitLots; //        bids of a participant, or of a group together [lots]; 0 = no limit
    uint32 limitPpm; //         the same as a share of the volume [ppm], rounded down; 0 = no limit
    uint32 depositPpm; //       least deposit of a sealed bid, share of its value [ppm]
    uint32 floorPpm; //         cancelled when it clears below this share of {IAuctionExtension.floorPrice} [ppm]; 0 = never
    uint40 commitFrom; //       [s] bids are committed, or placed in the open, from here
    uint40 commitUntil; //      [s] until here
    uint16 maximumBids; //      bids in all
    uint16 bidsEach; //         of these, bids of a participant, or of a group together; at most an eighth
    uint8 floorDays; //         trading days whose median is the price that `floorPpm` refers to; odd, 3 to 21
    //
    uint40 revealFrom; //       [s] the seed is drawn before
    uint40 revealUntil; //      [s] then it can be cleared
    uint40 deliverFrom; //      [s] then bids are settled; a committed reserve is opened before
    uint56 leastDeposit; //     of a sealed bid, whatever its value, so that bids cannot be crowded out [0.0001 currency]
    uint32 minimumPpm; //       nothing is sold when bids that reach the reserve are for less than this share of the volume
    //                          [ppm], compared without rounding; else all these bids are served, at the lowest such price. EU
    //                          1,000,000, California 0
    uint48 placeFee; //         price of a bid's place, paid with the bid to `forfeits` whatever it wins [0.0001 currency]
    //
    bytes32 reserveCommitment; // {IAuction.reserveHash} of a reserve that bidders do not know; 0 = it is public
    bytes32 seedCommitment; //   keccak256 of the auctioneer's secret, for {TieRule.Random}
}

struct AuctionState {
    AuctionStage stage;
    bool returned; //        cancelled by the auctioneer's doing: unrevealed deposits and place fees are returned
    uint40 volume; //        lots that are in, unsold ones of earlier auctions included
    uint16 bids; //          given so far; they are numbered from 0
    uint16 settled; //       of these
    uint16 tick; //          clearing price; 0 = none yet
    uint16 cursor; //        lowest price counted so far; 0 = none yet
    uint56 demand; //        bid for at `cursor` and above [lots]
    uint48 drawBlock; //     its hash goes into the seed; 0 = not closed yet
    //
    uint56 marginal; //      bid for at the clearing price [lots]
    uint40 rest; //          left for these
    uint56 seen; //          of `marginal`, settled so far
    uint16 marginalBids;
    bool ranked; //          the order drawn has been applied:
    uint16 lastBid; //       the last bid in it that gets lots,
    uint40 lastLots; //      and how many
    //
    uint40 delivered; //     [lots]
    uint40 unsold; //        still here, after the end [lots]
    uint64 proceeds; //      [0.0001 currency]
    uint64 forfeited; //     [0.0001 currency]
    uint16 reserve; //       the reserve as it holds [tick]; 0 = not opened yet
    bool drawn; //           the seed
    //
    bytes32 seed;
}

/// @dev One storage slot.
struct Bid {
    ParticipantId participant;
    uint24 group; //         the participant's group of companies when it bid; 0 = none
    uint16 tick;
    uint40 lots;
    uint56 held; //          deposit or full payment, without the place fee [0.0001 currency]
    BidStatus status;
}

/// @title IAuctionBase
/// @notice Events and errors of auctions; see {IAuction}.
interface IAuctionBase {
    // ------------------------------------------------------------------ events

    /// @param notice Hash of the published notice.
    event AuctionAnnounced(
        AuctionId indexed id, MarketId indexed market, ParticipantId indexed seller, AuctionTerms terms, bytes32 notice
    );
    /// @notice The seller's lots are in.
    event AuctionOpened(AuctionId indexed id, uint256 volume);
    /// @param group The participant's group of companies; 0 = none.
    /// @param amount Deposit, without the place fee [0.0001 currency].
    event BidCommitted(
        AuctionId indexed id,
        uint256 indexed bid,
        ParticipantId indexed participant,
        uint24 group,
        bytes32 commitment,
        uint256 amount
    );
    /// @notice A bid is in the open and paid for in full.
    /// @param held All that is held for it, without the place fee [0.0001 currency].
    event BidRevealed(
        AuctionId indexed id,
        uint256 indexed bid,
        ParticipantId indexed participant,
        uint24 group,
        uint256 tick,
        uint256 lots,
        uint256 held
    );
    /// @notice A bid was revealed while the account was frozen; it does not count and is returned.
    event BidRefused(AuctionId indexed id, uint256 indexed bid, ParticipantId indexed participant);
    /// @notice An open bid was replaced by a higher one of its bidder, `by`.
    event BidReplaced(AuctionId indexed id, uint256 indexed bid, uint256 by);
    /// @notice No more commitments; the hash of `drawBlock` goes into the seed.
    event CommitmentsEnded(AuctionId indexed id, uint256 drawBlock);
    event SeedDrawn(AuctionId indexed id, bytes32 secret, bytes32 seed);
    event ReserveOpened(AuctionId indexed id, uint256 reserveTick);
    /// @notice Part of the levels was counted: `demand` [lots] at `tick` and above.
    event AuctionCounted(AuctionId indexed id, uint256 tick, uint256 demand);
    /// @param tick Clearing price.
    /// @param sold [lots]; of these go `rest` to bids at the clearing price, which want `marginal`.
    event AuctionCleared(AuctionId indexed id, uint256 tick, uint256 sold, uint256 marginal, uint256 rest);
    event AuctionCancelled(AuctionId indexed id, bytes32 reason);
    /// @notice The order drawn was applied to tied bids: those before `bid` are served in full, it gets `lots`, later ones none.
    event BidsRanked(AuctionId indexed id, uint256 bid, uint256 lots);
    /// @param lots Delivered.
    /// @param paid For these; `forfeited` deposit and place fee; `refund` of the rest [0.0001 currency].
    event BidSettled(
        AuctionId indexed id,
        uint256 indexed bid,
        ParticipantId indexed participant,
        uint256 lots,
        uint256 paid,
        uint256 forfeited,
        uint256 refund
    );
    /// @param unsold Lots that go to the next auctions, or went back to the seller where there is no next one.
    event AuctionClosed(AuctionId indexed id, uint256 delivered, uint256 proceeds, uint256 forfeited, uint256 unsold);
    event UnsoldCarried(AuctionId indexed id, AuctionId indexed next, uint256 lots);
    event UnsoldReturned(AuctionId indexed id, ParticipantId indexed seller, uint256 lots);
    /// @notice How many lots {IAuctionExtension.open} may take from a seller without it, at which least reserve [0.0001
    /// currency a lot].
    event ConsentSet(ParticipantId indexed seller, MarketId indexed market, uint256 lots, uint256 leastPrice);

    // ------------------------------------------------------------------ errors

    /// @notice Thrown when there is no auction `id`.
    error AuctionUnknown(AuctionId id);
    /// @notice Thrown when terms cannot hold: `field` is out of its bounds or does not go with another.
    error AuctionBadTerms(bytes32 field);
    /// @notice Thrown when the auction is at another stage.
    error AuctionWrongStage(AuctionId id, AuctionStage stage);
    /// @notice Thrown when now is not between `from` and `until` [s].
    error AuctionNotNow(AuctionId id, uint256 from, uint256 until);
    /// @notice Thrown when bids are of the other form.
    error AuctionWrongForm(AuctionId id, BidForm form);
    /// @notice Thrown when the lots are of a batch that is locked or invalid: a bid would buy nothing. Bid once it is unlocked.
    error AuctionMarketBarred(AuctionId id, MarketId market);
    /// @notice Thrown when the wallet may not trade for an active participant.
    error AuctionNotTrader(address wallet);
    /// @notice Thrown when the seller has not consented to so many lots.
    error AuctionConsentShort(ParticipantId seller, uint256 consented, uint256 lots);
    /// @notice Thrown when the terms do not keep to the seller's consent: it must be paid itself, and the reserve be public
    /// and at least `leastPrice` [0.0001 currency a lot]. The seller's own wallet opens any auction.
    error AuctionConsentTerms(ParticipantId seller, uint256 leastPrice);
    /// @notice Thrown when the auction has all the bids it takes.
    error AuctionFull(AuctionId id, uint256 maximum);
    /// @notice Thrown when the participant, or its group together, has all its bids. Replace a lower one, or wait for the next auction.
    error AuctionShareFull(AuctionId id, ParticipantId participant, uint24 group, uint256 maximum);
    /// @notice Thrown when a movement in the ledger ended without a reason, as it does when gas runs out. Send more gas.
    error AuctionOutOfGas();
    /// @notice Thrown when the bid is another participant's.
    error AuctionForeignBid(AuctionId id, uint256 bid);
    /// @notice Thrown when the bid is not in the status the act needs.
    error AuctionBidStatus(AuctionId id, uint256 bid, BidStatus status);
    /// @notice Thrown when this does not open what was committed.
    error AuctionWrongOpening(bytes32 expected, bytes32 found);
    /// @notice Thrown when price or lots are out of bounds, or lots no multiple of `multiple`.
    error AuctionBadBid(uint256 tick, uint256 lots, uint256 multiple);
    /// @notice Thrown when the deposit of `deposit` is below the `needed`.
    error AuctionDepositShort(uint256 deposit, uint256 needed);
    /// @notice Thrown when all bids of a participant together are for more than the limit.
    error AuctionOverLimit(ParticipantId participant, uint256 lots, uint256 limit);
    /// @notice Thrown when a bid is below a public reserve, or offers no more than the one it replaces.
    error AuctionNotHigher(uint256 offered, uint256 needed);
    /// @notice Thrown when the hash of block `number` is not there yet, or, 256 blocks later, no more.
    error AuctionNoBlockHash(uint256 number);
    /// @notice Thrown when the reserve has not been opened yet.
    error AuctionReserveSealed(AuctionId id);
    /// @notice Thrown when the order drawn has not been applied to tied bids yet: call {IAuctionCore.rank}.
    error AuctionNotRanked(AuctionId id);
    /// @notice Thrown when `bid` is not the last bid served in the order drawn.
    error AuctionBadRank(uint256 bid);
    /// @notice Thrown when a call has more items than its bound.
    error AuctionTooManyItems(uint256 items, uint256 maximum);
    /// @notice Thrown when no unsold lots are left.
    error AuctionNothingUnsold(AuctionId id);
    /// @notice Thrown when bidding has ended, the seed is drawn, or there is no order to be found.
    error AuctionNothingToDo(AuctionId id);

    // ------------------------------------------------------------------ views

    function auctionCount() external view returns (uint256);

    function EXCHANGE() external view returns (IExchange);
}
