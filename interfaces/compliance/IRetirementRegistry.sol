// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MarketId, ParticipantId, UnitId} from "../types/Ids.sol";
import {SerialBlock} from "../units/IOffsetCredits.sol";
import {OutcomeUse} from "../units/IOutcomeBatches.sol";

/// @dev Use of a retirement. `beneficiary` in clear, or `commitment` instead of it, never both.
struct Claim {
    string beneficiary; // at most 128 bytes
    bytes32 commitment; // keccak256(abi.encode(salt, name)), opened by the beneficiary to whom it chooses
    string purpose; //     the claim, at most 256 bytes
    uint32 periodStart; // [days since 1970-01-01] first day the claim is for
    uint32 periodEnd; //   [days since 1970-01-01] last day, included
    bytes2 country; //     ISO 3166-1 alpha-2
}

/// @dev Answer of a certificate's holder.
enum CertificateAnswer {
    None,
    Accepted,
    Declined // it was not asked for: the words about its holder are the retiring participant's alone
}

/// @dev A purchase from the book that is retired at once.
struct Purchase {
    MarketId market;
    uint16 tick; //         limit: no lot at a higher price
    uint32 lots; //         wanted [lots]
    uint32 minimumLots; //  fewer, and nothing is bought [lots]
    uint48 maximumCost; //  with fee [0.0001 currency]; 0 = no maximum
}

/// @dev A certificate. Immutable; the words of the claim are in the event, their hash is here.
struct Certificate {
    address holder; //     of the token
    UnitId unit;
    uint64 amount; //      [units]
    uint64 retiredAt; //   [s]
    uint32 periodStart; // [days since 1970-01-01]
    uint32 periodEnd; //   [days since 1970-01-01]
    bytes2 country; //     ISO 3166-1 alpha-2
    bytes32 claimHash; //  keccak256(abi.encode(claim))
}

/// @title IRetirementRegistry
/// @notice Units given up for a claim, each with a certificate of one global number; units destroyed without a claim.
/// @dev A certificate is an ERC-721 token that is locked for ever (ERC-5192). It is not offered to receiver hooks.
/// @dev Retiring needs a wallet with the right to surrender, cancelling one with the right to manage.
interface IRetirementRegistry {
    /// @notice Emitted for each retirement, after the units are gone.
    /// @param certificate Global number, from 1.
    /// @param claim in full; the certificate has its hash
    /// @param blocks Exact serial numbers; empty for classes without serials.
    event UnitsRetired(
        uint256 indexed certificate,
        UnitId indexed id,
        ParticipantId indexed participant,
        address wallet,
        uint256 amount,
        SerialBlock[] blocks,
        Claim claim
    );

    /// @notice Emitted beside {UnitsRetired} when the units were authorised for use abroad.
    /// @param party towards whose contribution, ISO 3166-1 numeric; 0 for other purposes
    event OutcomeRetired(uint256 indexed certificate, UnitId indexed id, uint16 indexed party);

    /// @notice Emitted for each cancellation, after the units are gone.
    event UnitsCancelled(
        uint256 indexed cancellation,
        UnitId indexed id,
        ParticipantId indexed participant,
        address wallet,
        uint256 amount,
        bytes32 reason
    );

    /// @notice Emitted when the holder of a certificate accepts or declines it.
    event CertificateAnswered(uint256 indexed certificate, address indexed holder, bool accepted);

    /// @notice Emitted beside {UnitsRetired} when the units were bought for it in the same transaction.
    /// @param wanted [lots]
    /// @param filled Bought and retired [lots]; the rest was not to be had within the limits.
    event UnitsBoughtToRetire(
        uint256 indexed certificate,
        MarketId indexed market,
        ParticipantId indexed participant,
        uint256 wanted,
        uint256 filled
    );

    /// @notice Emitted when a unit contract became retirable here.
    event UnitContractAdded(uint8 indexed class, address unitContract);

    /// @notice Thrown when `wallet` is not an active participant's wallet with all of the rights `right`.
    error RetirementRightMissing(address wallet, uint8 right);

