// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {DeafStub, ReceiverStub} from "./Stubs.sol";
import {UnitsBase} from "./UnitsBase.sol";

/// @dev A token to be asked, and wallets that deal. `holder`, `other` and the two receivers are wallets of one
/// participant, so that every custody rule lets them deal.
abstract contract ERC1155Case is UnitsBase {
    IUnit1155 internal token;
    uint256 internal id;
    uint256 internal id2;
    address internal holder;
    address internal other = makeAddr("other");
    address internal operator = makeAddr("operator");
    ReceiverStub internal receiver;
    DeafStub internal deaf;

    uint256 internal constant HELD = 1000;
    uint256 internal constant HELD2 = 500;
    uint256 internal constant MANY = 200;
    bytes internal constant DATA = hex"c0ffee";

    /// @dev Sets `token`, `id`, `id2` and `holder`, and gives `holder` HELD and HELD2 of them.
    function _prepare() internal virtual;

    /// @dev Another amount of `id` to `to`, however the class brings units into being.
    function _give(address to, uint256 amount) internal virtual;

    function setUp() public virtual override {
        super.setUp();
        _prepare();
        receiver = new ReceiverStub();
        deaf = new DeafStub();
        _addWallet(holder, other, WalletRights.ALL);
        _addWallet(holder, address(receiver), WalletRights.ALL);
        _addWallet(holder, address(deaf), WalletRights.ALL);
    }

    function _approve(bool approved) internal {
        vm.prank(holder);
        token.setApprovalForAll(operator, approved);
    }

    function _send(address by, address from, address to, uint256 amount) internal {
        vm.prank(by);
        token.safeTransferFrom(from, to, id, amount, "");
    }

    function _sendBatch(address by, address from, address to, uint256[] memory ids, uint256[] memory values) internal {
        vm.prank(by);
        token.safeBatchTransferFrom(from, to, ids, values, "");
    }

    function _expectInsufficient(address account, uint256 balance, uint256 needed, uint256 id_) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, account, balance, needed, id_)
        );
    }

    function _expectMissingApproval(address by, address owner) internal {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155MissingApprovalForAll.selector, by, owner));
    }

    function _expectInvalidReceiver(address to) internal {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, to));
    }

    function _repeat(uint256 count) internal view returns (uint256[] memory ids, uint256[] memory values) {
        ids = new uint256[](count);
        values = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            (ids[i], values[i]) = (id, 1);
        }
    }

    function _one(uint256 a) internal pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = a;
    }

    function _two(uint256 a, uint256 b) internal pure returns (uint256[] memory list) {
        list = new uint256[](2);
        (list[0], list[1]) = (a, b);
    }

    function _one(address a) internal pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = a;
    }

    function _two(address a, address b) internal pure returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = (a, b);
    }
}
