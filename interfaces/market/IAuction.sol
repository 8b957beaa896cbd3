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
    Random, //  in an order drawn before the reveals; the last one in part
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
    //
    uint40 limitLots; //        a participant's bids together [lots]; 0 = no limit
    uint32 limitPpm; //         the same as a share of the volume [ppm], rounded down; 0 = no limit
    uint32 depositPpm; //       least deposit of a sealed bid, share of its value [ppm]
    uint32 floorPpm; //         cancelled when it clears below this share of the exchange's price [ppm]; 0 = never
    uint40 commitFrom; //       [s] bids are committed, or placed in the open, from here
    uint40 commitUntil; //      [s] until here
    uint16 maximumBids; //      bids in all
    //
    uint40 revealFrom; //       [s] the seed is drawn before
    uint40 revealUntil; //      [s] then it can be cleared
    uint40 deliverFrom; //      [s] then bids are settled; a committed reserve is opened before
    uint56 leastDeposit; //     of a sealed bid, whatever its value, so that bids cannot be crowded out [0.0001 currency]
    uint32 minimumPpm; //       nothing is sold when bids that reach the reserve are for less than this share of the volume
    //                          [ppm], compared without rounding; else all these bids are served, at the lowest such price. EU
    //                          1,000,000, California 0
    //
    bytes32 reserveCommitment; // {IAuction.reserveHash} of a reserve that bidders do not know; 0 = it is public
    bytes32 seedCommitment; //   keccak256 of the auctioneer's secret, for {TieRule.Random}
}

struct AuctionState {
    AuctionStage stage;
    bool returned; //        cancelled before the first reveal: unrevealed deposits are returned
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
    uint16 ranked; //        of these
    uint40 given; //         to ranked ones [lots]
    //
    uint40 delivered; //     [lots]
    uint40 unsold; //        still here, after the end [lots]
    uint64 proceeds; //      [0.0001 currency]
    uint64 forfeited; //     [0.0001 currency]
    uint16 reserve; //       the reserve as it holds [tick]; 0 = not opened yet
    bool drawn; //           the seed
    //
    bytes32 seed;
    uint256 lastKey; //      of the last ranked bid
}

/// @dev One storage slot.
struct Bid {
    ParticipantId participant;
    uint16 tick;
    uint40 lots;
    uint56 held; //          deposit or full payment [0.0001 currency]
    uint40 won; //           set by {IAuction.rank} [lots]
    BidStatus status;
}

/// @title IAuction
/// @notice Auctions of lots at one price for all, by sealed bids; and one-way bidding in the open.
/// @dev Lots and cash never leave the Exchange's ledger: this contract's custody account holds them meanwhile.
/// @dev A bid that is not revealed in time forfeits its deposit, whatever the reason: not of the promised multiple, beyond
/// the limit, deposit too small, cash short. A refused bid would otherwise be a free exit.
/// @dev The order of ties. `seed = keccak256(secret, hash of a block after the last commitment)`. The secret was
/// committed at the announcement, before any bid; the block is the one in which the auctioneer ends commitments, whose hash
/// is not known before; both are fixed before the first reveal and no bid goes in. A block's producer does not know the
/// secret, the auctioneer does not know the hash: only both together could choose. A secret that is not opened
/// in time makes ties pro rata.
interface IAuction {
    // ------------------------------------------------------------------ events

