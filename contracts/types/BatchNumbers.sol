// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {UnitId} from "../../interfaces/types/Ids.sol";
import {DeviceId} from "../../interfaces/types/MeterTypes.sol";
import {UnitIdLib} from "./UnitIdLib.sol";

/// @title BatchNumbers
/// @notice Batch field of an id, in the classes that divide it.
/// @dev Offset credits: number of a monitoring report, from 2^61 a batch that was set apart for use abroad, from 2^62 an ex-ante
/// batch, from 2^63 an immobilised batch.
/// @dev Energy certificates: `device 32 | hour 32`, hours since 1970.
library BatchNumbers {
    uint64 internal constant AUTHORISED = 1 << 61;
    uint64 internal constant EX_ANTE = 1 << 62;
    uint64 internal constant IMMOBILISED = 1 << 63;

    uint256 private constant HOUR = 1 hours;
    uint64 private constant DEVICE_SHIFT = 32;

    /// @notice Whether a batch of offset credits stands for blocks of another registry.
    function isImmobilised(UnitId id) internal pure returns (bool) {
        return UnitIdLib.batchOf(id) >= IMMOBILISED;
    }

    /// @notice Whether a batch of offset credits was set apart for use abroad.
    function isAuthorised(UnitId id) internal pure returns (bool) {
        uint64 number = UnitIdLib.batchOf(id);
        return number >= AUTHORISED && number < EX_ANTE;
    }

    /// @notice Batch of the certificates of a device for the hour that begins at `from` [s].
    function ofHour(DeviceId device, uint256 from) internal pure returns (uint64) {
        return uint64(DeviceId.unwrap(device)) << DEVICE_SHIFT | uint64(from / HOUR); // of 40 bits of seconds
    }

    function deviceOf(UnitId id) internal pure returns (DeviceId) {
        return DeviceId.wrap(uint32(UnitIdLib.batchOf(id) >> DEVICE_SHIFT));
    }

    /// @notice End of the hour that a certificate is for [s].
    function hourEndOf(UnitId id) internal pure returns (uint256) {
        return (uint256(uint32(UnitIdLib.batchOf(id))) + 1) * HOUR; // the low half is the hour
    }
}