    /// @notice Thrown when no unit contract is known for the class of `id`.
    error RetirementClassUnknown(UnitId id);

    /// @notice Thrown when a class has its unit contract already.
    error RetirementClassTaken(uint8 class, address unitContract);

    /// @notice Thrown when a claim has no beneficiary, or one both in clear and as a commitment.
    error RetirementBeneficiaryMissing();

    /// @notice Thrown when the text of a claim is longer than allowed [bytes].
    error RetirementTextTooLong(uint256 length, uint256 most);

    /// @notice Thrown when a claim's period ends before it starts, or more than 366 days after today (UTC). Remedy: claim for
    /// days of the past or of the year to come.
    error RetirementPeriodInvalid(uint32 periodStart, uint32 periodEnd);

    /// @notice Thrown when another than its holder accepts or declines a certificate.
    error RetirementNotItsHolder(uint256 certificate, address caller);

    /// @notice Thrown when a country is none of ISO 3166-1's alpha-2 codes. Remedy: its two capital letters, CN or BR.
    error RetirementCountryInvalid(bytes2 country);

    /// @notice Thrown when a certificate would have no holder.
    error RetirementHolderMissing();

    /// @notice Thrown when a certificate number was never given.
    error RetirementCertificateUnknown(uint256 certificate);

    /// @notice Thrown when a picture is asked for with other words than those of the certificate.
    error RetirementOtherClaim(uint256 certificate);

    /// @notice Thrown when a certificate would be transferred, approved or lent.
    error RetirementCertificateLocked(uint256 certificate);

    /// @notice Thrown when arrays of one call differ in length.
    error RetirementLengthMismatch(uint256 left, uint256 right);

    /// @notice Thrown when a call has more items than allowed, or none.
    error RetirementItemCount(uint256 count, uint256 most);

    /// @notice Thrown when the caller's account in the ledger is frozen.
    error RetirementLedgerFrozen(UnitId id);

    /// @notice Thrown when the caller's account in the ledger holds fewer lots than are to be retired.
    error RetirementLedgerShort(UnitId id, uint256 wantedLots, uint256 receivedLots);

    /// @notice Thrown when an amount is not a whole number of the market's lots.
    error RetirementNotWholeLots(UnitId id, uint256 amount, uint256 lotSize);

    /// @notice Thrown when no lot was to be had at that price or below within the maximum cost.
    error RetirementNothingBought(MarketId market, uint16 tick);

    /// @notice Thrown when a registry that was deployed without a ledger is asked to retire from one.
    error RetirementWithoutLedger();

    /// @notice Thrown when a unit contract led back here while its units left: the certificate's number is taken.
    error RetirementReentered(uint256 certificate);

    /// @notice Thrown when units authorised for use abroad would be retired like any others. Remedy: {retireOutcome}.
    error RetirementUnmarked(UnitId id);

    /// @notice Thrown when units may not be retired towards this Party, or not yet. Remedy: name the Party that acquired them, 0
    /// for other purposes, once it has.
    error RetirementOutcomeRefused(UnitId id, uint16 party, uint16 acquirer, OutcomeUse use);

    /// @notice Thrown when units are sent here other than out of the ledger.
    error RetirementNotExpected(address operator, address from);

    /// @notice Retires `amount` of the caller's `id` for `claim`; the certificate goes to the caller.
    /// @dev Warning: cannot be undone, not even by an administrator.
    function retire(UnitId id, uint256 amount, Claim calldata claim) external returns (uint256 number);

    /// @notice Retires on behalf of another: the certificate goes to `holder`, who need not be a participant.
    function retireFor(UnitId id, uint256 amount, Claim calldata claim, address holder)
        external
        returns (uint256 number);

    /// @notice Retires for many beneficiaries in one call, at most 50, each with a certificate of its own.
    /// @return first Number of the first certificate; the others follow it.
    function retireForMany(UnitId id, uint256[] calldata amounts, Claim[] calldata claims, address[] calldata holders)
        external
        returns (uint256 first);

