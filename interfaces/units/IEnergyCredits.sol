// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";
import {Recipient} from "./IOffsetCredits.sol";
import {IPausable} from "../rules/IPausable.sol";
import {IUnit1155} from "./IUnit1155.sol";

/// @dev Allowed uses of a series. Bits of `uses`.
library CreditUses {
    uint8 internal constant TRANSFER = 1; //     between participants, without a custodian
    uint8 internal constant POWER = 2; //        power market: bids, settlement, losses, grid fees
    uint8 internal constant BILLS = 4; //        bills and invoices
    uint8 internal constant ALL = 7;
}

/// @dev Kind of collateral.
enum CollateralKind {
    None,
    Deposit, //   money on a pledged account
    Revenue, //   assigned taxes, fees or grants
    Energy, //    energy stored or bought ahead
    Service //    service owed by the issuer
}

/// @dev Terms of a series, set by its issuer. Kinds are those of {ParticipantKinds}.
struct SeriesTerms {
    SchemeId scheme; // of its supervising officers
    uint40 expiry; //   [s] last moment of validity
    uint8 uses; //      see {CreditUses}
    uint16 kinds; //    of participants that may receive it; 0 all
    bytes32 purpose; // hash of the statement of purpose; in the event only
}

/// @dev A series as stored: two slots; an empty comment marks their boundary. Amounts are micro-credits.
struct Series {
    ParticipantId issuer;
    uint16 jurisdiction; // of the issuer when it opened the series
    uint40 expiry; //       [s]
    uint8 uses;
    uint16 kinds;
    uint32 records; //      count of collateral records
    uint64 receiverLimit; // total issued to one participant without a limit of its own, at most; 0 no limit
    //
    uint64 limit; //        of outstanding
    uint64 collateral; //   recorded less withdrawn less redeemed
    uint64 outstanding; //  issued less redeemed, reclaimed and expired
}

/// @dev One record of collateral. Amounts are micro-credits.
struct Collateral {
    CollateralKind kind;
    uint64 amount; //        recorded less withdrawn
    uint64 issued; //        total issued against it
    bytes32 documentHash; // of the deed
}

/// @dev Issues of a series to one participant. Amounts are micro-credits.
struct Grant {
    uint64 issued; // total
    uint64 limit; //  its own; in force if `limited`
    bool limited;
}

/// @dev Reason why a transfer is refused.
enum Hindrance {
    None,
    UnknownSeries,
    Expired, //      after expiry only a custodian pays out
    NotAdmitted, //  receiver is neither a participant nor a custodian
    OtherPurpose, // use not allowed in the series
    OtherKind //     receiver is of no kind that may receive the series
}

/// @title IEnergyCreditsErrors
/// @notice Errors of {IEnergyCredits}.
interface IEnergyCreditsErrors {
    /// @notice Thrown when no series has this id.
    error EnergyCreditsUnknown(UnitId id);
    /// @notice Thrown when the caller is not a wallet of an active authority.
    error EnergyCreditsNotGovernment(address caller);
    /// @notice Thrown when the caller is not an active wallet of the series' issuer.
    error EnergyCreditsNotIssuer(address caller, ParticipantId issuer);
    /// @notice Thrown when terms have an expiry in the past, no use or an unknown one, or unknown kinds.
    error EnergyCreditsBadTerms(SeriesTerms terms);
    /// @notice Thrown when the series has expired [s].
    error EnergyCreditsExpired(UnitId id, uint40 expiry);
    /// @notice Thrown when credits would be swept before their expiry [s].
    error EnergyCreditsStillGood(UnitId id, uint40 expiry);
    /// @notice Thrown when outstanding credits would exceed the limit.
    error EnergyCreditsOverLimit(UnitId id, uint256 outstanding, uint64 limit);
    /// @notice Thrown when outstanding credits would exceed the collateral.
    error EnergyCreditsUncovered(UnitId id, uint256 outstanding, uint256 collateral);
    /// @notice Thrown when an issue or a withdrawal exceeds the amount left of a collateral record.
    error EnergyCreditsRecordShort(UnitId id, uint32 record, uint256 amount, uint256 left);
    /// @notice Thrown when collateral has no kind, no amount or no document, or its total exceeds 64 bits.
    error EnergyCreditsBadCollateral(CollateralKind kind, uint64 amount, bytes32 documentHash);
    /// @notice Thrown when the total issued to a participant would exceed its limit.
    error EnergyCreditsOverReceiverLimit(UnitId id, ParticipantId participant, uint256 issued, uint64 limit);
    /// @notice Thrown when a recipient is not an active participant's wallet, or not of the series' kinds.
    error EnergyCreditsReceiverRefused(UnitId id, address to);
    /// @notice Thrown when a wallet that redeems is not an active participant's, or lacks the right to surrender.
    error EnergyCreditsMayNotRedeem(address wallet);
    /// @notice Thrown when the reason is missing.
    error EnergyCreditsNoReason(UnitId id);
    /// @notice Thrown when a custodian's credits would be reclaimed, swept, frozen or forcibly transferred.
    error EnergyCreditsInCustody(address custodian);
}

/// @title IEnergyCreditsSeries
/// @notice Series, limits and collateral: the half of {IEnergyCredits} that the contract's extension answers.
interface IEnergyCreditsSeries is IEnergyCreditsErrors {
    /// @notice Emitted when a series is opened, with limit 0.
    event SeriesOpened(
        UnitId indexed id, ParticipantId indexed issuer, uint16 indexed jurisdiction, SeriesTerms terms, address by
    );

