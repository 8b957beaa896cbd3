// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";
import {Recipient} from "./IOffsetCredits.sol";
import {IUnit1155} from "./IUnit1155.sol";

/// @dev What credits of a series may be given for. Bits of `uses`.
library CreditUses {
    uint8 internal constant TRANSFER = 1; //     from participant to participant, with no contract between them
    uint8 internal constant POWER = 2; //        bids, settlement, losses and grid fees of the power market
    uint8 internal constant BILLS = 4; //        bills and invoices
    uint8 internal constant ALL = 7;
}

/// @dev What stands behind credits.
enum CollateralKind {
    None,
    Deposit, //   money on an account that is pledged for them
    Revenue, //   assigned taxes, fees or grants
    Energy, //    energy stored or bought ahead
    Service //    a service that the issuer owes
}

/// @dev What an issuer says when it opens a series. Kinds are those of {ParticipantKinds}.
struct SeriesTerms {
    SchemeId scheme; // whose officers supervise it
    uint40 expiry; //   [s] last moment its credits are good
    uint8 uses; //      see {CreditUses}
    uint16 kinds; //    who may be given it: participants of one of these kinds; 0 every participant
    bytes32 purpose; // hash of the text that says what it is for; kept in the event only
}

/// @dev A series as stored: two slots; an empty comment marks their boundary. Amounts are micro-credits.
struct Series {
    ParticipantId issuer;
    uint16 jurisdiction; // of the issuer when it opened the series
    uint40 expiry; //       [s]
    uint8 uses;
    uint16 kinds;
    uint32 records; //      of collateral; they run from 1
    uint64 receiverLimit; // most that is issued to one participant in all, who has no limit of its own; 0 no limit
    //
    uint64 limit; //        most that may be outstanding
    uint64 collateral; //   recorded, less withdrawn, less what redemptions were answered with
    uint64 outstanding; //  issued less redeemed, reclaimed and expired
}

/// @dev One record of collateral. Amounts are micro-credits.
struct Collateral {
    CollateralKind kind;
    uint64 amount; //        recorded, less withdrawn
    uint64 issued; //        credits that were issued against it, ever
    bytes32 documentHash; // of the deed
}

/// @dev What a participant was issued of a series. Amounts are micro-credits.
struct Grant {
    uint64 issued; // in all
    uint64 limit; //  its own; counts if `limited`
    bool limited;
}

/// @dev Why credits do not move.
enum Hindrance {
    None,
    UnknownSeries,
    Expired, //      after its last moment a house may still pay out what it holds, and nothing else moves
    NotAdmitted, //  the receiver is neither a participant nor a house
    OtherPurpose, // the series is not for this use
    OtherKind //     the receiver is of none of the kinds that may be given it
}

/// @title IEnergyCredits
/// @notice Credits of local governments, in which generation, transmission, distribution, sale and users of energy do
/// business: issued against collateral up to a limit, supervised while they go round, and taken back in the end.
/// @dev Amounts are micro-credits: 1 credit = 1,000,000, so that Wh × price [micro-credit a kWh] / 1,000 is an amount.
/// @dev One id is one series: an issuer, a purpose, an expiry; its vintage is the year of the expiry.
/// @dev Three ways out and no other, under the numbers of {Exit}: redeemed is `Released`, reclaimed is `ClawedBack`, expired
/// is `Expired`. For each series: issued = outstanding + redeemed + reclaimed + expired, and outstanding is never more than
/// the limit, nor more than the collateral.
/// @dev Contracts that hold credits for others, or move them by approval, are houses: controllers with the right 8, and
/// the uses they serve from bit 32 on. The rights to issue and to exit mean nothing here.
/// @dev Supervision: who has the power RULES where the issuer is sets the limit; who has FREEZE where the holder is freezes
/// and moves by order (see {IUnit1155}). The issuer acts by its own wallets that hold the power CREDIT there.
interface IEnergyCredits is IUnit1155 {
    /// @notice Emitted when a series is opened; its limit is 0.
    event SeriesOpened(
        UnitId indexed id, ParticipantId indexed issuer, uint16 indexed jurisdiction, SeriesTerms terms, address by
    );

    /// @notice Emitted when a supervisor sets how much of a series may be outstanding [micro-credit].
    event IssueLimitSet(UnitId indexed id, uint64 oldLimit, uint64 limit, bytes32 reason, address indexed officer);

    /// @notice Emitted when the issuer limits what one participant is issued in all [micro-credit]; participant 0 stands
    /// for everybody without a limit of its own.
    event ReceiverLimitSet(
        UnitId indexed id, ParticipantId indexed participant, bool limited, uint64 limit, address indexed by
    );

    /// @notice Emitted when collateral is put on record [micro-credit].
    event CollateralRecorded(
        UnitId indexed id,
        uint32 indexed record,
        CollateralKind indexed kind,
        uint64 amount,
        bytes32 documentHash,
        address by
    );

    /// @notice Emitted when collateral that no outstanding credit needs is taken off the record [micro-credit].
    event CollateralWithdrawn(
        UnitId indexed id, uint32 indexed record, uint64 amount, bytes32 reason, address indexed by
    );

