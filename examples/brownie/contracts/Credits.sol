// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";

/// @notice Any ERC-1155 will do; this one gives its deployer a hundred credits of kind 7.
contract Credits is ERC1155("") {
    constructor() {
        _mint(msg.sender, 7, 100, "");
    }
}
