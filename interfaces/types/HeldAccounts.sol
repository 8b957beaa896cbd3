// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "./Ids.sol";

/// @title HeldAccounts
/// @notice Account in which a unit contract holds units for a participant until one of its wallets takes them:
/// `17 bytes of keccak256("tonne: held for a participant") | participant 24`.
/// @dev No key and no contract has such an address: finding one for a given prefix takes 2^136 attempts.
library HeldAccounts {
    /// @dev Compared with the hash in a test.
    uint160 internal constant PREFIX = 0x007a79d5a2243480d2b53f9b6cb16fea8275000000;
    uint160 private constant NUMBERS = type(uint24).max;

    /// @notice Held account of a participant.
    function accountOf(ParticipantId owner) internal pure returns (address) {
        return address(PREFIX | ParticipantId.unwrap(owner));
    }

    /// @notice Participant whose held account this is; zero for any other account.
    function ownerOf(address account) internal pure returns (ParticipantId) {
        if (uint160(account) & ~NUMBERS != PREFIX) return ParticipantId.wrap(0);
        return ParticipantId.wrap(uint24(uint160(account)));
    }
}
