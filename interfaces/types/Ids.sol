// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev A registered legal person. 24 bits, because order-book words carry it; 0 means none.
type ParticipantId is uint24;

/// @dev A plant of an emitter. 0 means none.
type InstallationId is uint32;

/// @dev A jurisdiction's rule set. 0 means none.
type SchemeId is uint16;

/// @dev One unit traded against one currency on the Exchange. 0 means none.
type MarketId is uint16;

/// @dev An ERC-1155 id: `class 8 | scheme 16 | vintage 16 | batch 64`, see {UnitIdLib}.
type UnitId is uint256;

using {eqParticipant as ==, neqParticipant as !=} for ParticipantId global;
using {eqInstallation as ==, neqInstallation as !=} for InstallationId global;
using {eqScheme as ==, neqScheme as !=} for SchemeId global;
using {eqMarket as ==, neqMarket as !=} for MarketId global;
using {eqUnit as ==, neqUnit as !=} for UnitId global;

function eqParticipant(ParticipantId a, ParticipantId b) pure returns (bool) {
    return ParticipantId.unwrap(a) == ParticipantId.unwrap(b);
}

function neqParticipant(ParticipantId a, ParticipantId b) pure returns (bool) {
    return ParticipantId.unwrap(a) != ParticipantId.unwrap(b);
}

function eqInstallation(InstallationId a, InstallationId b) pure returns (bool) {
    return InstallationId.unwrap(a) == InstallationId.unwrap(b);
}

function neqInstallation(InstallationId a, InstallationId b) pure returns (bool) {
    return InstallationId.unwrap(a) != InstallationId.unwrap(b);
}

function eqScheme(SchemeId a, SchemeId b) pure returns (bool) {
    return SchemeId.unwrap(a) == SchemeId.unwrap(b);
}

function neqScheme(SchemeId a, SchemeId b) pure returns (bool) {
    return SchemeId.unwrap(a) != SchemeId.unwrap(b);
}

function eqMarket(MarketId a, MarketId b) pure returns (bool) {
    return MarketId.unwrap(a) == MarketId.unwrap(b);
}

function neqMarket(MarketId a, MarketId b) pure returns (bool) {
    return MarketId.unwrap(a) != MarketId.unwrap(b);
}

function eqUnit(UnitId a, UnitId b) pure returns (bool) {
    return UnitId.unwrap(a) == UnitId.unwrap(b);
}

function neqUnit(UnitId a, UnitId b) pure returns (bool) {
    return UnitId.unwrap(a) != UnitId.unwrap(b);
}
