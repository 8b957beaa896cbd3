// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {UnitId} from "../types/Ids.sol";
import {SerialBlock} from "../units/IOffsetCredits.sol";

/// @dev Purpose for which a Party authorises a mitigation outcome (decision 2/CMA.3, annex, paragraph 1 (d) and (f)).
enum ItmoPurpose {
    None,
    Ndc, //   another Party's nationally determined contribution
    Other, // other international mitigation purposes
    Both
}

/// @dev First transfer of an outcome used for other purposes (2/CMA.3, annex, paragraph 2 (b)); the host Party
/// says it in its authorisation. For use towards an NDC it is always the first international transfer.
enum FirstTransfer {
    None,
    Authorisation,
    Issuance,
    Use //  or cancellation
}

enum ItmoState {
    None,
    Authorised,
    FirstTransferred,
    Acquired,
    Used,
    Cancelled
}

enum AdjustmentStatus {
    NotRequired, // the outcome was never first transferred
    NotStarted,
    Pending, //     not all Parties have recorded it, or not the same
    Completed
}

/// @dev An authorisation as stored.
struct Authorisation {
    UnitId unit;
    uint64 first; //       first serial number
    uint64 last;
    uint16 party; //       host Party, ISO 3166-1 numeric
    ItmoPurpose purpose;
    FirstTransfer firstTransfer;
    uint40 authorisedAt; // [s]
    bytes16 approach; //   cooperative approach, text, e.g. "CA0001"
}

/// @dev A block of serial numbers of one state.
struct ItmoBlock {
    uint64 first;
    uint64 last;
    ItmoState state;
    bool transferred; //      the first transfer has happened
    uint16 acquirer; //       Party it was transferred to, ISO 3166-1 numeric; 0 = none
    uint32 authorisation; //  its number
    uint64 evidence; //       certificate or obligation of a use (from 2^48 on), number of a cancellation; 0 before
}

/// @dev Record of a block by its Parties. One slot.
struct Adjustment {
    uint16 hostYear;
    uint64 hostT; //      [t CO2e] added by the host Party to its emissions balance
    uint16 acquirerYear;
    uint64 acquirerT; //  [t CO2e] subtracted by the Party that used it
}

/// @title IArticle6
/// @notice Mitigation outcomes that a host Party lets another use: for blocks of this registry's serial numbers authorised,
/// first transferred, acquired, used or cancelled, and the corresponding adjustment of both Parties.
/// @dev Every act is of a Party's focal point, an address that speaks for one Party and no other; what it says of a use or a
/// cancellation is proved by the certificate or the cancellation in the RetirementRegistry, or by the surrender that took the
/// serial numbers, which OffsetCredits remembers.
/// @dev A block is named by its unit and its first serial number. An act on a part of a block cuts it: the other parts keep
/// what they were. Blocks never overlap, even of different Parties; a wrong `block_` only reverts ({IntervalSet}).
/// @dev Only this registry's own serial numbers: units from another registry are authorised there.
interface IArticle6 {
    /// @notice Emitted when an address begins or ceases to speak for a Party (0 = for none).
    event FocalPointSet(address indexed officer, uint16 oldParty, uint16 indexed party);
    /// @notice Emitted when a host Party authorises `first` to `last` of a unit.
    event OutcomeAuthorised(
        uint32 indexed authorisation,
        UnitId indexed unit,
        uint16 indexed party,
        uint64 first,
        uint64 last,
        ItmoPurpose purpose,
        FirstTransfer firstTransfer,
        bytes16 approach,
        bytes32 documentHash
    );
    /// @notice Emitted at the first transfer, and when the host Party transfers what was transferred by its own definition.
    /// @param acquirer Party that receives it; 0 when the transfer is another act by definition
    event OutcomeTransferred(
        UnitId indexed unit, uint16 indexed party, uint16 indexed acquirer, uint64 first, uint64 last
    );
    /// @notice Emitted when the acquiring Party confirms.
    event OutcomeAcquired(UnitId indexed unit, uint16 indexed party, uint64 first, uint64 last);
    /// @param party acquiring Party: towards its NDC; host Party: towards other purposes
    event OutcomeUsed(
        UnitId indexed unit, uint16 indexed party, uint256 indexed certificate, uint64 first, uint64 last
    );
    /// @notice Emitted when the use was a surrender.
    /// @param obligation it was against, see {obligationRef}
    event OutcomeSurrendered(
        UnitId indexed unit, uint16 indexed party, bytes32 indexed obligation, uint64 first, uint64 last
    );
    event OutcomeCancelled(
        UnitId indexed unit, uint16 indexed party, uint256 indexed cancellation, uint64 first, uint64 last
    );
    /// @param first names the block
    /// @param amount [t CO2e]
    event AdjustmentRecorded(
        UnitId indexed unit,
        uint64 indexed first,
        uint16 indexed party,
        uint16 year,
        uint64 amount,
        AdjustmentStatus status
    );

    /// @notice Emitted when a Party tells the years of its contribution (NDC).
    event ContributionPeriodSet(uint16 indexed party, uint16 firstYear, uint16 lastYear);
    /// @notice Emitted when a Party authorises a legal entity to take part in a cooperative approach.
    /// @param country of incorporation, ISO 3166-1 numeric
    /// @param registration its number in the register of companies there
    event EntityAuthorised(
        uint16 indexed party, bytes16 indexed approach, uint16 country, string name, string registration
    );

