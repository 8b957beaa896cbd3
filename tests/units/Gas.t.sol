// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {UnitId} from "../../interfaces/Ids.sol";
import {UnitsBase} from "./UnitsBase.sol";

interface IPlainERC1155 is IERC1155 {
    function mint(address to, uint256 id, uint256 amount) external;
}

/// @dev Whole transactions (run with --isolate): both parties already hold some of the unit.
contract UnitsGasTest is UnitsBase {
    IPlainERC1155 internal plain;
    UnitId internal credit;

    function setUp() public override {
        super.setUp();
        plain = IPlainERC1155(vm.deployCode("PlainERC1155.sol:PlainERC1155"));
        plain.mint(dora, 1, 1000);
        plain.mint(bob, 1, 1000);
        credit = _batch(1, 1_000_000);
        _issue(alice, 1000);
        _issue(aliceDesk, 1000);
        vm.prank(dora);
        credits.safeTransferFrom(dora, bob, UnitId.unwrap(credit), 1000, "");
    }

    function test_gas_transferWalletToWallet() public {
        vm.prank(dora);
        plain.safeTransferFrom(dora, bob, 1, 10, "");
        uint256 yardstick = vm.snapshotGasLastCall("offsets", "transfer_openzeppelin");

        vm.prank(dora);
        credits.safeTransferFrom(dora, bob, UnitId.unwrap(credit), 10, "");
        uint256 credit_ = vm.snapshotGasLastCall("offsets", "transfer_wallet_to_wallet");

        vm.prank(alice);
        allowances.safeTransferFrom(alice, aliceDesk, UnitId.unwrap(allowance), 10, "");
        uint256 allowance_ = vm.snapshotGasLastCall("offsets", "transfer_own_wallets");
        emit log_named_uint("over", credit_ - yardstick);
        emit log_named_uint("own over", allowance_ - yardstick);
    }
    event log_named_uint(string, uint256);
}
