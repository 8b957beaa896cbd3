// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, UnitId} from "../types/Ids.sol";
import {ProjectId} from "../evidence/IProjects.sol";

/// @dev Terms of a purchase of units that are not issued yet.
struct ForwardTerms {
    ParticipantId seller;
    ProjectId project; // the units must come from its monitoring reports
    uint16 vintage; //    and be of this year
    uint64 amount; //     [t]
    uint64 price; //      [smallest unit of the currency a t]
    uint40 deadline; //   [s] last moment to accept and to deliver
    address currency; //  ERC-20
}

enum ForwardStatus {
    None,
    Offered, //  the buyer's money is here, the seller has not said yes
    Accepted, // bound until everything is delivered or the deadline has passed
    Ended //     the rest of the escrow went back to the payer
}

/// @dev A forward purchase as stored; an empty comment marks each slot boundary.
struct Forward {
    address payer; //      wallet that pays, receives the units, and gets back the rest of the escrow
    uint40 deadline; //    [s]
    ParticipantId buyer;
    ParticipantId seller;
    ForwardStatus status;
    //
    address currency;
    ProjectId project;
    uint16 vintage;
    //
    uint64 amount; //      [t]
    uint64 delivered; //   [t] of it; all of it once there is nothing left to deliver
    uint64 price; //       [smallest unit of the currency a t]
}

/// @title IForwardPurchases
/// @notice Credits bought before they are issued: the price is escrowed here until units of the project and vintage are
/// delivered, and is paid out in the same transaction (delivery versus payment).
/// @dev The contract holds `(amount - delivered) × price` of every offered or accepted purchase and never a unit: these go
/// straight from the seller's wallet to the payer's, under the seller's approval (`setApprovalForAll`).
/// @dev Assumes that a currency moves exactly the amount given; the amount received is compared. A faulty currency harms
/// only the parties that agreed on it.
interface IForwardPurchases {
    /// @notice Emitted when a buyer offers to buy; `amount × price` is here.
    event ForwardOffered(
        uint256 indexed forward,
        ParticipantId indexed buyer,
        ParticipantId indexed seller,
        address payer,
        ForwardTerms terms
    );

    /// @notice Emitted when the seller accepts.
    event ForwardAccepted(uint256 indexed forward, address indexed wallet);

    /// @notice Emitted for each delivery, which is paid in the same transaction.
    /// @param amount [t]
    /// @param paid [smallest unit of the currency]
    event ForwardDelivered(
        uint256 indexed forward, UnitId indexed unit, address indexed wallet, uint64 amount, uint256 paid
    );

    /// @notice Emitted when the rest of the escrow went back to the payer.
    /// @param refunded [smallest unit of the currency]
    event ForwardEnded(uint256 indexed forward, address indexed by, uint256 refunded);

    /// @notice Thrown when no forward purchase has this number.
    error ForwardUnknown(uint256 forward);
    /// @notice Thrown when a purchase is not in the status the act needs.
    error ForwardWrongStatus(uint256 forward, ForwardStatus status);
    /// @notice Thrown when the wallet is not of the party that acts, not of an active participant, or may not trade.
    error ForwardNotParty(address wallet, ParticipantId party);
    /// @notice Thrown when seller, project, amount or price is missing, or buyer and seller are one.
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

    /// @notice Offers to buy and escrows `amount × price`. Caller: wallet with TRADE of an active participant that has
    /// approved this contract at the currency. It pays, receives the units and gets back the rest of the escrow.
    function offer(ForwardTerms calldata terms) external returns (uint256 forward);

    /// @notice Accepts an offer until its deadline. Caller: wallet with TRADE of the seller.
    function accept(uint256 forward) external;

    /// @notice Delivers `amount` [t] of `unit` from the caller's wallet to the payer's and pays the caller for them. In as
    /// many parts as the seller likes, until the deadline. Caller: wallet with TRADE of the seller.
    /// @dev Only issued units move at all: those of an ex-ante, locked or invalidated batch revert.
    function deliver(uint256 forward, UnitId unit, uint64 amount) external;

    /// @notice Ends a purchase and returns the rest of the escrow to the payer. Anyone after the deadline; before it the
    /// seller, or the buyer while the offer is not accepted.
    function end(uint256 forward) external;

    /// @notice A forward purchase by its number; reverts when there is none.
    function forwardOf(uint256 forward) external view returns (Forward memory);

    /// @notice The last forward purchase has this number; the first has 1.
    function count() external view returns (uint256);
}
