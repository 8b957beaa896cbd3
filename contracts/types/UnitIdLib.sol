// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId, UnitId} from "../../interfaces/types/Ids.sol";

/// @title UnitIdLib
/// @notice Fields of an ERC-1155 unit id: `class 8 | scheme 16 | vintage 16 | batch 64`, packed low in 104 bits.
library UnitIdLib {
    uint8 internal constant ALLOWANCE = 1; //         [t]
    uint8 internal constant OFFSET_CREDIT = 2; //      [t]
    uint8 internal constant ENERGY_CREDIT = 3;
    uint8 internal constant ENERGY_CERTIFICATE = 4; // [Wh]

    /// @dev Bits an id may use.
    uint256 internal constant MASK = (1 << 104) - 1;

    /// @notice The id of a class, scheme, vintage and batch.
    function encode(uint8 class, SchemeId scheme_, uint16 vintage_, uint64 batch_) internal pure returns (UnitId) {
        return
            UnitId.wrap(
                uint256(class) << 96 | uint256(SchemeId.unwrap(scheme_)) << 80 | uint256(vintage_) << 64 | batch_
            );
    }

    function classOf(UnitId id) internal pure returns (uint8) {
        return uint8(UnitId.unwrap(id) >> 96);
    }

    /// @dev Whether the id names a class and uses no bit beyond it.
    function namesClass(UnitId id) internal pure returns (bool) {
        uint256 top = UnitId.unwrap(id) >> 96;
        return top != 0 && top <= type(uint8).max;
    }

    function schemeOf(UnitId id) internal pure returns (SchemeId) {
        return SchemeId.wrap(uint16(UnitId.unwrap(id) >> 80));
    }

    function vintageOf(UnitId id) internal pure returns (uint16) {
        return uint16(UnitId.unwrap(id) >> 64);
    }

    function batchOf(UnitId id) internal pure returns (uint64) {
        return uint64(UnitId.unwrap(id));
    }

    /// @notice Whether the id has this class, names a scheme and a vintage, and uses no bit beyond its fields.
    function isOfClass(UnitId id, uint8 class) internal pure returns (bool) {
        uint256 raw = UnitId.unwrap(id);
        return raw >> 96 == class && uint16(raw >> 80) != 0 && uint16(raw >> 64) != 0;
    }
}