    /// @notice Retires out of the caller's account at the exchange; open sell orders are voided when they are in the way.
    /// @dev Warning: cannot be undone, not even by an administrator.
    function retireFromLedger(UnitId id, uint256 amount, Claim calldata claim, address holder)
        external
        returns (uint256 number);

    /// @notice Buys from the book with the caller's money there, by an order that never rests, and retires the units
    /// bought. The price paid is in the Exchange's `OrdersFilled`. Needs the rights to trade and to surrender.
    /// @dev Warning: cannot be undone, not even by an administrator.
    /// @dev The lots that leave are the oldest of the account: of one batch, a unit is as good as another.
    /// @return number Of the certificate.
    /// @return filled Bought and retired [lots].
    function retireOnPurchase(Purchase calldata purchase, Claim calldata claim, address holder)
        external
        returns (uint256 number, uint256 filled);

    /// @notice Retires units that were authorised for use abroad; `party` marks the use, see {IArticle6}. As {retireFor} otherwise.
    /// @param party Party that acquired them, ISO 3166-1 numeric; 0 for other purposes
    function retireOutcome(UnitId id, uint256 amount, Claim calldata claim, address holder, uint16 party)
        external
        returns (uint256 number);

    /// @notice Accepts a certificate, or declines one that was not asked for; the last word counts. Caller: its holder.
    /// @dev Units are given up without asking the holder, and the certificate stands whatever it says: a claim names its
    /// beneficiary by the word of the participant who retired.
    function answerCertificate(uint256 number, bool accepted) external;

    /// @notice The holder's answer to a certificate.
    function answerOf(uint256 number) external view returns (CertificateAnswer);

    /// @notice Destroys `amount` of the caller's `id` without a claim.
    /// @dev Warning: cannot be undone, not even by an administrator.
    function cancel(UnitId id, uint256 amount, bytes32 reason) external returns (uint256 number);

    /// @notice Whether cancellation `number` took exactly these `blocks` of `id`, as {IOffsetCredits-SerialsAttached} told
    /// them. False for classes without serials.
    function isCancellationOf(uint256 number, UnitId id, SerialBlock[] calldata blocks) external view returns (bool);

    /// @notice Takes all that at most 50 `owners` have of an invalid batch out of the ledger, frozen or offered for
    /// sale; their open orders in its market end. Any caller; `UnitsDebited` of the exchange names each owner and its
    /// lots. Units on wallets leave through {IOffsetCredits-clearInvalidated}.
    function clearInvalidated(UnitId id, ParticipantId[] calldata owners) external;

    /// @notice Adds the contract of a further class. Restricted; once for each class, and for ever.
    function addUnitContract(address unitContract) external;

    /// @notice The contract whose units of `class` can be retired here; zero if none.
    function unitContract(uint8 class) external view returns (address);

    /// @notice A certificate by its number.
    function certificate(uint256 number) external view returns (Certificate memory);

    /// @notice The exact serial blocks of a certificate.
    function serialsOf(uint256 number) external view returns (SerialBlock[] memory blocks);

    /// @notice Whether `claim` is, to the letter, the one of certificate `number`.
    function isClaimOf(uint256 number, Claim calldata claim) external view returns (bool);

    /// @notice Certificate `number` as an SVG with the words of its claim, which must be the ones that were given: the
    /// hash is checked. The picture in `tokenURI` is the same without the words.
    /// @dev Text is escaped for XML; bytes that are no UTF-8, and characters that turn the direction of reading, are
    /// U+FFFD.
    function imageOf(uint256 number, Claim calldata claim) external view returns (string memory svg);

    /// @notice Whether a certificate is of units authorised for use abroad, and the Party towards whose contribution they were used
    /// (ISO 3166-1 numeric; 0 for other purposes).
    function markOf(uint256 number) external view returns (bool marked, uint16 party);

    /// @notice Number of the newest certificate; 0 before the first.
    function lastCertificate() external view returns (uint256);
}
