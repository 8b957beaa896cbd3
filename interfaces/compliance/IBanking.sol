// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";

/// @dev Keys of rule packs which only Banking reads. All may be absent. They hold for the day of the act.
library BankingKeys {
    /// @dev Whether older allowances can be turned into a later vintage: 0 or 1; absent: 0.
    bytes32 internal constant ALLOWED = keccak256("banking.allowed");
    /// @dev Amount that every participant can carry over [t]; absent: all units.
    bytes32 internal constant BASE = keccak256("banking.base");
    /// @dev On top of the base, this part of the net sales [ppm]; absent: none.
    bytes32 internal constant NET_SALES_PPM = keccak256("banking.net_sales_ppm");
    /// @dev Vintages that can be carried over, and whose sales count; absent: 0, and the one before `INTO_VINTAGE`.
    bytes32 internal constant OLDEST_VINTAGE = keccak256("banking.oldest_vintage");
    bytes32 internal constant NEWEST_VINTAGE = keccak256("banking.newest_vintage");
    /// @dev The vintage they become; absent: no banking, and older vintages keep their vintage.
    bytes32 internal constant INTO_VINTAGE = keccak256("banking.into_vintage");
    /// @dev Allowances of this vintage and of older ones are void; absent: none is.
    bytes32 internal constant EXPIRED_VINTAGE = keccak256("banking.expired_vintage");
}

/// @dev Reference of an exit and an issue by Banking: `1 | scheme 16 | vintage they become 16 | participant 32`, lowest
/// last; no {obligationRef} has the leading 1.
function bankingRef(SchemeId scheme, uint16 into, ParticipantId participant) pure returns (bytes32) {
    return bytes32(
        uint256(1) << 64 | uint256(SchemeId.unwrap(scheme)) << 48 | uint256(into) << 32
            | ParticipantId.unwrap(participant)
    );
}

/// @title IBanking
/// @notice From one vintage into a later one: allowances that are left are carried over, within a limit counted on chain,
/// or end with their vintage.
/// @dev A participant can turn into `banking.into_vintage` at most
/// `base + floor(max(0, net sales) × net_sales_ppm / 1e6)` [t], on the days on which `banking.allowed` holds; the values
/// are those of the day. Net sales are its sales on the Exchange less its purchases, over all vintages from the oldest
/// to the newest that can be carried over, whenever it was: see {IExchangeExtension-netSoldOf}. So neither moving units between
/// wallets, nor surrender, claw-back or banking itself changes them. Where the pack has no base there is no limit.
/// @dev Banked units leave as `BankedAway` and come in as the later vintage, in one transaction. They are beyond the
/// cap and free share of that vintage, which bound what the scheme hands out.
/// @dev Storage: banked amount of each participant, by (scheme, vintage it became, participant); rebuilt from events.
interface IBanking {
    /// @notice Emitted for each unit that is turned into `into`; the exit and the issue carry {bankingRef}.
    /// @param wallet the caller, which receives the later vintage
    /// @param amount [t]
    event AllowancesBanked(
        SchemeId indexed scheme,
        ParticipantId indexed participant,
        UnitId indexed into,
        UnitId from,
        address wallet,
        uint256 amount,
        bool fromLedger
    );

    /// @notice Thrown when a call carries no item or more than its bound.
    error BankingBadCount(uint256 count, uint256 limit);
    /// @notice Thrown when arrays of one call differ in length.
    error BankingLengthMismatch(uint256 left, uint256 right);
    /// @notice Thrown when the pack admits no banking today.
    error BankingNotAllowed(SchemeId scheme);
    /// @notice Thrown when a unit is no allowance of the scheme, or of a vintage that cannot be carried over.
    error BankingUnitRefused(UnitId id, uint256 oldestVintage, uint256 newestVintage);
    /// @notice Thrown when an amount is zero.
    error BankingZeroAmount(UnitId id);
    /// @notice Thrown when more would be carried over than the participant still can [t].
    error BankingLimitExceeded(ParticipantId participant, uint256 amount, uint256 room);
    /// @notice Thrown when the pack names more vintages than the net sales are summed over.
    error BankingTooManyVintages(uint256 count, uint256 limit);
    /// @notice Thrown when the caller is no wallet of an active participant with the right to surrender.
    error BankingRightMissing(address wallet);
    /// @notice Thrown when the ledger account holds less than asked, or the unit has no market [units].
    error BankingLedgerShort(ParticipantId participant, UnitId id, uint256 asked, uint256 taken);
    /// @notice Thrown when an amount is no whole number of the market's lots.
    error BankingNotWholeLots(UnitId id, uint256 amount, uint256 lotSize);
    /// @notice Thrown when a unit is no allowance, or its vintage has not ended.
    error BankingNotExpired(UnitId id);

    /* BANKING */

    /// @notice Turns units of the caller's wallet into the later vintage, which comes to the same wallet; at most 32 items,
    /// ids may repeat. Caller: a wallet of an active participant, with the right SURRENDER.
    function bank(SchemeId scheme, UnitId[] calldata ids, uint256[] calldata amounts) external;

    /// @notice The same with lots of the participant's accounts on the Exchange. The later vintage comes to the wallet. Open
    /// orders of an account are voided when its other lots are too few.
    function bankFromLedger(SchemeId scheme, UnitId[] calldata ids, uint256[] calldata amounts) external;

    /* EXPIRY */

    /// @notice Ends the wallets' units of a vintage that has expired, frozen ones too; at most 200. Anyone.
    function expire(UnitId id, address[] calldata holders) external;

    /// @notice The same for accounts on the Exchange; open orders are voided. Units in custody (pledges,
    /// auctions) ends once it is given back.
    function expireFromLedger(UnitId id, ParticipantId[] calldata owners) external;

    /* VIEWS */

    /// @notice Amount the participant can still carry over now [t], as far as it has it; `type(uint256).max` where
    /// nothing limits it, 0 where the pack admits no banking today.
    function roomOf(SchemeId scheme, ParticipantId participant) external view returns (uint256);

    /// @notice Net sales of the vintages that can be carried over now [t]; negative: it bought more.
    function netSalesOf(SchemeId scheme, ParticipantId participant) external view returns (int256);

    /// @notice Amount the participant has turned into a vintage so far [t].
    function bankedOf(SchemeId scheme, uint16 into, ParticipantId participant) external view returns (uint256);

    /// @notice Whether a unit is an allowance of a vintage that has expired by now.
    function hasExpired(UnitId id) external view returns (bool);
}
