// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPayouts} from "../parties/IPayouts.sol";
import {ParticipantId, UnitId} from "../types/Ids.sol";
import {ProjectId} from "../evidence/IProjects.sol";

/// @dev Terms of a purchase of units that are not issued yet.
struct ForwardTerms {
    ParticipantId seller;
    ProjectId project; // the units must come from its monitoring reports
    uint16 vintage; //    and be of this year
    uint64 amount; //     [t]
    uint64 price; //      [smallest unit of the currency a t]
    uint64 bond; //       [likewise] the seller's, for each tonne; at least a tenth of the price
    uint40 deadline; //   [s] last moment to accept and to deliver
    address currency; //  ERC-20
}

enum ForwardStatus {
    None,
    Offered, //  the buyer's money is here, the seller has not said yes
    Accepted, // the seller's bond is here too; until everything is delivered or the deadline has passed
    Ended //     price and bond of what was not delivered are the buyer's
}

/// @dev A forward purchase as stored; an empty comment marks each slot boundary.
struct Forward {
    address currency;
    uint40 deadline; //    [s]
    ParticipantId buyer;
    ParticipantId seller;
    ForwardStatus status;
    //
    ProjectId project;
    uint16 vintage;
    //
    uint64 amount; //      [t]
    uint64 delivered; //   [t] of it; all of it once there is nothing left to deliver
    uint64 price; //       [smallest unit of the currency a t]
    uint64 bond; //        [likewise]
}

/// @title IForwardPurchases
/// @notice Credits bought before they are issued: the price is escrowed here until units of the project and vintage are
/// delivered, and is the seller's in the same transaction (delivery versus payment).
/// @dev Parties are participants, not addresses: a wallet that pays may be removed, replaced or stolen and changes nothing.
/// @dev The contract holds `(amount - delivered) × price` of every offered or accepted purchase, as much of the bond of every
/// accepted one, and all payouts (see {IPayouts}: `payee` is a participant's number, `asset` a currency's address) that are not
/// withdrawn, so that a currency that refuses one wallet stops neither delivery nor end. Units pass through it to the buyer's primary wallet; where that
/// refuses them, or the buyer is suspended or closed, they stay here for the buyer and the seller is paid all the same.
/// @dev Assumes that a currency moves exactly the amount given; the amount received is compared. A faulty currency harms
/// only the parties that agreed on it.
interface IForwardPurchases is IPayouts {
    /// @notice Emitted when a buyer offers to buy; `amount × price` is here, paid by `wallet`.
    event ForwardOffered(
        uint256 indexed forward,
        ParticipantId indexed buyer,
        ParticipantId indexed seller,
        address wallet,
        ForwardTerms terms
    );

    /// @notice Emitted when the seller accepts.
    /// @param bonded [smallest unit of the currency] its bond, paid by `wallet`
    event ForwardAccepted(uint256 indexed forward, address indexed wallet, uint256 bonded);

    /// @notice Emitted for each delivery; the seller is owed both amounts from the same transaction on.
    /// @param receiver the buyer's primary wallet; this contract where that could not receive
    /// @param amount [t]
    /// @param paid [smallest unit of the currency]
    /// @param released [likewise] of the bond
    event ForwardDelivered(
        uint256 indexed forward,
        UnitId indexed unit,
        address indexed wallet,
        address receiver,
        uint64 amount,
        uint256 paid,
        uint256 released
    );

    /// @notice Emitted when a purchase has ended; the buyer is owed both amounts.
    /// @param refunded [smallest unit of the currency] price of what was not delivered
    /// @param forfeited [likewise] the seller's bond for it
    event ForwardEnded(uint256 indexed forward, address indexed by, uint256 refunded, uint256 forfeited);

    /// @notice Emitted when a participant has collected units that none of its wallets received before.
    /// @param amount [t]
    event ForwardUnitsCollected(
        ParticipantId indexed participant, UnitId indexed unit, address indexed wallet, uint256 amount
    );

    /// @notice Thrown when no forward purchase has this number.
    error ForwardUnknown(uint256 forward);
    /// @notice Thrown when a purchase is not in the status the act needs.
    error ForwardWrongStatus(uint256 forward, ForwardStatus status);
    /// @notice Thrown when the wallet is not of the party that acts, its participant is suspended, or it lacks the right (to
    /// trade; to collect: to withdraw). Act by another wallet, or once reinstated.
    error ForwardNotParty(address wallet, ParticipantId party);
    /// @notice Thrown when seller, project, amount or price is missing, the bond is below a tenth of the price, or buyer and
    /// seller are one. Correct the terms.
    error ForwardBadTerms(ForwardTerms terms);
    /// @notice Thrown when the deadline has passed [s].
    error ForwardTooLate(uint256 forward, uint256 deadline);
    /// @notice Thrown when the currency moved another amount than it was told to.
    error ForwardCurrencyShort(address currency, uint256 expected, uint256 received);
    /// @notice Thrown when units are not of the project and vintage agreed.
    error ForwardWrongUnits(UnitId unit, ProjectId project, uint16 vintage);
    /// @notice Thrown when nothing is delivered, or more than is left [t].
    error ForwardBadAmount(uint256 forward, uint64 amount, uint64 left);
    /// @notice Thrown when a buyer takes money back that is still bound.
    error ForwardBound(uint256 forward, uint256 deadline);
    /// @notice Thrown when units come otherwise than by a delivery. Call {deliver}.
    error ForwardNotDelivered(address token, address operator);

    /// @notice Offers to buy and escrows `amount × price`. Caller: wallet with TRADE of an active participant that has
    /// approved this contract at the currency; it pays.
    function offer(ForwardTerms calldata terms) external returns (uint256 forward);

    /// @notice Accepts an offer until its deadline and escrows `amount × bond`. Caller: wallet with TRADE of the seller that
    /// has approved this contract at the currency; it pays.
    function accept(uint256 forward) external;

    /// @notice Delivers `amount` [t] of `unit` from the caller's wallet to the buyer; the seller is owed their price, with
    /// their bond, and withdraws it (see {IPayouts}). In as many parts as the seller likes, until the deadline. Caller: wallet with TRADE of the seller.
    /// @dev Only issued units move at all: those of an ex-ante, locked or invalidated batch revert.
    function deliver(uint256 forward, UnitId unit, uint64 amount) external;

    /// @notice Ends a purchase: the rest of the escrow, and the bond for it, become the buyer's. Anyone after the deadline;
    /// before it the seller, which gives its bond up, or the buyer while the offer is not accepted.
    function end(uint256 forward) external;

    /// @notice Gives out all units of an id that are kept for the caller's participant. Caller: wallet with WITHDRAW of an
    /// active participant.
    function collectUnits(UnitId unit) external returns (uint256 amount);

    /// @notice [t] kept for a participant.
    function unitsFor(ParticipantId participant, UnitId unit) external view returns (uint256);

    /// @notice The bond is at least the price over this.
    function BOND_DIVISOR() external view returns (uint256);

    /// @notice A forward purchase by its number; reverts when there is none.
    function forwardOf(uint256 forward) external view returns (Forward memory);

    /// @notice The last forward purchase has this number; the first has 1.
    function count() external view returns (uint256);
}
