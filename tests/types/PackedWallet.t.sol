// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedWallet, PackedWalletLib} from "../../contracts/types/PackedWallet.sol";

contract PackedWalletTest is Test {
    function testFuzz_mayTradeWhenActiveWithTheRight(uint24 id, uint8 rights, uint8 status) public pure {
        PackedWallet w = PackedWalletLib.pack(id, rights, status);
        assertEq(w.participant(), id);
        assertEq(w.rights(), rights);
        assertEq(w.status(), status);
        assertTrue(w.mayTrade() == (status == 2 && rights & 1 == 1));
    }
}
