// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Test} from "forge-std/Test.sol";

import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IOpenParticipants} from "../../interfaces/open/IOpenParticipants.sol";
import {IPlainUnits} from "../../interfaces/open/IPlainUnits.sol";
import {Certificate, Claim, IRetirementRegistry, Purchase} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {PlainToken} from "./Doubles.sol";

/// @dev A unit contract that retires again while it is asked to let units go.
contract ReturningUnits {
    uint8 public constant unitClass = 78;
    IRetirementRegistry private immutable _registry;
    Claim private _claim;
    bool private _inside;

    constructor(IRetirementRegistry registry, IOpenParticipants register, Claim memory claim) {
        _registry = registry;
        _claim = claim;
        register.join();
    }

    function exit(address, UnitId id, uint256 amount, Exit, bytes32) external {
        if (_inside) return;
        _inside = true;
        _registry.retire(id, amount, _claim);
    }
}

/// @dev The RetirementRegistry without a ledger and with nothing of this project beside it but an open register and the
/// face that it needs on an ERC-1155 of OpenZeppelin's.
contract RetirementRegistryStandaloneTest is Test {
    uint8 private constant CLASS = 77;
    uint256 private constant TOKEN_ID = 2024;

    IRetirementRegistry private registry;
    IOpenParticipants private register;
    IPlainUnits private face;
    PlainToken private token;
    ParticipantId private holder;
    UnitId private unit;

    address private owner = makeAddr("owner");
    address private hana = makeAddr("hana");

    function setUp() public {
        vm.warp(20_000 days);
        register = IOpenParticipants(vm.deployCode("OpenParticipants.sol:OpenParticipants"));
        AccessManager manager = new AccessManager(owner);
        registry = IRetirementRegistry(
            vm.deployCode(
                "RetirementRegistry.sol:RetirementRegistry", abi.encode(manager, register, address(0), new address[](0))
            )
        );
        token = new PlainToken();
        face = IPlainUnits(vm.deployCode("PlainUnits.sol:PlainUnits", abi.encode(token, CLASS, registry)));
        vm.prank(owner);
        registry.addUnitContract(address(face));

        vm.prank(hana);
        holder = register.join();
        unit = face.unitOf(TOKEN_ID);
        token.mint(hana, TOKEN_ID, 100);
    }

    function _claim() private pure returns (Claim memory) {
        return Claim({
            beneficiary: "Hana's bakery",
            commitment: 0,
            purpose: "bread of 2024",
            periodStart: 19_723,
            periodEnd: 20_088,
            country: "NZ"
        });
    }

    function test_retire_makesACertificateOfAnyToken() public {
        vm.startPrank(hana);
        token.setApprovalForAll(address(face), true);
        uint256 number = registry.retire(unit, 30, _claim());
        vm.stopPrank();

        Certificate memory c = registry.certificate(number);
        assertEq(c.holder, hana);
        assertEq(UnitId.unwrap(c.unit), uint256(CLASS) << 96 | TOKEN_ID);
        assertEq(c.amount, 30);
        assertTrue(registry.isClaimOf(number, _claim()));
        assertEq(IERC721(address(registry)).ownerOf(number), hana);
        assertEq(token.balanceOf(hana, TOKEN_ID), 70);
        assertEq(token.balanceOf(address(face), TOKEN_ID), 30);
        assertEq(face.exitedOf(unit, Exit.Retired), 30);
    }

    function test_tokenURI_givesAForeignClassNoNameOfOurs() public {
        vm.startPrank(hana);
        token.setApprovalForAll(address(face), true);
        registry.retire(unit, 30, _claim());
        string memory uri = IERC721Metadata(address(registry)).tokenURI(1);

        // A whole number of three bytes, so that it is the start of the longer text's code as well.
        string memory start = '{"name":"Retirement certificate 1","description":"30 units, Unit, retired f';
        assertEq(bytes(start).length % 3, 0);
        string memory code = string.concat("data:application/json;base64,", Base64.encode(bytes(start)));
        assertEq(_first(uri, bytes(code).length), code);
    }

    function test_cancel_destroysWithoutACertificate() public {
        vm.startPrank(hana);
        token.setApprovalForAll(address(face), true);
        registry.cancel(unit, 5, keccak256("spoiled"));

        assertEq(face.exitedOf(unit, Exit.Cancelled), 5);
        assertEq(registry.lastCertificate(), 0);
    }

    function test_retire_revertsWithoutApproval() public {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155MissingApprovalForAll.selector, face, hana));
        vm.prank(hana);
        registry.retire(unit, 30, _claim());
    }

    function test_retire_revertsForWhoHasNotJoined() public {
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementRightMissing.selector, owner, 4));
        vm.prank(owner);
        registry.retire(unit, 30, _claim());
    }

    function test_retireFromLedger_revertsWithoutALedger() public {
        vm.expectRevert(IRetirementRegistry.RetirementWithoutLedger.selector);
        vm.prank(hana);
        registry.retireFromLedger(unit, 30, _claim(), hana);
    }

    function test_retireOnPurchase_revertsWithoutALedger() public {
        vm.expectRevert(IRetirementRegistry.RetirementWithoutLedger.selector);
        vm.prank(hana);
        registry.retireOnPurchase(Purchase(MarketId.wrap(1), 1, 1, 0, 0), _claim(), hana);
    }

    function test_clearInvalidated_revertsWithoutALedger() public {
        vm.expectRevert(IRetirementRegistry.RetirementWithoutLedger.selector);
        registry.clearInvalidated(unit, new ParticipantId[](1));
    }

    function test_retire_revertsWhenAUnitContractLeadsBack() public {
        ReturningUnits returning = new ReturningUnits(registry, register, _claim());
        vm.prank(owner);
        registry.addUnitContract(address(returning));

        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementReentered.selector, 1));
        vm.prank(hana);
        registry.retire(UnitId.wrap(uint256(78) << 96), 30, _claim());
    }

    function _first(string memory text, uint256 length) private pure returns (string memory) {
        bytes memory part = bytes(text);
        assembly ("memory-safe") {
            if lt(length, mload(part)) { mstore(part, length) }
        }
        return string(part);
    }
}
