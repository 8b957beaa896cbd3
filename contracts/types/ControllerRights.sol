// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title ControllerRights
/// @notice Rights of a controller over a class of units, lowest bit first:
/// `issue 1 | exit 1 | force 1 | hold 1 | .. | kinds of exit, bit 8 + kind | .. | uses of credits, from bit 32`.
library ControllerRights {
    uint256 internal constant ISSUE = 1;
    uint256 internal constant EXIT = 2;
    uint256 internal constant FORCE = 4;
    /// @dev Custodian: keeps credits of others, for the uses named in the same word.
    uint256 internal constant HOLD = 8;

    uint256 private constant KINDS_SHIFT = 8;
    uint256 private constant USES_SHIFT = 32;

    /// @notice Whether the rights include exits of a kind: of any, unless they are narrowed to some.
    function mayExit(uint256 rights, uint256 kind) internal pure returns (bool) {
        uint256 kinds = rights >> KINDS_SHIFT;
        return rights & EXIT != 0 && (kinds == 0 || (kinds >> kind) & 1 != 0);
    }

    /// @notice Whether the rights name a kind of exit.
    function names(uint256 rights, uint256 kind) internal pure returns (bool) {
        return rights & EXIT != 0 && (rights >> KINDS_SHIFT >> kind) & 1 != 0;
    }

    /// @notice The uses a custodian serves; see {CreditUses}.
    function usesOf(uint256 rights) internal pure returns (uint256) {
        return rights >> USES_SHIFT;
    }
}
