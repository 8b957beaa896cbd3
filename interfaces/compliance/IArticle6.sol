// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, UnitId} from "../types/Ids.sol";
import {BatchStatus, SerialBlock} from "../units/IOffsetCredits.sol";

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
    Cancelled,
    Lapsed //          no Party acquired it in time: units like any other again
}

enum AdjustmentStatus {
    NotRequired, // the outcome was never first transferred
    NotStarted,
    Pending, //     not all Parties have recorded all of it
    Completed
}

/// @dev An authorisation as stored; an empty comment marks each slot boundary.
struct Authorisation {
    UnitId unit; //          batch whose units are authorised
    //
    ParticipantId holder; // who may have them set apart
    uint64 amountT; //       [t CO2e] authorised
    uint64 leftT; //         [t CO2e] of it not set apart yet
    uint16 party; //         host Party, ISO 3166-1 numeric
    uint16 acquirer; //      Party towards whose contribution they may be used; 0: other purposes alone
    ItmoPurpose purpose;
    FirstTransfer firstTransfer;
    uint40 authorisedAt; //  [s]
    uint8 parts; //          batches that were set apart by it
    //
    bytes16 approach; //     cooperative approach, text, e.g. "CA0001"
}

/// @dev A block of serial numbers of one state.
struct ItmoBlock {
    uint64 first;
    uint64 last;
    ItmoState state;
    bool transferred; //      the first transfer has happened
    uint16 acquirer; //       Party it was transferred to, ISO 3166-1 numeric; 0 = none, or not yet
    uint32 authorisation; //  its number
    uint64 evidence; //       certificate or obligation of a use (from 2^48 on), number of a cancellation; 0 before
}

/// @dev Record of a block by its Parties, each for a year of its own. One slot.
struct Adjustment {
    uint16 hostYear;
    uint64 hostT; //      [t CO2e] added by the host Party to its emissions balance
    uint16 acquirerYear;
    uint64 acquirerT; //  [t CO2e] subtracted by the Party that used it
}

/// @title IArticle6
/// @notice Mitigation outcomes that a host Party lets another use: authorised, set apart in a batch of their own, first
/// transferred, acquired, used or cancelled, and the corresponding adjustment of both Parties.
/// @dev Tonnes with and without an adjustment are not fungible. Authorised units become a batch of their own at their holder's
/// request, out of the holder's free units, first in first out, with the serial numbers they had. Such a batch is
/// retired with a mark alone ({IRetirementRegistry-retireOutcome}) and surrendered nowhere but in a scheme of the Party that
/// acquired it (rule `offset.acquiring_party`).
/// @dev Every act but {setApart} and {lapse} is of a Party's focal point, an address that speaks for one Party and no other; what
/// it says of a use or a cancellation is proved by the certificate or the cancellation in the RetirementRegistry, or by the
/// surrender that took the serial numbers, which OffsetCredits remembers.
/// @dev A block is named by its unit and its first serial number. Uses and cancellations cut it: the other parts keep what they
/// were. First transfer, acquisition, use and both adjustments each happen in a year of their own.
/// @dev Only this registry's own units, of batches that are active: units from another registry are authorised there.
interface IArticle6 {
    /// @notice Emitted when an address begins or ceases to speak for a Party (0 = for none).
    event FocalPointSet(address indexed officer, uint16 oldParty, uint16 indexed party);
    /// @notice Emitted when a host Party authorises units of a batch for a holder to have set apart.
    /// @param amountT [t CO2e]
    event OutcomeAuthorised(
        uint32 indexed authorisation,
        UnitId indexed unit,
        uint16 indexed party,
        ParticipantId holder,
        uint16 acquirer,
        uint64 amountT,
        ItmoPurpose purpose,
        FirstTransfer firstTransfer,
        bytes16 approach,
        bytes32 documentHash
    );
    /// @notice Emitted when a holder has authorised units set apart, as `first` to `last` of a batch of their own.
    /// @param from batch they were of
    event OutcomeSetApart(
        uint32 indexed authorisation,
        UnitId indexed unit,
        uint16 indexed party,
        UnitId from,
        address wallet,
        uint64 first,
        uint64 last
    );
    /// @notice Emitted when no Party acquired a block in time, so that its units are like any other again.
    event OutcomeLapsed(UnitId indexed unit, uint16 indexed party, uint64 first, uint64 last);
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
    /// @notice Thrown when purpose, acquiring Party and definition of the first transfer contradict each other, or no approach is
    /// named.
    error Article6BadTerms(ItmoPurpose purpose, uint16 acquirer, FirstTransfer firstTransfer, bytes16 approach);
    /// @notice Thrown when units are of another registry or set apart already, or there are fewer of them.
    error Article6NotHeld(UnitId unit, uint64 amountT);
    /// @notice Thrown when a batch is locked, invalid or ex ante. Remedy: once an officer has unlocked it, or a report verified it.
    error Article6BatchNotActive(UnitId unit, BatchStatus status);
    /// @notice Thrown when a wallet is none of the holder's with the right to surrender, or the holder is not active.
    error Article6NotHolder(uint32 authorisation, address wallet);
    /// @notice Thrown when more is to be set apart than is left of the authorisation, or nothing.
    error Article6BeyondAuthorisation(uint32 authorisation, uint64 amountT, uint64 leftT);
    /// @notice Thrown when a batch has as many authorisations, or an authorisation as many parts, as it may have. Remedy: authorise
    /// units of another batch, or set the rest apart by another authorisation.
    error Article6TooManyParts(UnitId unit, uint32 authorisation, uint256 most);
    /// @notice Thrown when units of a block have left and their use or cancellation is not on record. Remedy: record it first.
    error Article6UnrecordedExit(UnitId unit, uint64 block_, uint64 next);
    /// @notice Thrown when a block may still be acquired. Remedy: after `lapsesAt`.
    error Article6TooEarly(UnitId unit, uint256 lapsesAt);
    /// @notice Thrown when serial numbers are not all of the block named.
    error Article6OutsideBlock(UnitId unit, uint64 block_, uint64 first, uint64 last);
    /// @notice Thrown when a block is not in a state, or not for the purpose, that the act needs.
    error Article6WrongState(UnitId unit, uint64 block_, ItmoState state);
    /// @notice Thrown when an outcome would be transferred to no Party or to its host Party.
    error Article6BadAcquirer(uint16 acquirer);
    /// @notice Thrown when a certificate or cancellation did not take these serial numbers.
    error Article6NotProved(UnitId unit, uint64 first, uint64 last, uint256 evidence);
    /// @notice Thrown when an adjustment has no year or amount, or a year outside its Party's contribution, or is completed.
    error Article6BadAdjustment(UnitId unit, uint64 block_, uint16 year, uint64 amount);

