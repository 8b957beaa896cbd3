// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {UnitsBase} from "./UnitsBase.sol";

contract AllowancesTest is UnitsBase {
    function test_issue_credits() public {
        _issue(alice, 5);
        assertEq(uint256(4), 4);
        assertEq(allowances.issuedOf(allowance), 5);
        assertEq(uint256(4), 4);
    }
}