    /// @param notice Hash of the published notice.
    event AuctionAnnounced(
        AuctionId indexed id, MarketId indexed market, ParticipantId indexed seller, AuctionTerms terms, bytes32 notice
    );
    /// @notice The seller's lots are in.
    event AuctionOpened(AuctionId indexed id, uint256 volume);
    /// @param amount Deposit [0.0001 currency].
    event BidCommitted(
        AuctionId indexed id, uint256 indexed bid, ParticipantId indexed participant, bytes32 commitment, uint256 amount
    );
    /// @notice A bid is in the open and paid for in full.
    /// @param held All that is held for it [0.0001 currency].
    event BidRevealed(
        AuctionId indexed id,
        uint256 indexed bid,
        ParticipantId indexed participant,
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
    /// @notice Tied bids got the next places, in this order.
    /// @param given To all ranked so far [lots].
    event BidsRanked(AuctionId indexed id, uint256[] bids, uint256 given);
    /// @param lots Delivered.
    /// @param paid For these; `forfeited` deposit; `refund` of the rest [0.0001 currency].
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
    /// @notice How many lots officers may take from a seller for its auctions.
    event ConsentSet(ParticipantId indexed seller, MarketId indexed market, uint256 lots);

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
    /// @notice Thrown when the wallet may not trade for an active participant.
    error AuctionNotTrader(address wallet);
    /// @notice Thrown when the seller has not consented to so many lots.
    error AuctionConsentShort(ParticipantId seller, uint256 consented, uint256 lots);
    /// @notice Thrown when the auction has all the bids it takes.
    error AuctionFull(AuctionId id, uint256 maximum);
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
    /// @notice Thrown when a bid of open bidding is below the reserve, or offers no more than the one it replaces.
    error AuctionNotHigher(uint256 offered, uint256 needed);
    /// @notice Thrown when the hash of block `number` is not there yet, or, 256 blocks later, no more.
    error AuctionNoBlockHash(uint256 number);
    /// @notice Thrown when the reserve has not been opened yet.
    error AuctionReserveSealed(AuctionId id);
    /// @notice Thrown when only `ranked` of `bids` tied bids have their places.
    error AuctionNotRanked(AuctionId id, uint256 ranked, uint256 bids);
    /// @notice Thrown when a list of ties is not in the order drawn, or names a bid that is none of them.
    error AuctionBadRank(uint256 bid);
    /// @notice Thrown when a call has more items than its bound.
    error AuctionTooManyItems(uint256 items, uint256 maximum);
    /// @notice Thrown when no unsold lots are left.
    error AuctionNothingUnsold(AuctionId id);
    /// @notice Thrown when bidding has ended, the seed is drawn, or there is no order to be found.
    error AuctionNothingToDo(AuctionId id);

    // ------------------------------------------------------------------ before

    /// @notice Announces an auction. Power MARKET in the market's scheme.
    function announce(AuctionTerms calldata terms, bytes32 notice) external returns (AuctionId id);

    /// @notice Brings the seller's lots in, before the first bid. A wallet of the seller that may trade; or anyone, as
    /// far as {setConsent} goes.
    function open(AuctionId id) external;

    /// @notice Sets how many lots of the caller's participant {open} may take in a market without it.
    function setConsent(MarketId market, uint256 lots) external;

    // ------------------------------------------------------------------ sealed bids

    /// @notice Commits a bid: {bidHash}, with a deposit [0.0001 currency] out of the bidder's account in the ledger.
    function commit(AuctionId id, bytes32 commitment, uint256 deposit) external returns (uint256 bid);

    /// @notice Reveals a bid; the payment beyond its deposit is collected. Anyone who knows price, lots and salt.
    function reveal(AuctionId id, uint256 bid, uint256 tick, uint256 lots, bytes32 salt) external;

    /// @notice Fixes the block whose hash goes into the seed, between commitments and reveals. Power MARKET.
    function endCommitments(AuctionId id) external;

    /// @notice Opens the auctioneer's secret: the order of ties is fixed. Before the first reveal, at the latest 256 blocks
    /// after {endCommitments}. Anyone who knows the secret.
    function drawSeed(AuctionId id, bytes32 secret) external;

    /// @notice Opens a reserve that was committed, after the reveals. Anyone who knows it. Until it is open nothing is
    /// cleared; if it never is, the auction is cancelled.
    function openReserve(AuctionId id, uint256 reserveTick, bytes32 salt) external;

    // ------------------------------------------------------------------ open bids

    /// @notice Bids in the open: the full payment is held at once. `replaced` names an own, lower bid that gives way, or
    /// is {NO_BID}.
    function place(AuctionId id, uint256 tick, uint256 lots, uint256 replaced) external returns (uint256 bid);

    // ------------------------------------------------------------------ clearing

    /// @notice Counts at most `levels` prices, best first; at the end the auction is cleared or cancelled. Anyone.
    function clear(AuctionId id, uint256 levels) external;

    /// @notice Gives tied bids their places: all of them, in rising order of {rankKey}, in as many calls as wanted. Anyone.
    function rank(AuctionId id, uint256[] calldata bids) external;

    /// @notice Settles the next `count` (at most 200) bids in the order of their numbers; after the last one pays the
    /// seller. Anyone.
    /// @dev Lots beyond a winner's holding limit are not delivered and go unsold; of their price the share `depositPpm` is
    /// forfeited.
    function settle(AuctionId id, uint256 count) external;

    /// @notice Cancels. An officer with the power MARKET, before the first reveal (of open bids: before the end); everything
    /// is returned, by {settle}. Anyone, when the seller's lots did not come.
    function cancel(AuctionId id, bytes32 reason) external;

    /// @notice Spreads unsold lots evenly over the `spread` next auctions named, which take no bids yet. Power MARKET.
    function carry(AuctionId id, AuctionId[] calldata next) external;

    /// @notice Returns unsold lots to the seller when they were not carried over within 30 days. Anyone.
    function reclaim(AuctionId id) external;

    // ------------------------------------------------------------------ views

    /// @notice State of an auction. Its terms never change: they are in {AuctionAnnounced}.
    function auction(AuctionId id) external view returns (AuctionState memory);

    function auctionCount() external view returns (uint256);

    function bidOf(AuctionId id, uint256 bid) external view returns (Bid memory);

    /// @notice Commitment of a sealed bid; 0 once it is revealed.
    function commitmentOf(AuctionId id, uint256 bid) external view returns (bytes32);

    /// @notice Revealed demand at one price.
    function level(AuctionId id, uint256 tick) external view returns (uint256 lots, uint256 bids);

    /// @notice Lots that a participant has revealed.
    function revealedOf(AuctionId id, ParticipantId participant) external view returns (uint256 lots);

    /// @notice Limit of all bids of one participant [lots]; type(uint256).max = no limit.
    function limitOf(AuctionId id) external view returns (uint256 lots);

    function consentOf(ParticipantId seller, MarketId market) external view returns (uint256 lots);

    /// @notice The commitment of a bid, bound to this chain, contract, auction and participant.
    function bidHash(AuctionId id, ParticipantId participant, uint256 tick, uint256 lots, bytes32 salt)
        external
        view
        returns (bytes32);

    /// @notice The commitment of a reserve price.
    function reserveHash(uint256 reserveTick, bytes32 salt) external pure returns (bytes32);

    /// @notice Rank of a tied bid: the lowest key is served first.
    function rankKey(bytes32 seed, uint256 bid) external pure returns (uint256);

    /// @notice The exchange's price just before and during the auction, which `floorPpm` refers to [0.0001 currency a lot].
    /// @dev Mean of the listed trades of the last opened day, weighted by volume; without trades the previous close. The mean,
    /// because a last trade of one lot could cancel an auction.
    function exchangePrice(MarketId market) external view returns (uint256);

    /// @notice Names no bid, in {place}.
    function NO_BID() external view returns (uint256);

    function EXCHANGE() external view returns (IExchange);
}
