// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId, SchemeId} from "../types/Ids.sol";
import {InstallationStatus, InstallationWord} from "../types/InstallationTypes.sol";

/// @dev A new installation, as its registrar enters it.
struct InstallationData {
    ParticipantId operator;
    SchemeId scheme;
    uint16 jurisdiction; //   never 0
    uint8 benchmarkClass; //  of the scheme's rule pack; 0 none
    uint40 capacityKw; //     [kW] electric
    bytes32 detailsHash; //   hash of name, address and documents; in the event only
}

/// @title IInstallations
/// @notice Installations: operator, jurisdiction, benchmark class and capacity of each.
/// @dev Implemented by the Participants contract, so that an oracle needs one call. Obligations elsewhere are keyed by
/// installation and so move with it when it is sold.
interface IInstallations {
    /// @notice Emitted once for each installation registered.
    event InstallationRegistered(
        InstallationId indexed id,
        ParticipantId indexed operator,
        SchemeId indexed scheme,
        uint16 jurisdiction,
        uint8 benchmarkClass,
        uint40 capacityKw,
        bytes32 detailsHash
    );

    /// @notice Emitted when the registrar corrects class or capacity.
    event InstallationChanged(
        InstallationId indexed id,
        uint8 oldClass,
        uint8 benchmarkClass,
        uint40 oldCapacityKw,
        uint40 capacityKw,
        bytes32 detailsHash
    );

    /// @notice Emitted when its operator offers it to `buyer`, or (buyer 0) takes the offer back.
    event InstallationOffered(InstallationId indexed id, ParticipantId indexed operator, ParticipantId indexed buyer);

    /// @notice Emitted when the buyer accepts but the registrar must still consent.
    event InstallationSaleAccepted(InstallationId indexed id, ParticipantId indexed buyer);

    /// @notice Emitted when the registrar refuses an accepted sale.
    event InstallationSaleRefused(InstallationId indexed id, ParticipantId indexed buyer, bytes32 reasonHash);

    /// @notice Emitted when an installation, with its reports and obligation, passes to `buyer`.
    event InstallationSold(InstallationId indexed id, ParticipantId indexed seller, ParticipantId indexed buyer);

    /// @notice Emitted when an installation is closed for ever. Its obligations stay due.
    event InstallationClosed(InstallationId indexed id, ParticipantId indexed operator);

    /// @notice Emitted when a scheme's sales begin or cease to need the registrar's consent.
    event SaleConsentSet(SchemeId indexed scheme, bool needed);

    /// @notice Thrown when no installation has this number.
    error InstallationsUnknown(InstallationId id);
    /// @notice Thrown when the seller's wallets were replaced since the offer. The seller offers again.
    error InstallationsOfferVoid(InstallationId id);
    /// @notice Thrown when the installation is not open.
    error InstallationsNotOpen(InstallationId id, InstallationStatus status);
    /// @notice Thrown when the scheme of a new installation is 0.
    error InstallationsZeroScheme();
    /// @notice Thrown when the caller does not act for the operator.
    error InstallationsNotOperator(InstallationId id, ParticipantId caller, ParticipantId operator);
    /// @notice Thrown when the caller does not act for the participant it was offered to.
    error InstallationsNotBuyer(InstallationId id, ParticipantId caller, ParticipantId buyer);
    /// @notice Thrown when an installation is offered to its own operator.
    error InstallationsOwnBuyer(InstallationId id, ParticipantId operator);
    /// @notice Thrown when consent is given or refused to a sale that no buyer has accepted.
    error InstallationsNoSale(InstallationId id);
    /// @notice Thrown when a sale is accepted already: only the registrar's answer changes it.
    error InstallationsSaleAccepted(InstallationId id, ParticipantId buyer);

    /// @notice Registers installations; at most 200. Caller: registrar of each one's jurisdiction.
    /// @dev The operator must be an active emitter.
    function registerInstallations(InstallationData[] calldata data) external returns (InstallationId firstId);

    /// @notice Corrects class and capacity. Caller: registrar.
    function changeInstallation(InstallationId id, uint8 benchmarkClass, uint40 capacityKw, bytes32 detailsHash)
        external;

    /// @notice Offers an installation with its obligation; buyer 0 takes the offer back. Caller: operator, MANAGE.
    function offerInstallation(InstallationId id, ParticipantId buyer) external;

    /// @notice Accepts an offer. Caller: buyer (active emitter), MANAGE. Waits for consent where the scheme asks for it.
    function acceptInstallation(InstallationId id) external;

    /// @notice Consents to an accepted sale. Caller: registrar.
    function consentToSale(InstallationId id) external;

    /// @notice Refuses an accepted sale; the offer ends. Caller: registrar.
    function refuseSale(InstallationId id, bytes32 reasonHash) external;

    /// @notice Closes an installation for ever. Caller: registrar. An open offer ends with it.
    function closeInstallation(InstallationId id) external;

    /// @notice Whether sales within `scheme` need the registrar's consent. Restricted.
    function setSaleConsent(SchemeId scheme, bool needed) external;

    /// @notice Whether sales within `scheme` need the registrar's consent.
    function saleConsentNeeded(SchemeId scheme) external view returns (bool);

    /// @notice The installation; an all-zero word when there is none. One slot read.
    function installation(InstallationId id) external view returns (InstallationWord);

    /// @notice Installations; at most 200, in the order asked, all-zero words where there is none. One slot read each.
    function installationWords(InstallationId[] calldata ids) external view returns (InstallationWord[] memory words);

    /// @notice The installation and the rights `signer` has as a wallet of its operator (0 when it is none). Two slots read.
    /// @dev A suspended operator still reports: its status is not part of the answer.
    function reporterOf(InstallationId id, address signer) external view returns (InstallationWord word, uint8 rights);

    /// @notice The highest number given so far; numbers run from 1.
    function installationCount() external view returns (uint256);
}
