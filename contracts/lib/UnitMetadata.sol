// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {LibString} from "solady/utils/LibString.sol";

import {SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";

/// @title UnitMetadata
/// @notice ERC-1155 metadata built from the id alone: it needs no host and cannot be changed.
library UnitMetadata {
    /// @notice A data URI with the JSON of the ERC-1155 metadata schema.
    /// @param class of the id; a constant, so that the code holds no other class's words
    function uri(UnitId id, uint8 class) internal pure returns (string memory) {
        (string memory name, string memory measure) = words(class);
        return string.concat(
            'data:application/json;utf8,{"name":"',
            name,
            '","decimals":0,"properties":{"measure":"',
            measure,
            '","scheme":',
            LibString.toString(SchemeId.unwrap(UnitIdLib.schemeOf(id))),
            ',"vintage":',
            LibString.toString(UnitIdLib.vintageOf(id)),
            ',"batch":',
            LibString.toString(UnitIdLib.batchOf(id)),
            "}}"
        );
    }

    /// @dev Name and measure of a class.
    function words(uint8 class) internal pure returns (string memory name, string memory measure) {
        if (class == UnitIdLib.ALLOWANCE) return ("Emission allowance", "tCO2e");
        if (class == UnitIdLib.OFFSET_CREDIT) return ("Offset credit", "tCO2e");
        if (class == UnitIdLib.ENERGY_CREDIT) return ("Energy credit", "micro-credit");
        if (class == UnitIdLib.ENERGY_CERTIFICATE) return ("Energy certificate", "Wh");
        return ("Unit", "units"); // of a class that others brought
    }
}
