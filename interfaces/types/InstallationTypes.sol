// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId} from "./Ids.sol";

/// @dev Status of an installation: not registered, registered, closed for good.
enum InstallationStatus {
    None,
    Open,
    Closed
}

/// @dev An installation as stored, one slot, lowest first: `operator 24 | scheme 16 | jurisdiction 16 | class 8 |
/// status 8 | capacity 40 | buyer 24 | accepted 8`. Written by {InstallationWordLib}.
type InstallationWord is uint256;

using {
    operatorOf,
    schemeOf,
    jurisdictionOf,
    classOf,
    statusOf,
    capacityOf,
    buyerOf,
    saleAccepted
} for InstallationWord global;

/// @dev Participant liable for the installation's reports and obligation.
function operatorOf(InstallationWord w) pure returns (ParticipantId) {
    return ParticipantId.wrap(uint24(InstallationWord.unwrap(w)));
}

/// @dev Scheme whose rules apply to the installation.
function schemeOf(InstallationWord w) pure returns (SchemeId) {
    return SchemeId.wrap(uint16(InstallationWord.unwrap(w) >> 24));
}

/// @dev Jurisdiction whose registrar keeps the installation.
function jurisdictionOf(InstallationWord w) pure returns (uint16) {
    return uint16(InstallationWord.unwrap(w) >> 40);
}

/// @dev Benchmark class of the scheme's rule pack; 0 none.
function classOf(InstallationWord w) pure returns (uint8) {
    return uint8(InstallationWord.unwrap(w) >> 56);
}

function statusOf(InstallationWord w) pure returns (InstallationStatus) {
    return InstallationStatus(uint8(InstallationWord.unwrap(w) >> 64));
}

/// @dev [kW] electric capacity
function capacityOf(InstallationWord w) pure returns (uint40) {
    return uint40(InstallationWord.unwrap(w) >> 72);
}

/// @dev Participant to whom the installation is offered for sale; 0 none.
function buyerOf(InstallationWord w) pure returns (ParticipantId) {
    return ParticipantId.wrap(uint24(InstallationWord.unwrap(w) >> 112));
}

/// @dev Whether the buyer has accepted and the sale awaits the registrar's consent.
function saleAccepted(InstallationWord w) pure returns (bool) {
    return uint8(InstallationWord.unwrap(w) >> 136) != 0;
}
