// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {Test} from "forge-std/Test.sol";

import {UnitId} from "../../interfaces/types/Ids.sol";
import {IPlainUnits} from "../../interfaces/open/IPlainUnits.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {PlainToken} from "../standalone/Doubles.sol";

/// @dev The test stands in for the registry.
contract PlainUnitsTest is Test {
    uint8 private constant CLASS = 9;

    IPlainUnits private face;
    PlainToken private token;
    address private hana = makeAddr("hana");

    function setUp() public {
        token = new PlainToken();
        face = _face(CLASS);
        token.mint(hana, 5, type(uint128).max);
        vm.prank(hana);
        token.setApprovalForAll(address(face), true);
    }

    function _face(uint8 class) private returns (IPlainUnits) {
        return IPlainUnits(vm.deployCode("PlainUnits.sol:PlainUnits", abi.encode(token, class, this)));
    }

    function testFuzz_exit_keepsTheTokensForEver(uint64 amount) public {
        amount = uint64(bound(amount, 1, type(uint64).max));
        UnitId id = face.unitOf(5);
        vm.expectEmit(address(face));
        emit IPlainUnits.PlainUnitsExited(id, hana, Exit.Retired, amount, bytes32("1"));
        face.exit(hana, id, amount, Exit.Retired, bytes32("1"));

        assertEq(token.balanceOf(address(face), 5), amount);
        assertEq(face.exitedOf(id, Exit.Retired), amount);
        assertEq(face.exitedOf(id, Exit.Cancelled), 0);
    }

    function testFuzz_unitOf_isClassAndTokenId(uint96 tokenId) public view {
        assertEq(UnitId.unwrap(face.unitOf(tokenId)), uint256(CLASS) << 96 | tokenId);
    }

    function test_unitOf_revertsForAnIdThatDoesNotFit() public {
        vm.expectRevert(abi.encodeWithSelector(IPlainUnits.PlainUnitsUnsupported.selector, 1 << 96));
        face.unitOf(1 << 96);
    }

    function test_constructor_refusesTheClassWithSerialNumbers() public {
        bytes memory code = abi.encodePacked(vm.getCode("PlainUnits.sol:PlainUnits"), abi.encode(token, 2, this));
        address made;
        bytes memory reason = new bytes(36);
        assembly ("memory-safe") {
            made := create(0, add(code, 32), mload(code))
            returndatacopy(add(reason, 32), 0, 36)
        }
        assertEq(made, address(0));
        assertEq(reason, abi.encodeWithSelector(IPlainUnits.PlainUnitsUnsupported.selector, 2));
    }

    function test_exit_revertsForAnybodyButTheRegistry() public {
        UnitId id = face.unitOf(5);
        vm.expectRevert(abi.encodeWithSelector(IPlainUnits.PlainUnitsNotRegistry.selector, hana));
        vm.prank(hana);
        face.exit(hana, id, 1, Exit.Retired, 0);
    }

    function test_exit_revertsForAnotherClassAndForBitsBeyondTheId() public {
        UnitId other = UnitId.wrap(uint256(CLASS + 1) << 96 | 5);
        vm.expectRevert(abi.encodeWithSelector(IPlainUnits.PlainUnitsWrongClass.selector, other, CLASS));
        face.exit(hana, other, 1, Exit.Retired, 0);
        UnitId beyond = UnitId.wrap(1 << 104 | uint256(CLASS) << 96 | 5);
        vm.expectRevert(abi.encodeWithSelector(IPlainUnits.PlainUnitsWrongClass.selector, beyond, CLASS));
        face.exit(hana, beyond, 1, Exit.Retired, 0);
    }

    function test_exit_revertsForNothingAndForMoreThanACertificateHolds() public {
        UnitId id = face.unitOf(5);
        vm.expectRevert(abi.encodeWithSelector(IPlainUnits.PlainUnitsAmount.selector, id, 0));
        face.exit(hana, id, 0, Exit.Retired, 0);
        vm.expectRevert(abi.encodeWithSelector(IPlainUnits.PlainUnitsAmount.selector, id, 1 << 64));
        face.exit(hana, id, 1 << 64, Exit.Retired, 0);
    }

    function test_onERC1155Received_takesNothingUnasked() public {
        vm.expectRevert(abi.encodeWithSelector(IPlainUnits.PlainUnitsNotExpected.selector, hana, token));
        vm.prank(hana);
        token.safeTransferFrom(hana, address(face), 5, 1, "");

        PlainToken other = new PlainToken();
        other.mint(hana, 5, 1);
        vm.expectRevert(abi.encodeWithSelector(IPlainUnits.PlainUnitsNotExpected.selector, face, other));
        vm.prank(address(other));
        face.onERC1155Received(address(face), hana, 5, 1, "");
    }

    function test_onERC1155BatchReceived_takesNothing() public {
        uint256[] memory one = new uint256[](1);
        one[0] = 5;
        vm.expectRevert(abi.encodeWithSelector(IPlainUnits.PlainUnitsNotExpected.selector, hana, token));
        vm.prank(hana);
        token.safeBatchTransferFrom(hana, address(face), one, one, "");
    }

    function test_supportsInterface_ofAReceiver() public view {
        assertTrue(face.supportsInterface(type(IERC1155Receiver).interfaceId));
        assertTrue(face.supportsInterface(type(IERC165).interfaceId));
        assertTrue(!face.supportsInterface(0xffffffff));
    }
}