    /// @notice Emitted when a supervisor sets the limit of a series [micro-credit].
    event IssueLimitSet(UnitId indexed id, uint64 oldLimit, uint64 limit, bytes32 reason, address indexed officer);

    /// @notice Emitted when the issuer limits the total issued to one participant [micro-credit]; participant 0 stands for
    /// all participants without a limit of their own.
    event ReceiverLimitSet(
        UnitId indexed id, ParticipantId indexed participant, bool limited, uint64 limit, address indexed by
    );

    /// @notice Emitted when collateral is recorded [micro-credit].
    event CollateralRecorded(
        UnitId indexed id,
        uint32 indexed record,
        CollateralKind indexed kind,
        uint64 amount,
        bytes32 documentHash,
        address by
    );

    /// @notice Emitted when collateral beyond the outstanding credits is withdrawn [micro-credit].
    event CollateralWithdrawn(
        UnitId indexed id, uint32 indexed record, uint64 amount, bytes32 reason, address indexed by
    );

    /// @notice Opens a series. Caller: wallet of an active participant of the kind AUTHORITY, with the power CREDIT in the
    /// scheme and jurisdiction.
    function openSeries(SeriesTerms calldata terms) external returns (UnitId id);

    /// @notice Sets the limit of a series, at least the outstanding amount. Caller: power RULES in the issuer's jurisdiction.
    function setIssueLimit(UnitId id, uint64 limit, bytes32 reason) external;

    /// @notice Limits the total issued to one participant. Participant 0 stands for all without a limit of their own; for it,
    /// limit 0 is no limit. Caller: issuer.
    /// @param limited whether `participant` has a limit of its own
    function setReceiverLimit(UnitId id, ParticipantId participant, bool limited, uint64 limit) external;

    /// @notice Records collateral. Caller: issuer.
    function recordCollateral(UnitId id, CollateralKind kind, uint64 amount, bytes32 documentHash)
        external
        returns (uint32 record);

    /// @notice Withdraws collateral beyond the outstanding credits. Caller: issuer.
    function withdrawCollateral(UnitId id, uint32 record, uint64 amount, bytes32 reason) external;

    /// @notice A collateral record; all zero when there is none.
    function collateralOf(UnitId id, uint32 record) external view returns (Collateral memory);

    /// @notice Total issued of a series to a participant, and its limit.
    function grantOf(UnitId id, ParticipantId participant) external view returns (Grant memory);

    /// @notice Count of series; the batch of their ids runs from 1.
    function seriesCount() external view returns (uint64);
}

/// @title IEnergyCreditsCore
/// @notice Issue, recovery and transfers: the half of {IEnergyCredits} that the contract itself answers.
interface IEnergyCreditsCore is IUnit1155, IEnergyCreditsErrors {
    /// @notice Emitted for each issue beside `UnitsIssued`: the collateral record it is issued against [micro-credit].
    event IssuedAgainst(UnitId indexed id, uint32 indexed record, uint64 amount, address indexed by);

    /// @notice Issues against a collateral record, to at most 200 wallets. Caller: issuer.
    /// @param evidence hash of the decision
    function issue(UnitId id, Recipient[] calldata to, uint32 record, bytes32 evidence) external;

    /// @notice Redeems the caller's credits for their collateral, until expiry. Caller: wallet with SURRENDER of an active
    /// participant.
    /// @param ref of the service or payment that the issuer owes
    function redeem(UnitId id, uint64 amount, bytes32 ref) external;

    /// @notice Reclaims free credits of any holder but a custodian, with a reason. Caller: issuer.
    function reclaim(UnitId id, address from, uint64 amount, bytes32 reason) external;

    /// @notice Expires the credits of up to 200 wallets in an expired series, frozen or not. Caller: any account.
    function sweep(UnitId id, address[] calldata holders) external;

    /// @notice The series; reverts when there is none.
    function seriesOf(UnitId id) external view returns (Series memory);

    /// @notice Why a transfer by the caller would be refused, freezes and suspensions aside.
    function hindrance(address from, address to, UnitId id) external view returns (Hindrance);
}

/// @title IEnergyCredits
/// @notice Credits of local governments for payments in the energy business: issued against collateral up to a limit,
/// supervised in circulation, and redeemed, reclaimed or expired.
/// @dev Amounts are micro-credits: 1 credit = 1,000,000, so that Wh × price [micro-credit a kWh] / 1,000 is an amount.
/// @dev One id is one series: an issuer, a purpose, an expiry; its vintage is the year of the expiry in the
/// scheme's zone.
/// @dev Three exits: redemption as `Released`, reclaim as `ClawedBack`, expiry as `Expired`. For each series: issued =
/// outstanding + redeemed + reclaimed + expired; outstanding is at most the limit and at most the collateral.
/// @dev A custodian is a contract that holds credits for others, or moves them by approval: a controller with the right 8,
/// and the uses it serves from bit 32 on. The rights to issue and to exit have no effect here.
/// @dev Supervision: power RULES in the issuer's jurisdiction sets the limit; power FREEZE in the holder's freezes and forces
/// transfers (see {IUnit1155}). The issuer acts by its own wallets with the power CREDIT.
/// @dev A pause stops issue and redemption and moves their end with it; transfers go on until the expiry.
interface IEnergyCredits is IEnergyCreditsCore, IEnergyCreditsSeries, IPausable {}
