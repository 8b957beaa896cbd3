// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {LibString} from "solady/utils/LibString.sol";

import {SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";

/// @title UnitMetadata
/// @notice ERC-1155 metadata built from the id alone: nobody hosts it, nobody can change it.
library UnitMetadata {
    /// @notice A data URI with the JSON of the ERC-1155 metadata schema.
    function uri(UnitId id) internal pure returns (string memory) {
        (string memory name, string memory measure) = words(UnitIdLib.classOf(id));
        string memory json = string.concat(
            'data:application/json;utf8,{"name":"', name, '","decimals":0,"properties":{"measure":"', measure
        );
        json = _with(json, '","scheme":', SchemeId.unwrap(UnitIdLib.schemeOf(id)));
        json = _with(json, ',"vintage":', UnitIdLib.vintageOf(id));
        json = _with(json, ',"batch":', UnitIdLib.batchOf(id));
        return string.concat(json, "}}");
    }

    function _with(string memory json, string memory key, uint256 value) private pure returns (string memory) {
        return string.concat(json, key, LibString.toString(value));
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
