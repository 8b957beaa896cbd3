// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {InstallationStatus, InstallationWord} from "../../interfaces/types/InstallationTypes.sol";

/// @title InstallationWordLib
/// @notice Writes an {InstallationWord}: the layout, and its readers, are beside the type.
library InstallationWordLib {
    uint256 private constant SCHEME = 24;
    uint256 private constant JURISDICTION = 40;
    uint256 private constant CLASS = 56;
    uint256 private constant STATUS = 64;
    uint256 private constant CAPACITY = 72;
    uint256 private constant BUYER = 112;
    uint256 private constant ACCEPTED = 1 << 136;

    uint256 private constant OPERATOR_MASK = type(uint24).max;
    uint256 private constant STATUS_MASK = uint256(type(uint8).max) << STATUS;
    uint256 private constant TERMS_MASK = uint256(type(uint8).max) << CLASS | uint256(type(uint40).max) << CAPACITY;
    /// @dev Buyer and acceptance.
    uint256 private constant SALE_MASK = uint256(type(uint32).max) << BUYER;

    /// @notice An open installation that is not for sale.
    function pack(ParticipantId operator, SchemeId scheme, uint16 jurisdiction, uint8 benchmarkClass, uint40 capacityKw)
        internal
        pure
        returns (InstallationWord)
    {
        return InstallationWord.wrap(
            uint256(ParticipantId.unwrap(operator)) | uint256(SchemeId.unwrap(scheme)) << SCHEME | uint256(jurisdiction)
                << JURISDICTION | uint256(benchmarkClass) << CLASS | uint256(InstallationStatus.Open) << STATUS
                | uint256(capacityKw) << CAPACITY
        );
    }

    function withTerms(InstallationWord w, uint8 benchmarkClass, uint40 capacityKw)
        internal
        pure
        returns (InstallationWord)
    {
        return _with(w, TERMS_MASK, uint256(benchmarkClass) << CLASS | uint256(capacityKw) << CAPACITY);
    }

    /// @notice Closed; an offer to sell ends with it.
    function closed(InstallationWord w) internal pure returns (InstallationWord) {
        return _with(w, SALE_MASK | STATUS_MASK, uint256(InstallationStatus.Closed) << STATUS);
    }

    /// @notice Offered to `buyer`; to 0: not for sale.
    function offeredTo(InstallationWord w, ParticipantId buyer) internal pure returns (InstallationWord) {
        return _with(w, SALE_MASK, uint256(ParticipantId.unwrap(buyer)) << BUYER);
    }

    /// @notice Accepted by the buyer, waiting for the registrar's consent.
    function accepted(InstallationWord w) internal pure returns (InstallationWord) {
        return InstallationWord.wrap(InstallationWord.unwrap(w) | ACCEPTED);
    }

    /// @notice Operated by its buyer, and no longer for sale.
    function sold(InstallationWord w) internal pure returns (InstallationWord) {
        return _with(w, SALE_MASK | OPERATOR_MASK, ParticipantId.unwrap(w.buyerOf()));
    }

    function _with(InstallationWord w, uint256 mask, uint256 bits) private pure returns (InstallationWord) {
        return InstallationWord.wrap(InstallationWord.unwrap(w) & ~mask | bits);
    }
}