    /// @notice Thrown when the years of a contribution are none, or run backwards.
    error Article6BadPeriod(uint16 firstYear, uint16 lastYear);
    /// @notice Thrown when an entity has no country or approach, or its texts are missing or too long.
    error Article6BadEntity(bytes16 approach, uint16 country, string name, string registration);

    /// @notice Names the Party an address speaks for (ISO 3166-1 numeric; 0 = none). Restricted.
    function setFocalPoint(address officer, uint16 party) external;

    /// @notice Authorises units of an active batch. Caller: focal point of the project's host Party.
    /// @param holder who may have them set apart
    /// @param acquirer Party towards whose contribution they may be used; 0 for other purposes alone
    /// @param firstTransfer of outcomes used for other purposes; None when the purpose is another Party's NDC alone
    function authorise(
        UnitId unit,
        uint64 amountT,
        ParticipantId holder,
        uint16 acquirer,
        ItmoPurpose purpose,
        FirstTransfer firstTransfer,
        bytes16 approach,
        bytes32 documentHash
    ) external returns (uint32 authorisation);

    /// @notice Sets authorised units of the caller's wallet apart in a batch of their own. Caller: wallet of the authorisation's
    /// holder with the right to surrender.
    /// @dev The next serial numbers of the batch go with them, first in first out.
    /// @return unit the new batch, which begins one block
    function setApart(uint32 authorisation, uint64 amountT) external returns (UnitId unit);

    /// @notice Transfers a block, all that is left of its batch, to the Party it is authorised for. Caller: host Party.
    function transfer(UnitId unit, uint64 block_) external;

    /// @notice Confirms the acquisition of a block: from now on it may be used. Caller: the acquiring Party.
    function acquire(UnitId unit, uint64 block_) external;

    /// @notice Ends an authorisation for a contribution towards which no Party acquired the block within {LAPSE} of its setting
    /// apart or transfer: the units are like any other again, and a transfer without acquisition counts as none. Caller: any account.
    function lapse(UnitId unit, uint64 block_) external;

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
    /// @dev Completed when the host Party and, of a used block, the acquiring Party if there is one have recorded the block's
    /// whole amount, each for a year of its own. A block that is used or cancelled is never cut again.
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

    /// @notice Time in which a block that is set apart for a contribution can be acquired [s].
    function LAPSE() external view returns (uint256);

    /// @notice When the units of a batch were set apart, or transferred last [s]; 0 where they are not set apart.
    function waitingSince(UnitId unit) external view returns (uint40);

    /// @notice Authorisations are numbered from 1.
    function authorisationCount() external view returns (uint32);

    function authorisationOf(uint32 number) external view returns (Authorisation memory);

    /// @notice How many authorisations a batch has had: 32 at most, each set apart in 4 parts at most.
    function authorisationsOf(UnitId unit) external view returns (uint256);

    /// @notice The block that begins at `first`; all zero when none does.
    function blockOf(UnitId unit, uint64 first) external view returns (ItmoBlock memory);

    /// @notice Record of the block that begins at `first`, and its extent.
    function adjustmentOf(UnitId unit, uint64 first) external view returns (Adjustment memory, AdjustmentStatus);

    /// @notice Identifier of one outcome, in the order of decision 6/CMA.4: cooperative approach, originating Party and its
    /// registry, first transferring Party, serial number, vintage: `CA0001-15601-156-17-2021`.
    /// @param block_ first serial number of the block that has it
    function identifierOf(UnitId unit, uint64 block_, uint64 serial) external view returns (string memory);
}
