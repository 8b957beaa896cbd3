// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    AuctionId,
    AuctionStage,
    AuctionState,
    AuctionTerms,
    Bid,
    IAuctionBase
} from "../../interfaces/market/IAuctionBase.sol";
import {IExchange} from "../../interfaces/market/IExchange.sol";
import {Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {IParticipantSource, IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {PackedWalletLib} from "../types/PackedWallet.sol";
import {PauseState} from "../rules/PauseState.sol";
import {Demand} from "./lib/Demand.sol";

/// @title AuctionCustody
/// @notice Storage of {Auction} and {AuctionExtension}, and the movements of both in the Exchange's ledger.
/// @dev The Exchange's `settle` calls no contract but for views, so no call can re-enter.
abstract contract AuctionCustody is IAuctionBase, PauseState {
    /// @dev Bids of a participant without a group, or of a group.
    struct Bidder {
        uint16 bids;
        uint56 lots; // revealed
    }

    /// @dev Count of a claim about the order drawn, see {IAuctionCore.rank}.
    struct Ranking {
        uint16 seen; //   bids, in the order of their numbers
        uint56 before; // lots of tied ones before the claimed one
    }

    struct Consent {
        uint64 lots;
        uint64 leastPrice; // [0.0001 currency a lot]
    }

    struct StoredAuction {
        AuctionTerms terms;
        AuctionState state;
        Demand.Curve demand;
        mapping(uint256 bid => Bid) bids;
        mapping(uint256 bid => bytes32) commitments;
        mapping(uint256 bidder => Bidder) bidders; // key: {_bidderKey}
        mapping(uint256 last => Ranking) rankings;
    }

    uint256 internal constant PPM = 1_000_000;
    uint256 internal constant MAX_TICK = type(uint16).max;
    /// @dev This contract's own custody account, as {IExchange.settle} takes it.
    ParticipantId internal constant CUSTODY = ParticipantId.wrap(0);
    /// @dev Names no bid in the reference of a movement.
    uint256 internal constant NONE = type(uint256).max;

    /// @inheritdoc IAuctionBase
    IExchange public immutable EXCHANGE;
    IParticipantSource internal immutable PARTICIPANTS;
    IRuleSource internal immutable RULES;

    /// @inheritdoc IAuctionBase
    uint256 public auctionCount;
    mapping(AuctionId id => StoredAuction) internal _auctions;
    mapping(ParticipantId seller => mapping(MarketId market => Consent)) internal _consents;

    constructor(IExchange exchange) {
        EXCHANGE = exchange;
        PARTICIPANTS = exchange.PARTICIPANTS();
        RULES = exchange.RULES();
    }

    // ------------------------------------------------------------------ checks

    function _stored(AuctionId id) internal view returns (StoredAuction storage a) {
        a = _auctions[id];
        if (a.state.stage == AuctionStage.None) revert AuctionUnknown(id);
    }

    function _atStage(AuctionId id, AuctionStage needed) internal view returns (StoredAuction storage a) {
        a = _stored(id);
        if (a.state.stage != needed) revert AuctionWrongStage(id, a.state.stage);
    }

    /// @dev Reverts unless now is in `[from, until)` [s].
    function _checkTime(AuctionId id, uint256 from, uint256 until) internal view {
        if (block.timestamp < from || block.timestamp >= until) revert AuctionNotNow(id, from, until);
    }

    /// @dev The participant of a wallet that may trade now.
    function _trader(address wallet) internal view returns (ParticipantId) {
        (ParticipantId participant, bool may) = _walletOf(wallet);
        if (!may) revert AuctionNotTrader(wallet);
        return participant;
    }

    function _walletOf(address wallet) internal view returns (ParticipantId participant, bool may) {
        uint8 rights;
        uint8 status;
        (participant, rights, status) = PARTICIPANTS.walletOf(wallet);
        may = ParticipantId.unwrap(participant) != 0 && rights & PackedWalletLib.TRADE != 0
            && status == PackedWalletLib.ACTIVE;
    }

    /// @dev Whose bids count together: `1 | group 24`, or the participant.
    function _bidderKey(ParticipantId participant, uint24 group) internal pure returns (uint256) {
        return group == 0 ? ParticipantId.unwrap(participant) : (1 << 24) | uint256(group);
    }

    function _limit(StoredAuction storage a) internal view returns (uint256 limit) {
        limit = a.terms.limitLots;
        if (limit == 0) limit = type(uint256).max;
        uint256 ppm = a.terms.limitPpm;
        if (ppm == 0) return limit;
        uint256 share = a.state.volume * ppm / PPM;
        return share < limit ? share : limit;
    }

    /// @dev End of reveals, and of bids in the open [s]: a pause may have kept the money from coming. The moment before it is
    /// the last one. As announced until then, since no pause moves it to an earlier time: most reveals read no pause.
    function _revealUntil(StoredAuction storage a) internal view returns (uint256) {
        uint256 announced = a.terms.revealUntil;
        return block.timestamp < announced ? announced : _moved(announced - 1) + 1; // after the announcement
    }

    /// @dev As long after the end of reveals as announced [s].
    function _deliverFrom(StoredAuction storage a) internal view returns (uint256) {
        return _revealUntil(a) + a.terms.deliverFrom - a.terms.revealUntil;
    }

    /// @dev Ends an auction through no fault of a bidder: everything goes back.
    function _return(AuctionId id, AuctionState storage s, bytes32 reason) internal {
        s.returned = true;
        _cancel(id, s, reason);
    }

    function _cancel(AuctionId id, AuctionState storage s, bytes32 reason) internal {
        s.stage = AuctionStage.Cancelled;
        emit AuctionCancelled(id, reason);
    }

    // ------------------------------------------------------------------ ledger

    /// @dev Moves lots, and cash the other way; all movements go through here.
    /// @return why Empty when it was done, else the Exchange's error, which is never empty: gas that runs out must not
    /// look like a movement.
    function _settle(
        StoredAuction storage a,
        ParticipantId from,
        ParticipantId to,
        uint256 lots,
        uint256 cash,
        Settlement kind,
        uint256 ref
    ) internal returns (bytes memory why) {
        try EXCHANGE.settle(a.terms.market, from, to, lots, cash, kind, bytes32(ref)) {}
        catch (bytes memory reason) {
            if (reason.length == 0) revert AuctionOutOfGas();
            why = reason;
        }
    }

    /// @dev Moves cash of a bidder into custody: a `Trade` of no lots.
    function _takeCash(StoredAuction storage a, ParticipantId from, uint256 cash, uint256 ref) internal {
        _checkSettled(_settle(a, CUSTODY, from, 0, cash, Settlement.Trade, ref));
    }

    /// @dev Moves cash out of custody.
    function _payCash(StoredAuction storage a, ParticipantId to, uint256 cash, uint256 ref) internal {
        if (cash != 0) _checkSettled(_settle(a, to, CUSTODY, 0, cash, Settlement.Trade, ref));
    }

    /// @dev Returns lots to the seller.
    function _returnLots(AuctionId id, StoredAuction storage a, uint256 lots) internal {
        _checkSettled(_settle(a, CUSTODY, a.terms.seller, lots, 0, Settlement.Return, _reference(id, NONE)));
    }

    /// @dev Reverts with the Exchange's own error, if there is one.
    function _checkSettled(bytes memory why) internal pure {
        if (why.length == 0) return;
        assembly ("memory-safe") {
            revert(add(why, 32), mload(why))
        }
    }

    /// @dev Reference of a movement in the Exchange's events: `auction 32 | bid 32`, all ones where it is of no bid.
    function _reference(AuctionId id, uint256 bid) internal pure returns (uint256) {
        return (uint256(AuctionId.unwrap(id)) << 32) | uint32(bid); // numbers of bids have 16 bits
    }
}
