// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {UnitId} from "tonne/interfaces/types/Ids.sol";
import {IOpenParticipants} from "tonne/interfaces/open/IOpenParticipants.sol";
import {Claim, IRetirementRegistry} from "tonne/interfaces/compliance/IRetirementRegistry.sol";

/// @notice Sells bread; retires a credit for each loaf in the name of its buyer.
contract Shop is ERC1155Holder {
    IRetirementRegistry private immutable REGISTRY;
    UnitId private immutable CREDIT;

    constructor(IRetirementRegistry registry, IOpenParticipants register, UnitId credit, IERC1155 token) {
        (REGISTRY, CREDIT) = (registry, credit);
        register.join();
        token.setApprovalForAll(registry.unitContract(uint8(UnitId.unwrap(credit) >> 96)), true);
    }

    function sell(string calldata name, uint256 loaves) external returns (uint256 certificate) {
        uint32 day = uint32(block.timestamp / 1 days);
        return REGISTRY.retireFor(CREDIT, loaves, Claim(name, 0, "bread", day, day, "NZ"), msg.sender);
    }
}