    /// @notice Thrown when the caller does not speak for the Party that must act.
    error Article6NotParty(address caller, uint16 speaksFor, uint16 needed);
    /// @notice Thrown when purpose and definition of the first transfer contradict each other, or no approach is named.
    error Article6BadTerms(ItmoPurpose purpose, FirstTransfer firstTransfer, bytes16 approach);
    /// @notice Thrown when serial numbers are not of the batch, not of this registry, or have left before.
    error Article6NotHeld(UnitId unit, uint64 first, uint64 last);
    /// @notice Thrown when serial numbers are not all of the block named.
    error Article6OutsideBlock(UnitId unit, uint64 block_, uint64 first, uint64 last);
    /// @notice Thrown when a block is not in a state, or not for the purpose, that the act needs.
    error Article6WrongState(UnitId unit, uint64 block_, ItmoState state);
    /// @notice Thrown when an outcome would be transferred to no Party or to its host Party.
    error Article6BadAcquirer(uint16 acquirer);
    /// @notice Thrown when a certificate or cancellation did not take these serial numbers.
    error Article6NotProved(UnitId unit, uint64 first, uint64 last, uint256 evidence);
    /// @notice Thrown when an adjustment has no year or amount, or a year outside its Party's contribution, or both
    /// Parties' already agree.
    error Article6BadAdjustment(UnitId unit, uint64 block_, uint16 year, uint64 amount);

    /// @notice Thrown when the years of a contribution are none, or run backwards.
    error Article6BadPeriod(uint16 firstYear, uint16 lastYear);
    /// @notice Thrown when an entity has no country or approach, or its texts are missing or too long.
    error Article6BadEntity(bytes16 approach, uint16 country, string name, string registration);

    /// @notice Names the Party an address speaks for (ISO 3166-1 numeric; 0 = none). Restricted.
    function setFocalPoint(address officer, uint16 party) external;

    /// @notice Authorises serial numbers that have not left. Caller: focal point of the project's host Party.
    /// @param firstTransfer of outcomes used for other purposes; None when the purpose is another Party's NDC alone
    /// @param hint first serial number of the last block that begins before `first`, 0 when there is none
    function authorise(
        UnitId unit,
        uint64 first,
        uint64 last,
        ItmoPurpose purpose,
        FirstTransfer firstTransfer,
        bytes16 approach,
        bytes32 documentHash,
        uint64 hint
    ) external returns (uint32 authorisation);

    /// @notice Transfers to another Party a block that is authorised for NDCs and has no acquirer. Caller: host Party.
    function transfer(UnitId unit, uint64 block_, uint64 first, uint64 last, uint16 acquirer) external;

    /// @notice Confirms the acquisition. Caller: the acquiring Party.
    function acquire(UnitId unit, uint64 block_, uint64 first, uint64 last) external;

    /// @notice Records the use that `certificate` proves: by the acquiring Party towards its NDC, or, of a block
    /// without acquirer, by the host Party for other purposes.
    function use(UnitId unit, uint64 block_, uint64 first, uint64 last, uint256 certificate) external;

    /// @notice Records the use that a surrender against `obligation` is, which took `blocks` in one exit. Caller: as
    /// for {use}.
    function useInSurrender(
        UnitId unit,
        uint64 block_,
        uint64 first,
        uint64 last,
        bytes32 obligation,
        SerialBlock[] calldata blocks
    ) external;

    /// @notice Records the cancellation that `cancellation` of the RetirementRegistry proves, which took `blocks`. Caller: the
    /// acquiring Party, or the host Party of a block without acquirer.
    function cancel(
        UnitId unit,
        uint64 block_,
        uint64 first,
        uint64 last,
        uint256 cancellation,
        SerialBlock[] calldata blocks
    ) external;

    /// @notice Records the caller's Party's corresponding adjustment for a used or cancelled block that was first transferred,
    /// or corrects it while the Parties do not agree. Caller: host Party or acquiring Party.
    /// @dev Completed when the host Party and, if there is one, the acquiring Party have recorded the block's whole amount for
    /// one year. A block that is used or cancelled is never cut again.
    /// @param year the adjustment is made for
    /// @param amount [t CO2e]
    function recordAdjustment(UnitId unit, uint64 block_, uint16 year, uint64 amount) external;

    /// @notice Tells the years of the caller's Party's contribution; its adjustments are for one of them from then on.
    function setContributionPeriod(uint16 firstYear, uint16 lastYear) external;

    /// @notice Authorises a legal entity for a cooperative approach, on behalf of the caller's Party. Persons are not named
    /// here: an entry stays.
    /// @param name 1 to 200 bytes
    /// @param registration 1 to 200 bytes
    function authoriseEntity(bytes16 approach, uint16 country, string calldata name, string calldata registration)
        external;

    /// @notice The Party an address speaks for; 0 = none.
    function partyOf(address officer) external view returns (uint16);

    /// @notice The years of a Party's contribution; 0 where it has none.
    function contributionOf(uint16 party) external view returns (uint16 firstYear, uint16 lastYear);

    /// @notice Authorisations are numbered from 1.
    function authorisationCount() external view returns (uint32);

    function authorisationOf(uint32 number) external view returns (Authorisation memory);

    /// @notice The block that begins at `first`; all zero when none does.
    function blockOf(UnitId unit, uint64 first) external view returns (ItmoBlock memory);

    /// @notice Record of the block that begins at `first`, and its extent.
    function adjustmentOf(UnitId unit, uint64 first) external view returns (Adjustment memory, AdjustmentStatus);

    /// @notice Identifier of one outcome, in the order of decision 6/CMA.4: cooperative approach, originating Party and its
    /// registry, first transferring Party, serial number, vintage: `CA0001-15601-156-17-2021`.
    /// @param block_ first serial number of the block that has it
    function identifierOf(UnitId unit, uint64 block_, uint64 serial) external view returns (string memory);
}
