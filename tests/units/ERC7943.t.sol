// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {Recipient, SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {CertificateBase} from "./CertificateBase.sol";
import {EnergyBase} from "./EnergyBase.sol";
import {UnitsBase} from "./UnitsBase.sol";

/// @dev What the pinned text of ERC-7943 asks of every class of units. Of each, `alice` has 1,000.
abstract contract ERC7943Behaviour is UnitsBase {
    IUnit1155[] internal _tokens;
    UnitId[] internal _ids;
    /// @dev Units that leave by a controller's exit; they come first.
    uint256 internal _exiting;
    address internal _ender = makeAddr("ender");

    function testFuzz_views_neverRevert(address from, address to, uint256 id, uint256 amount) public view {
        _ask(from, to, id, amount);
        for (uint256 i; i < _ids.length; ++i) {
            _ask(from, to, UnitId.unwrap(_ids[i]), amount);
            _ask(alice, to, UnitId.unwrap(_ids[i]), amount);
            _ask(from, address(venue), UnitId.unwrap(_ids[i]), amount);
        }
    }

    function test_exit_respectsTheFreeze() public {
        for (uint256 i; i < _exiting; ++i) {
            uint256 id = UnitId.unwrap(_ids[i]);
            vm.prank(officer);
            _tokens[i].setFrozenTokens(alice, id, 900);
            vm.startPrank(_ender);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance.selector, alice, id, 101, 100
                )
            );
            _tokens[i].exit(alice, _ids[i], 101, Exit.Retired, REF);
            _tokens[i].exit(alice, _ids[i], 100, Exit.Retired, REF);
            vm.stopPrank();
        }
    }

    function test_forcedTransfer_thawsBeforeItMoves() public {
        for (uint256 i; i < _ids.length; ++i) {
            uint256 id = UnitId.unwrap(_ids[i]);
            vm.startPrank(officer);
            _tokens[i].setFrozenTokens(alice, id, 900);
            vm.expectEmit(address(_tokens[i]));
            emit IERC7943MultiToken.Frozen(alice, id, 800);
            vm.expectEmit(address(_tokens[i]));
            emit IERC1155.TransferSingle(officer, alice, bob, id, 200);
            vm.expectEmit(address(_tokens[i]));
            emit IERC7943MultiToken.ForcedTransfer(alice, bob, id, 200);
            _tokens[i].forcedTransfer(alice, bob, id, 200);
            vm.stopPrank();
            assertEq(_tokens[i].getFrozenTokens(alice, id), 800);
        }
    }

    function test_supportsTheInterface() public view {
        for (uint256 i; i < _ids.length; ++i) {
            assertTrue(_tokens[i].supportsInterface(type(IERC7943MultiToken).interfaceId));
        }
    }

    /// @dev Reverts, and with it the test, if one of them does.
    function _ask(address from, address to, uint256 id, uint256 amount) internal view {
        for (uint256 i; i < _tokens.length; ++i) {
            _tokens[i].canTransfer(from, to, id, amount);
            _tokens[i].canSend(from);
            _tokens[i].canReceive(to);
            _tokens[i].getFrozenTokens(from, id);
        }
    }
}

/// @dev Allowances, credits of this registry and of others, energy credits.
contract ERC7943Test is ERC7943Behaviour, EnergyBase {
    function setUp() public override {
        super.setUp();
        _found();
        _tokens = [IUnit1155(allowances), credits, credits, energy];
        _ids = [allowance, _batch(1, 1000), _id(2, VINTAGE, 1 << 63 | 1), series];
        _exiting = 3;
        _grantTo(alice, 1000);
        _issue(alice, 1000);
        vm.prank(dora);
        credits.safeTransferFrom(dora, alice, UnitId.unwrap(_ids[1]), 1000, "");
        Recipient[] memory all = new Recipient[](1);
        all[0] = Recipient(alice, 1000);
        vm.prank(immobilisation);
        credits.issueBlock(_ids[2], all, SerialBlock(2, 0, 1, 1000), REF);
        allowances.setController(_ender, EXIT);
        credits.setController(_ender, EXIT);
    }

    function test_views_neverRevertForALockedBatch() public {
        vm.prank(officer);
        batchDesk.setLocked(_ids[1], true, REASON);
        assertFalse(credits.canTransfer(alice, aliceDesk, UnitId.unwrap(_ids[1]), 1));
        _ask(alice, bob, UnitId.unwrap(_ids[1]), type(uint256).max);
    }

    function test_redeem_respectsTheFreeze() public {
        vm.prank(officer);
        energy.setFrozenTokens(alice, UnitId.unwrap(series), 900);
        vm.startPrank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance.selector, alice, UnitId.unwrap(series), 101, 100
            )
        );
        energy.redeem(series, 101, REF);
        energy.redeem(series, 100, REF);
        vm.stopPrank();
        assertEq(_held(alice), 900);
    }
}

/// @dev Energy certificates: of an hour that was measured, and no longer good a year later.
contract ERC7943CertificatesTest is ERC7943Behaviour, CertificateBase {
    function setUp() public override {
        super.setUp();
        _found();
        UnitId id = _certified(HOUR, 1, 1_000_000);
        vm.prank(dora);
        certificates.safeTransferFrom(dora, alice, UnitId.unwrap(id), 1000, "");
        certificates.setController(_ender, CLAIMS);
        _tokens.push(certificates);
        _ids.push(id);
        _exiting = 1;
    }

    function test_transfer_respectsTheFreeze() public {
        uint256 id = UnitId.unwrap(_ids[0]);
        vm.prank(officer);
        certificates.setFrozenTokens(alice, id, 900);
        assertFalse(certificates.canTransfer(alice, bob, id, 101));
        assertTrue(certificates.canTransfer(alice, bob, id, 100));
        vm.startPrank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance.selector, alice, id, 101, 100)
        );
        certificates.safeTransferFrom(alice, bob, id, 101, "");
        certificates.safeTransferFrom(alice, bob, id, 100, "");
        vm.stopPrank();
        assertEq(certificates.balanceOf(bob, id), 100);
    }

    function test_views_neverRevertOnceItHasExpired() public {
        vm.warp(HOUR + 1 hours + LIFETIME + 1);
        assertFalse(certificates.canTransfer(alice, bob, UnitId.unwrap(_ids[0]), 1));
        _ask(alice, bob, UnitId.unwrap(_ids[0]), type(uint256).max);
    }
}
