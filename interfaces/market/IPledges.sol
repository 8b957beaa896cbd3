// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MarketId, ParticipantId} from "../types/Ids.sol";

/// @dev A pledge as it stands; `lots` 0 = all were released. One slot.
struct Pledge {
    MarketId market;
    ParticipantId pledgor;
    ParticipantId lender;
    uint40 lots;
    uint40 until; // [s] after it the rest is the pledgor's
    // release that one side has agreed to and the other not yet
    Party proposer;
    uint40 proposedLots;
    bool proposedToLender;
}

enum Party {
    None,
    Pledgor,
    Lender
}

/// @title IPledges
/// @notice Lots of a participant's account set aside as security for a named lender.
/// @dev A controller of the Exchange with the right SETTLE: pledged lots lie in its own account of the ledger. There they
/// are not sold, withdrawn, surrendered, debited or seized, and meet no obligation. They stay the pledgor's:
/// its holding limit counts them until they go to the lender.
interface IPledges {
    // ------------------------------------------------------------------ events

    /// @param until Last moment of the pledge [s]
    /// @param terms Hash of the contract behind it, for the two of them.
    event LotsPledged(
        uint256 indexed pledge,
        ParticipantId indexed pledgor,
        ParticipantId indexed lender,
        MarketId market,
        uint256 lots,
        uint40 until,
        bytes32 terms
    );
    /// @notice One of the two agreed to a release; `lots` 0 = takes its proposal back.
    event ReleaseProposed(uint256 indexed pledge, Party indexed by, uint256 lots, bool toLender);
    /// @param to Pledgor or lender.
    /// @param officer Who ordered it; the zero address when both agreed, or the pledge was over.
    /// @param left Lots that stay pledged.
    event PledgeReleased(
        uint256 indexed pledge,
        ParticipantId indexed to,
        address indexed officer,
        uint256 lots,
        uint256 left,
        bytes32 reason
    );

    // ------------------------------------------------------------------ errors

    error PledgesUnknown(uint256 pledge);
    /// @notice The caller is no wallet of pledgor or lender with the right to withdraw, or not of an active participant.
    error PledgesNotParty(uint256 pledge, address wallet);
    /// @notice A lender is an active participant, and not the pledgor.
    error PledgesBadLender(ParticipantId lender);
    error PledgesTooManyLots(uint256 lots, uint256 pledged);
    error PledgesZeroLots();
    error PledgesNothingProposed(uint256 pledge);
    /// @notice While the pledgor's account is frozen its lots go to the lender by an order only.
    error PledgesAccountFrozen(ParticipantId pledgor, MarketId market);
    error PledgesNoReason();
    /// @notice The end of a pledge is in the past [s]. Choose a later one.
    error PledgesBadEnd(uint256 until);
    /// @notice The pledge is not over yet [s]. Agree to a release, or wait.
    error PledgesNotOver(uint256 pledge, uint256 until);

    // ------------------------------------------------------------------ functions

    /// @notice Pledges free lots of the caller's participant. Needs the right WITHDRAW: they leave its disposal.
    /// @param until Last moment of the pledge [s], at most ten years ahead: time enough for the lender to be paid or to get
    /// an order
    /// @dev Lots bought today or reserved by orders are not free. A frozen account pledges nothing.
    function pledge(MarketId market, ParticipantId lender, uint40 lots, uint40 until, bytes32 terms)
        external
        returns (uint256 id);

    /// @notice Agrees to release `lots` to the pledgor or to the lender. Done when the other has agreed to just that.
    /// @dev Pledgor or lender, by a wallet with the right WITHDRAW. One proposal stands at a time, the last one; `lots`
    /// 0 takes one's own back. Lots that go to the lender must fit its holding limit and cannot be sold the same day.
    /// @return released False when it is proposed only.
    function agree(uint256 id, uint40 lots, bool toLender) external returns (bool released);

    /// @notice Orders a release. Power FREEZE or MARKET in the market's scheme, with a reason. Frozen accounts included.
    function order(uint256 id, uint40 lots, bool toLender, bytes32 reason) external;

    /// @notice Gives the rest of a pledge back to the pledgor's account once its last moment has passed. Any account.
    /// @dev Whatever either of the two does: neither signs, and a suspended, frozen or closed pledgor's account takes them.
    function end(uint256 id) external;

    // ------------------------------------------------------------------ views

    /// @notice The last pledge has this number; the first has 1.
    function count() external view returns (uint256);

    function pledgeOf(uint256 id) external view returns (Pledge memory);

    /// @notice Lots of a participant that are pledged in a market.
    function pledgedBy(ParticipantId pledgor, MarketId market) external view returns (uint256 lots);
}
