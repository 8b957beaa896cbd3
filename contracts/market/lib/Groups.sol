// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../../interfaces/types/Ids.sol";
import {IGroupSource, IParticipantSource} from "../../../interfaces/rules/ILedgerSources.sol";

/// @title Groups
/// @notice Groups of companies in a register that need not know any.
library Groups {
    /// @dev The participant's group; 0 = none, or a register without groups.
    function groupOf(IParticipantSource register, ParticipantId participant) internal view returns (uint24) {
        try IGroupSource(address(register)).groupOf(participant) returns (uint24 group) {
            return group;
        } catch {
            return 0;
        }
    }
}
