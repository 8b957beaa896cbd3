// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, UnitId} from "../types/Ids.sol";
import {Party} from "../market/IPledges.sol";

/// @dev A pledge as it stands; `amount` 0 = all was released. Amounts are micro-credits. Two slots.
struct CreditPledge {
    ParticipantId pledgor;
    ParticipantId lender;
    uint64 amount;
    // what one of the two has agreed to and the other not yet
    Party proposer;
    uint64 proposedAmount;
    bool proposedToLender;
    bool frozen; // by an officer
    //
    UnitId credit;
}

/// @title ICreditPledges
/// @notice Energy credits set aside as security for a named lender.
/// @dev A house of EnergyCredits that serves the use TRANSFER (see {IEnergyCredits}): a pledge may end with the lender,
/// so only a series that passes between participants is pledged, and only to a lender of a kind that may be given it.
/// Pledgors approve this contract there (`setApprovalForAll`). It holds what is pledged and nothing else; there it is
/// not spent, redeemed or reclaimed.
/// @dev Limits: what a participant may be issued counts all it ever was, wherever it lies, so a pledge makes no room.
/// What is pledged stays outstanding and keeps its collateral; {pledgedBy} adds to what a pledgor's wallets hold.
interface ICreditPledges {
    /// @notice Emitted when credits are set aside [micro-credit].
    /// @param terms hash of the contract behind it, for the two of them
    event CreditsPledged(
        uint256 indexed pledge,
        ParticipantId indexed pledgor,
        ParticipantId indexed lender,
        UnitId credit,
        uint64 amount,
        bytes32 terms,
        address wallet
    );

    /// @notice Emitted when one of the two agrees to a release; `amount` 0 = takes its proposal back.
    event CreditReleaseProposed(uint256 indexed pledge, Party indexed by, uint64 amount, bool toLender, address wallet);

    /// @notice Emitted when credits leave a pledge [micro-credit].
    /// @param to pledgor or lender
    /// @param by the wallet that agreed last, or the officer who ordered it
    /// @param left what stays pledged
    /// @param reason of an officer's order; 0 when both agreed
    event PledgedCreditsReleased(
        uint256 indexed pledge, ParticipantId indexed to, address indexed by, uint64 amount, uint64 left, bytes32 reason
    );

    /// @notice Emitted when an officer freezes a pledge or frees it.
    event CreditPledgeFrozen(uint256 indexed pledge, bool frozen, bytes32 reason, address indexed officer);

    /// @notice Emitted when what was left of a pledge expired with its series [micro-credit].
    event PledgedCreditsExpired(uint256 indexed pledge, ParticipantId indexed pledgor, uint64 amount, address by);

    /// @notice Thrown when no pledge has this number.
    error CreditPledgesUnknown(uint256 pledge);
    /// @notice Thrown when the wallet is not of pledgor or lender, not of an active participant, or may not trade.
    error CreditPledgesNotParty(uint256 pledge, address wallet);
    /// @notice Thrown when the lender is not an active participant, or is the pledgor itself.
    error CreditPledgesBadLender(ParticipantId lender);
    /// @notice Thrown when the lender is of none of the kinds that may be given the series.
    error CreditPledgesOtherKind(UnitId credit, ParticipantId lender);
    /// @notice Thrown when more would be released than is pledged [micro-credit].
    error CreditPledgesTooMuch(uint256 pledge, uint64 amount, uint64 pledged);
    /// @notice Thrown when nothing would be pledged, released or ended.
    error CreditPledgesZeroAmount(uint256 pledge);
    /// @notice Thrown when a proposal is taken back that was not made by the caller's side.
    error CreditPledgesNothingProposed(uint256 pledge);
    /// @notice Thrown when the two would give to the lender while an authority has frozen credits of the series in a
    /// wallet of the pledgor.
    error CreditPledgesFrozen(uint256 pledge, address wallet);
    /// @notice Thrown when the two would release what an officer froze.
    error CreditPledgesPledgeFrozen(uint256 pledge);
    /// @notice Thrown when a pledge is frozen, or freed, that is so already.
    error CreditPledgesUnchanged(uint256 pledge, bool frozen);
    /// @notice Thrown when an officer's order has no reason.
    error CreditPledgesNoReason(uint256 pledge);
    /// @notice Thrown when a pledge would expire whose series is still good [s].
    error CreditPledgesStillGood(uint256 pledge, uint40 expiry);
    /// @notice Thrown when tokens arrive that this contract did not fetch.
    error CreditPledgesNotAsked(address token, address operator);

    /// @notice Pledges free credits of the calling wallet to `lender`, another active participant. Caller: wallet with
    /// TRADE of an active participant, which approved this contract.
    /// @param amount [micro-credit]
    /// @param terms hash of the contract behind it
    function pledge(UnitId credit, ParticipantId lender, uint64 amount, bytes32 terms) external returns (uint256 id);

    /// @notice Agrees to release `amount` [micro-credit] to the pledgor or to the lender. Done when the other has
    /// agreed to just that. Caller: wallet with TRADE of one of them.
    /// @dev One proposal stands at a time, the last one; `amount` 0 takes one's own back; a release ends what was
    /// proposed.
    /// @dev What comes back goes to the wallet of the pledgor in which an authority froze credits of the series, if
    /// there is one, or else to its primary wallet. To the lender nothing goes in such a case, but by {order}.
    /// @return released false when it is proposed only
    function agree(uint256 id, uint64 amount, bool toLender) external returns (bool released);

    /// @notice Orders a release to either, with a reason, whatever is frozen. Caller: power FREEZE in the series'
    /// scheme where the pledgor is, as for every order about its credits.
    function order(uint256 id, uint64 amount, bool toLender, bytes32 reason) external;

    /// @notice Freezes a pledge or frees it, with a reason: while it is frozen the two release nothing of it. Caller: as
    /// for {order}.
    /// @dev It holds whatever becomes of the pledgor's wallets, which may be removed with what is frozen in them.
    function freeze(uint256 id, bool frozen, bytes32 reason) external;

    /// @notice Ends what is left of a pledge once its series has expired. Anybody.
    /// @dev It goes back to the pledgor, or to the issuer where the pledgor's wallet takes nothing, and expires there
    /// in the same transaction with whatever else that wallet has of the series.
    function expire(uint256 id) external;

    /// @notice A pledge; reverts when there is none.
    function pledgeOf(uint256 id) external view returns (CreditPledge memory);

    /// @notice What a participant has pledged of a series [micro-credit].
    function pledgedBy(ParticipantId pledgor, UnitId credit) external view returns (uint64);

    /// @notice The last pledge has this number; the first has 1.
    function count() external view returns (uint256);
}
