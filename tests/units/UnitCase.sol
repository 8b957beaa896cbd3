// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {UnitId} from "../../interfaces/types/Ids.sol";
import {UnitsBase} from "./UnitsBase.sol";

/// @dev An allowance, a credit and the controllers of both.
abstract contract UnitCase is UnitsBase {
    UnitId internal credit;
    uint256 internal a; // the allowance's raw id
    uint256 internal c; // the credit's raw id

    address internal ender = makeAddr("ender"); // a controller that exits
    address internal enforcer = makeAddr("enforcer"); // a controller that may force

    function setUp() public virtual override {
        super.setUp();
        credit = _batch(1, 10_000);
        (a, c) = (UnitId.unwrap(allowance), UnitId.unwrap(credit));
        _issue(alice, 1000);
        allowances.setController(ender, EXIT);
        allowances.setController(enforcer, EXIT | FORCE);
    }

    function _move(IERC1155 token, address from, address to, uint256 id, uint256 amount) internal {
        vm.prank(from);
        token.safeTransferFrom(from, to, id, amount, "");
    }
}
