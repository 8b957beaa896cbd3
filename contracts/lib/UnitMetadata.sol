// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {SchemeId, UnitId} from "../../interfaces/Ids.sol";
import {UnitIds} from "./UnitIds.sol";

/// @title UnitMetadata
/// @notice ERC-1155 metadata built from the id alone: nobody hosts it, nobody can change it.
library UnitMetadata {
    /// @notice A data URI with the JSON of the ERC-1155 metadata schema.
    function uri(UnitId id) internal pure returns (string memory) {
        string memory scheme = Strings.toString(SchemeId.unwrap(UnitIds.schemeOf(id)));
        string memory vintage = Strings.toString(UnitIds.vintageOf(id));
        string memory batch = Strings.toString(UnitIds.batchOf(id));
        (string memory name, string memory measure) = words(UnitIds.classOf(id));
        bytes memory json = abi.encodePacked(
            '{"name":"',
            abi.encodePacked(name, " ", vintage, ", scheme ", scheme, ", batch ", batch),
            '","decimals":0,"properties":{"measure":"',
            measure,
            '","scheme":',
            abi.encodePacked(scheme, ',"vintage":', vintage, ',"batch":', batch, "}}")
        );
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }

    /// @dev Name and measure of a class.
    function words(uint8 class) internal pure returns (string memory name, string memory measure) {
        if (class == UnitIds.ALLOWANCE) return ("Emission allowance", "tCO2e");
        if (class == UnitIds.OFFSET_CREDIT) return ("Offset credit", "tCO2e");
        if (class == UnitIds.ENERGY_CREDIT) return ("Energy credit", "credit");
        return ("Energy certificate", "Wh");
    }
}
