// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, UnitId} from "../types/Ids.sol";
import {ICreditPayouts} from "./ICreditPayouts.sol";
import {Party} from "../market/IPledges.sol";

/// @dev State of a pledge; `amount` 0 = all released. Amounts are micro-credits. Two slots.
struct CreditPledge {
    ParticipantId pledgor;
    ParticipantId lender;
    uint64 amount;
    // proposal of one side that the other has not agreed to
    Party proposer;
    uint64 proposedAmount;
    bool proposedToLender;
    bool frozen; // by an officer
    //
    UnitId credit;
}

/// @title ICreditPledges
/// @notice Energy credits set aside as security for a named lender.
/// @dev A custodian of EnergyCredits for the use TRANSFER (see {IEnergyCredits}): a pledge may be released to the lender, so
/// only a series with that use can be pledged, and only to a lender of a kind that may receive it. Pledgors approve this
/// contract there (`setApprovalForAll`). Its balance is the pledged credits; they are not spent, redeemed or reclaimed.
/// @dev Limits: a receiver's limit counts the total ever issued to it, so a pledge frees none of it. Pledged credits stay
/// outstanding and keep their collateral; {pledgedBy} adds to the balance of a pledgor's wallets.
/// @dev A release ends the pledge whatever its receiver does: where the wallet refuses the credits, or its participant is
/// suspended or closed, they are owed to it, see {ICreditPayouts}.
interface ICreditPledges is ICreditPayouts {
    /// @notice Emitted when credits are pledged [micro-credit].
    /// @param terms hash of the contract between the two
    event CreditsPledged(
        uint256 indexed pledge,
        ParticipantId indexed pledgor,
        ParticipantId indexed lender,
        UnitId credit,
        uint64 amount,
        bytes32 terms,
        address wallet
    );

    /// @notice Emitted when one side proposes a release; `amount` 0 = withdraws its proposal.
    event CreditReleaseProposed(uint256 indexed pledge, Party indexed by, uint64 amount, bool toLender, address wallet);

    /// @notice Emitted when credits are released [micro-credit].
    /// @param to pledgor or lender
    /// @param by the wallet that agreed last, or the ordering officer
    /// @param left still pledged
    /// @param reason of an officer's order; 0 when both agreed
    event PledgedCreditsReleased(
        uint256 indexed pledge, ParticipantId indexed to, address indexed by, uint64 amount, uint64 left, bytes32 reason
    );

    /// @notice Emitted when an officer freezes or unfreezes a pledge.
    event CreditPledgeFrozen(uint256 indexed pledge, bool frozen, bytes32 reason, address indexed officer);

    /// @notice Emitted when the rest of a pledge expires with its series [micro-credit].
    event PledgedCreditsExpired(uint256 indexed pledge, ParticipantId indexed pledgor, uint64 amount, address by);

    /// @notice Thrown when no pledge has this number.
    error CreditPledgesUnknown(uint256 pledge);
    /// @notice Thrown when the wallet is not of pledgor or lender, not of an active participant, or may not trade.
    error CreditPledgesNotParty(uint256 pledge, address wallet);
    /// @notice Thrown when the lender is not an active participant, or is the pledgor itself.
    error CreditPledgesBadLender(ParticipantId lender);
    /// @notice Thrown when the lender is of no kind that may receive the series.
    error CreditPledgesOtherKind(UnitId credit, ParticipantId lender);
    /// @notice Thrown when a release exceeds the pledge [micro-credit].
    error CreditPledgesTooMuch(uint256 pledge, uint64 amount, uint64 pledged);
    /// @notice Thrown when the amount is zero.
    error CreditPledgesZeroAmount(uint256 pledge);
    /// @notice Thrown when the caller's side has no proposal to withdraw.
    error CreditPledgesNothingProposed(uint256 pledge);
    /// @notice Thrown when a release to the lender is agreed while an authority has frozen credits of the series in a wallet
    /// of the pledgor.
    error CreditPledgesFrozen(uint256 pledge, address wallet);
    /// @notice Thrown when both sides would release a frozen pledge.
    error CreditPledgesPledgeFrozen(uint256 pledge);
    /// @notice Thrown when a pledge already is frozen, or unfrozen.
    error CreditPledgesUnchanged(uint256 pledge, bool frozen);
    /// @notice Thrown when an officer's order has no reason.
    error CreditPledgesNoReason(uint256 pledge);
    /// @notice Thrown when the series of a pledge has not expired [s].
    error CreditPledgesStillGood(uint256 pledge, uint40 expiry);
    /// @notice Thrown when credits would be withdrawn past the wallet in which an authority has frozen credits of the series.
    /// Remedy: withdraw to `frozen`.
    error CreditPledgesFrozenWallet(address to, address frozen);
    /// @notice Thrown when tokens arrive that this contract did not transfer in.
    error CreditPledgesNotAsked(address token, address operator);

    /// @notice Pledges free credits of the calling wallet to `lender`, another active participant. Caller: wallet with
    /// TRADE of an active participant, which approved this contract.
    /// @param amount [micro-credit]
    /// @param terms hash of the contract between the two
    function pledge(UnitId credit, ParticipantId lender, uint64 amount, bytes32 terms) external returns (uint256 id);

    /// @notice Agrees to release `amount` [micro-credit] to the pledgor or to the lender; released once both have agreed to
    /// the same. Caller: wallet with TRADE of one of them.
    /// @dev Only the last proposal is pending; `amount` 0 withdraws one's own; a release clears it.
    /// @dev Credits return to the wallet of the pledgor in which an authority froze credits of the series, if there is one,
    /// else to its primary wallet. In that case only {order} releases to the lender.
    /// @return released false when it is only proposed
    function agree(uint256 id, uint64 amount, bool toLender) external returns (bool released);

    /// @notice Orders a release to either side, with a reason, regardless of freezes. Caller: power FREEZE in the series'
    /// scheme and the pledgor's jurisdiction.
    function order(uint256 id, uint64 amount, bool toLender, bytes32 reason) external;

    /// @notice Freezes or unfreezes a pledge, with a reason; a frozen pledge is released by {order} only. Caller: as for
    /// {order}.
    /// @dev Independent of the pledgor's wallets, which may be removed with the credits frozen in them.
    function freeze(uint256 id, bool frozen, bytes32 reason) external;

    /// @notice Expires the rest of a pledge once its series has expired. Caller: any account.
    /// @dev The credits return to the pledgor, or to the issuer where the pledgor's wallet refuses them, and expire there in
    /// the same transaction with that wallet's balance of the series.
    function expire(uint256 id) external;

    /// @notice A pledge; reverts when there is none.
    function pledgeOf(uint256 id) external view returns (CreditPledge memory);

    /// @notice Total pledged by a participant of a series [micro-credit].
    function pledgedBy(ParticipantId pledgor, UnitId credit) external view returns (uint64);

    /// @notice Count of pledges; numbers run from 1.
    function count() external view returns (uint256);
}
