// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1363Receiver} from "@openzeppelin/contracts/interfaces/IERC1363Receiver.sol";
import {ERC1363} from "@openzeppelin/contracts/token/ERC20/extensions/ERC1363.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @dev A currency of a market that says what it is told to have moved, and moves nothing.
contract TellingCurrency is ERC1363 {
    constructor() ERC20("Telling", "TELL") {}

    /// @dev That the holder itself has sent `amount`.
    function tell(address exchange, address from, uint256 amount, bytes calldata data) external {
        IERC1363Receiver(exchange).onTransferReceived(from, from, amount, data);
    }
}
