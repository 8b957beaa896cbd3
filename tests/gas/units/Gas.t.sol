// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {ParticipantId, UnitId} from "../../../interfaces/types/Ids.sol";
import {UnitsBase} from "../../units/UnitsBase.sol";

interface IPlainERC1155 is IERC1155 {
    function mint(address to, uint256 id, uint256 amount) external;
}

/// @dev Whole transactions, both parties already holding some of the unit. Figures go to `snapshots/offsets.json`.
/// forge-config: default.isolate = true
contract UnitsGasTest is UnitsBase {
    /// @dev 28 of it for the selector of {IUnit1155-claim}, which the dispatcher looks at.
    uint256 internal constant MORE_THAN_OPENZEPPELIN = 9600;

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

    /// @dev Credits between two participants: permission of both, freeze and the batch's status on top of the token.
    function test_gas_transferWalletToWallet() public {
        uint256 yardstick = _transfer(plain, dora, bob, 1, "transfer_openzeppelin");
        uint256 used = _transfer(credits, dora, bob, UnitId.unwrap(credit), "transfer_wallet_to_wallet");
        assertLe(used, yardstick + MORE_THAN_OPENZEPPELIN);
    }

    function test_gas_transferBetweenOwnWallets() public {
        uint256 yardstick = _transfer(plain, dora, bob, 1, "transfer_openzeppelin");
        uint256 used = _transfer(allowances, alice, aliceDesk, UnitId.unwrap(allowance), "transfer_own_wallets");
        assertLe(used, yardstick + MORE_THAN_OPENZEPPELIN);
    }

    /// @dev The token's part of an allocation: a third of a new slot and the standard's event for each participant, registered
    /// one after the other.
    function test_gas_issueToAHundredParticipants() public {
        (ParticipantId[] memory to, uint256[] memory amounts) = (new ParticipantId[](100), new uint256[](100));
        for (uint256 i = 0; i < 100; ++i) {
            (to[i], amounts[i]) = (_register(address(uint160(uint256(keccak256(abi.encode(i)))))), 1_234_567);
        }
        vm.prank(controller);
        allowances.issueBatch(to, allowance, amounts, REF);
        uint256 each = vm.lastCallGas().gasTotalUsed / 100;
        vm.snapshotValue("offsets", "issue_batch_100_each", each);
        assertLe(each, 21_000);
    }

    function _transfer(IERC1155 token, address from, address to, uint256 id, string memory key)
        internal
        returns (uint256 used)
    {
        vm.prank(from);
        token.safeTransferFrom(from, to, id, 10, "");
        used = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("offsets", key, used);
    }
}
