// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId} from "./Ids.sol";

/// @dev Status of the report of one installation and year.
enum ReportStatus {
    None, //       no report yet
    Reported, //   fully signed; final once its dispute window has passed
    Disputed, //   disputed by a party with standing; not final until resolved
    Annulled, //   dispute upheld; waits for a restatement or a determination
    Determined //  set by the authority; final, and no report replaces it
}

/// @dev An operator's report without roots, in one word, lowest first: `installation 32 | year 16 | revision 8 |
/// emissions 40 | power 40 | heat 40 | gwpSet 8 | lineCount 32 | signedAt 40`. Emissions [t CO2e], power [MWh], heat
/// [GJ], signedAt [s].
type ReportWord is uint256;

/// @dev The bodies' opinion of a report and the persons who sign it, in one word, lowest first:
/// `signedAt 40 | materiality 32 [ppm] | assurance 8 | then for each body: lead 8 | reviewer 8`; the rest is zero.
/// `assurance` is 1 limited or 2 reasonable; its top bit says that the opinion is qualified (ISO 14064-3).
/// Persons are indices into the scheme's signer set, which knows their body. Several bodies, in rising order of
/// their numbers, give one verdict: they sign the same terms, each in its own name.
type OpinionWord is uint256;

/// @dev A record as stored, one slot, lowest first: `emissions 40 | power 40 | heat 40 | revision 8 | status 8 |
/// submittedAt 32 | finalAt 32 | configVersion 16 | body 24 | bodies 8 | (8 free)`. Times are [s]; `body` is the first
/// body that signed, `bodies` how many did.
type RecordWord is uint256;

using {
    reportedInstallation,
    reportedYear,
    reportedRevision,
    reportedEmissions,
    reportedPower,
    reportedHeat,
    reportedSignedAt
} for ReportWord global;
using {
    opinionSignedAt,
    opinionMateriality,
    opinionAssurance,
    opinionLevel,
    opinionQualified,
    opinionPersons
} for OpinionWord global;
using {
    recordEmissions,
    recordPower,
    recordHeat,
    recordRevision,
    recordStatus,
    recordSubmittedAt,
    recordFinalAt,
    recordConfig,
    recordBody,
    recordBodies
} for RecordWord global;

function reportedInstallation(ReportWord w) pure returns (InstallationId) {
    return InstallationId.wrap(uint32(ReportWord.unwrap(w)));
}

function reportedYear(ReportWord w) pure returns (uint16) {
    return uint16(ReportWord.unwrap(w) >> 32);
}

/// @dev 1 for the first report of a year, one more for each restatement.
function reportedRevision(ReportWord w) pure returns (uint8) {
    return uint8(ReportWord.unwrap(w) >> 48);
}

/// @dev [t CO2e]
function reportedEmissions(ReportWord w) pure returns (uint40) {
    return uint40(ReportWord.unwrap(w) >> 56);
}

/// @dev [MWh]
function reportedPower(ReportWord w) pure returns (uint40) {
    return uint40(ReportWord.unwrap(w) >> 96);
}

/// @dev [GJ]
function reportedHeat(ReportWord w) pure returns (uint40) {
    return uint40(ReportWord.unwrap(w) >> 136);
}

/// @dev [s]
function reportedSignedAt(ReportWord w) pure returns (uint256) {
    return ReportWord.unwrap(w) >> 216;
}

/// @dev [s]
function opinionSignedAt(OpinionWord w) pure returns (uint40) {
    return uint40(OpinionWord.unwrap(w));
}

/// @dev [ppm]
function opinionMateriality(OpinionWord w) pure returns (uint32) {
    return uint32(OpinionWord.unwrap(w) >> 40);
}

/// @dev As signed: the level, and 128 where the opinion is qualified.
function opinionAssurance(OpinionWord w) pure returns (uint8) {
    return uint8(OpinionWord.unwrap(w) >> 72);
}

/// @dev 1 limited, 2 reasonable
function opinionLevel(OpinionWord w) pure returns (uint256) {
    return OpinionWord.unwrap(w) >> 72 & 0x7f;
}

/// @dev 1 where the opinion is qualified, else 0
function opinionQualified(OpinionWord w) pure returns (uint256) {
    return OpinionWord.unwrap(w) >> 79 & 1;
}

/// @dev `lead 8 | reviewer 8` of each body, the first body lowest.
function opinionPersons(OpinionWord w) pure returns (uint256) {
    return OpinionWord.unwrap(w) >> 80;
}

/// @dev [t CO2e]
function recordEmissions(RecordWord w) pure returns (uint40) {
    return uint40(RecordWord.unwrap(w));
}

/// @dev [MWh]
function recordPower(RecordWord w) pure returns (uint40) {
    return uint40(RecordWord.unwrap(w) >> 40);
}

/// @dev [GJ]
function recordHeat(RecordWord w) pure returns (uint40) {
    return uint40(RecordWord.unwrap(w) >> 80);
}

function recordRevision(RecordWord w) pure returns (uint8) {
    return uint8(RecordWord.unwrap(w) >> 120);
}

function recordStatus(RecordWord w) pure returns (ReportStatus) {
    return ReportStatus(uint8(RecordWord.unwrap(w) >> 128));
}

/// @dev [s]
function recordSubmittedAt(RecordWord w) pure returns (uint32) {
    return uint32(RecordWord.unwrap(w) >> 136);
}

/// @dev [s] from when a reported record is final
function recordFinalAt(RecordWord w) pure returns (uint32) {
    return uint32(RecordWord.unwrap(w) >> 168);
}

function recordConfig(RecordWord w) pure returns (uint16) {
    return uint16(RecordWord.unwrap(w) >> 200);
}

function recordBody(RecordWord w) pure returns (ParticipantId) {
    return ParticipantId.wrap(uint24(RecordWord.unwrap(w) >> 216));
}

/// @dev Bodies that signed.
function recordBodies(RecordWord w) pure returns (uint8) {
    return uint8(RecordWord.unwrap(w) >> 240);
}
