// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {OrderRequestLib} from "../../contracts/types/OrderRequestLib.sol";
import {OrderRequest} from "../../interfaces/types/BookTypes.sol";

contract OrderRequestLibTest is Test {
    using OrderRequestLib for OrderRequest;

    function test_capsHaveDefaults() public pure {
        assertEq(OrderRequest.wrap(0).records(), 200);
        assertEq(OrderRequest.wrap(0).holes(), 200);
        assertEq(OrderRequest.wrap(uint256(5) << 72 | uint256(6) << 84).records(), 5);
        assertEq(OrderRequest.wrap(uint256(5) << 72 | uint256(6) << 84).holes(), 6);
    }
}