    /// @notice Emitted for each issue beside `UnitsIssued`: what it stands on [micro-credit].
    event IssuedAgainst(UnitId indexed id, uint32 indexed record, uint64 amount, address indexed by);

    /// @notice Thrown when no series has this id.
    error EnergyCreditsUnknown(UnitId id);
    /// @notice Thrown when the caller is no wallet of an active authority.
    error EnergyCreditsNotGovernment(address caller);
    /// @notice Thrown when the caller is no active wallet of the series' issuer.
    error EnergyCreditsNotIssuer(address caller, ParticipantId issuer);
    /// @notice Thrown when terms say nothing: an expiry that has passed, no use or an unknown one, unknown kinds.
    error EnergyCreditsBadTerms(SeriesTerms terms);
    /// @notice Thrown when the series has expired [s].
    error EnergyCreditsExpired(UnitId id, uint40 expiry);
    /// @notice Thrown when credits are swept that are still good [s].
    error EnergyCreditsStillGood(UnitId id, uint40 expiry);
    /// @notice Thrown when more would be outstanding than the limit allows.
    error EnergyCreditsOverLimit(UnitId id, uint256 outstanding, uint64 limit);
    /// @notice Thrown when more would be outstanding than there is collateral.
    error EnergyCreditsUncovered(UnitId id, uint256 outstanding, uint256 collateral);
    /// @notice Thrown when a record has less left than is issued against it, or withdrawn from it.
    error EnergyCreditsRecordShort(UnitId id, uint32 record, uint256 amount, uint256 left);
    /// @notice Thrown when collateral has no kind, no amount or no document, or does not fit.
    error EnergyCreditsBadCollateral(CollateralKind kind, uint64 amount, bytes32 documentHash);
    /// @notice Thrown when a participant would be issued more than its limit.
    error EnergyCreditsOverReceiverLimit(UnitId id, ParticipantId participant, uint256 issued, uint64 limit);
    /// @notice Thrown when a wallet may not be issued this series: not an active participant's, or of another kind.
    error EnergyCreditsReceiverRefused(UnitId id, address to);
    /// @notice Thrown when a wallet may not redeem: not an active participant's, or without the right to surrender.
    error EnergyCreditsMayNotRedeem(address wallet);
    /// @notice Thrown when an act that needs a reason has none.
    error EnergyCreditsNoReason(UnitId id);
    /// @notice Thrown when credits of others in a house's hands would be reclaimed, swept, frozen or moved by order.
    error EnergyCreditsInHouse(address house);

    /// @notice Opens a series. Caller: wallet of an active participant of the kind AUTHORITY, with the power CREDIT in the
    /// scheme and the participant's jurisdiction.
    function openSeries(SeriesTerms calldata terms) external returns (UnitId id);

    /// @notice Sets how much of a series may be outstanding; not less than is. Caller: power RULES where the issuer is.
    function setIssueLimit(UnitId id, uint64 limit, bytes32 reason) external;

    /// @notice Limits what one participant is issued in all. Participant 0 stands for everybody without a limit of its own;
    /// for it, a limit of 0 is none. Caller: issuer.
    /// @param limited whether `participant` has a limit of its own
    function setReceiverLimit(UnitId id, ParticipantId participant, bool limited, uint64 limit) external;

    /// @notice Puts collateral on record. Caller: issuer.
    function recordCollateral(UnitId id, CollateralKind kind, uint64 amount, bytes32 documentHash)
        external
        returns (uint32 record);

    /// @notice Takes collateral off the record, as far as what is outstanding does not need it. Caller: issuer.
    function withdrawCollateral(UnitId id, uint32 record, uint64 amount, bytes32 reason) external;

    /// @notice Issues against a record of collateral, to at most 200 wallets. Caller: issuer.
    /// @param evidence hash of the decision
    function issue(UnitId id, Recipient[] calldata to, uint32 record, bytes32 evidence) external;

    /// @notice Gives the caller's credits back for what stands behind them. Caller: wallet with SURRENDER of an active
    /// participant, while the series is good.
    /// @param ref what they are given back for: the service or the payment that the issuer owes
    function redeem(UnitId id, uint64 amount, bytes32 ref) external;

    /// @notice Takes free credits back from whoever holds them, with a reason. Caller: issuer.
    function reclaim(UnitId id, address from, uint64 amount, bytes32 reason) external;

    /// @notice Ends what wallets still hold of an expired series, frozen or not; at most 200. Anybody.
    function sweep(UnitId id, address[] calldata holders) external;

    /// @notice The series; reverts when there is none.
    function seriesOf(UnitId id) external view returns (Series memory);

    /// @notice A record of collateral; all zero when there is none.
    function collateralOf(UnitId id, uint32 record) external view returns (Collateral memory);

    /// @notice What a participant was issued of a series, and its limit.
    function grantOf(UnitId id, ParticipantId participant) external view returns (Grant memory);

    /// @notice Why `from` could not give to `to` if the caller moved it; freezes and suspensions aside.
    function hindrance(address from, address to, UnitId id) external view returns (Hindrance);

    /// @notice How many series were opened; the batch of their ids runs from 1.
    function seriesCount() external view returns (uint64);
}
