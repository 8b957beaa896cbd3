// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId} from "../types/BookTypes.sol";
import {MarketId, ParticipantId} from "../types/Ids.sol";

/// @dev Quoting duties of a market maker in one market.
struct Duties {
    uint16 maximumSpread; // ask less bid, at most [ticks]
    uint32 minimumLots; //   of each of the two orders, at least [lots]
    uint32 presencePpm; //   share of a day's session time, at least [ppm]
    uint32 fromDay; //       first day, local days since 1970-01-01
    uint32 untilDay; //      last day; 0 = until further notice
}

/// @dev A maker's day, as far as it has been counted.
struct MakerDay {
    Duties duties; //        that hold on the day; all zero = none
    uint32 presentSeconds;
    uint32 sessionSeconds; // of the day's sessions; 0 = nothing was counted on it
    bool met;
}

/// @title IMarketMakers
/// @notice Market makers: their quoting duties, and their measured presence on each day.
/// @dev How presence is measured. The maker presents two of its open orders. An order's number is never used twice and an
/// open order only shrinks; so when both are still open and large enough at a later {check}, they were so all the time
/// between, and that time counts, second by second, as far as it lies in the day's sessions. When they are not, none of
/// that stretch counts. A maker that is about to change its orders has the stretch counted first, then presents the new ones;
/// after the last session it has the day's last stretch counted before midnight.
/// @dev A halt does not end presence: orders that rest through it are there when it ends. Expired and void orders and
/// those of a frozen account are not open.
/// @dev Measures only; it moves no money. A rebate that was promised is named in the appointment's `benefit`.
interface IMarketMakers {
    // ------------------------------------------------------------------ events

    /// @param benefit Reference to the text of the maker's compensation; 0 = none stated.
    event MarketMakerAppointed(
        MarketId indexed market,
        ParticipantId indexed participant,
        address indexed officer,
        Duties duties,
        bytes32 benefit
    );
    /// @notice From `fromDay` on there is no duty.
    event MarketMakerDismissed(
        MarketId indexed market,
        ParticipantId indexed participant,
        address indexed officer,
        uint32 fromDay,
        bytes32 reason
    );
    /// @notice The maker presented the two orders that are measured from now on.
    event QuotesPresented(MarketId indexed market, ParticipantId indexed participant, OrderId bid, OrderId ask);
    /// @notice A stretch was counted; both figures are the day's so far.
    event PresenceCounted(
        MarketId indexed market,
        ParticipantId indexed participant,
        uint32 indexed day,
        uint32 presentSeconds,
        uint32 sessionSeconds
    );
    /// @notice The presented orders no longer meet the duties; the stretch up to now does not count.
    event QuotesEnded(MarketId indexed market, ParticipantId indexed participant);

    // ------------------------------------------------------------------ errors

    error MakersBadDuties(bytes32 field);
    /// @notice A duty can begin on a later day than today.
    error MakersTooEarly(uint32 fromDay, uint256 earliest);
    error MakersNoDuty(MarketId market, ParticipantId participant, uint256 day);
    error MakersWalletCannotTrade(address wallet);
    error MakersDayNotOpened(MarketId market, uint256 day);
    error MakersForeignOrder(OrderId order);
    error MakersOrderTooSmall(OrderId order, uint256 lots, uint256 minimum);
    error MakersSpreadTooWide(uint256 spread, uint256 maximum);

    // ------------------------------------------------------------------ functions

    /// @notice Makes a participant a market maker from a later day on, or changes its duties: within 366 days. Replaces what was
    /// ordered for that day or later. Power MARKET.
    function appoint(MarketId market, ParticipantId participant, Duties calldata duties, bytes32 benefit) external;

    /// @notice Ends the duties from a later day on, as {appoint} begins them. Power MARKET.
    function dismiss(MarketId market, ParticipantId participant, uint32 fromDay, bytes32 reason) external;

    /// @notice The caller's participant presents two of its open orders; the stretch of those before is counted first.
    /// @dev For wallets with the right TRADE: another could present a pair that ends sooner.
    function present(MarketId market, OrderId bid, OrderId ask) external;

    /// @notice Counts the stretch since the last call, or ends it. Anyone.
    function check(MarketId market, ParticipantId participant) external;

    /// @notice A maker's day as far as it has been counted; it is final when the day is over.
    /// @param day Local days since 1970-01-01.
    function dutyOf(MarketId market, ParticipantId participant, uint32 day) external view returns (MakerDay memory);

    /// @notice The orders being measured, since when [s]; 0 = none.
    function quotesOf(MarketId market, ParticipantId participant)
        external
        view
        returns (OrderId bid, OrderId ask, uint256 since);
}
