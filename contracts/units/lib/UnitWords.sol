// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {SerialBlock} from "../../../interfaces/units/IOffsetCredits.sol";
import {UnitIdLib} from "../../types/UnitIdLib.sol";

/// @title UnitWords
/// @notice Classes of units and serial numbers in texts that people read.
library UnitWords {
    /// @notice Name of one unit of a class, and its measure.
    function forClass(uint8 class) internal pure returns (string memory name, string memory measure) {
        if (class == UnitIdLib.ALLOWANCE) return ("Emission allowance", "tCO2e");
        if (class == UnitIdLib.OFFSET_CREDIT) return ("Offset credit", "tCO2e");
        if (class == UnitIdLib.ENERGY_CREDIT) return ("Energy credit", "micro-credit");
        if (class == UnitIdLib.ENERGY_CERTIFICATE) return ("Energy certificate", "Wh");
        return ("Unit", "units"); // of a class that others brought
    }

    /// @notice `registry-series-first-last` of a block.
    function serials(SerialBlock memory b) internal pure returns (string memory) {
        string memory range = string.concat(Strings.toString(b.first), "-", Strings.toString(b.last));
        return string.concat(Strings.toString(b.registry), "-", Strings.toString(b.series), "-", range);
    }
}
