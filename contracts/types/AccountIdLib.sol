// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccountId} from "../../interfaces/types/BookTypes.sol";

/// @title AccountIdLib
/// @notice Fields of an account's id; the layout is at {AccountId}.
library AccountIdLib {
    /// @dev Assumes 16 bits of market and 24 bits of participant.
    function pack(uint256 market, uint256 participant) internal pure returns (AccountId) {
        return AccountId.wrap(uint40((market << 24) | participant)); // 16 and 24 bits
    }
}
