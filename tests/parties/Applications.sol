// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Vm} from "forge-std/Vm.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {Application, IParticipants} from "../../interfaces/parties/IParticipants.sol";

/// @dev Participants of a test: an application and its approval.
library Applications {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev The wallet applies, the registrar approves.
    function join(
        IParticipants register,
        address wallet,
        uint16 kinds,
        uint16 jurisdiction,
        bytes32 details,
        address registrar
    ) internal returns (ParticipantId id) {
        vm.prank(wallet);
        register.applyFor(kinds, jurisdiction, details);
        vm.prank(registrar);
        id = register.approve(one(wallet, kinds, jurisdiction, details))[0];
    }

    function one(address wallet, uint16 kinds, uint16 jurisdiction, bytes32 details)
        internal
        pure
        returns (Application[] memory all)
    {
        all = new Application[](1);
        all[0] = Application({wallet: wallet, kinds: kinds, jurisdiction: jurisdiction, detailsHash: details});
    }
}
