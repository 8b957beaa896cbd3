// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {IERC7943MultiToken} from "../../interfaces/IERC7943MultiToken.sol";
import {UnitId} from "../../interfaces/Ids.sol";
import {Recipient, SerialBlock} from "../../interfaces/IOffsetCredits.sol";
import {Exit, IUnit1155} from "../../interfaces/IUnit1155.sol";
import {EnergyBase} from "./EnergyBase.sol";

/// @dev What the pinned text of ERC-7943 asks of every class of units: allowances, credits of this registry and of
/// others, energy credits.
contract ERC7943Test is EnergyBase {
    /// @dev Of these the first three leave by a controller's exit.
    IUnit1155[4] private _tokens;
    UnitId[4] private _ids;
    address private _ender = makeAddr("ender");

    function setUp() public override {
        super.setUp();
        _found();
        (_tokens[0], _tokens[1], _tokens[2], _tokens[3]) = (allowances, credits, credits, energy);
        _ids = [allowance, _batch(1, 1000), _id(2, VINTAGE, 1 << 63 | 1), series];
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

    function testFuzz_views_neverRevert(address from, address to, uint256 id, uint256 amount) public view {
        _ask(from, to, id, amount);
        for (uint256 i; i < 4; ++i) {
            _ask(from, to, UnitId.unwrap(_ids[i]), amount);
            _ask(alice, to, UnitId.unwrap(_ids[i]), amount);
            _ask(from, address(venue), UnitId.unwrap(_ids[i]), amount);
        }
    }

    function test_views_neverRevertForALockedBatch() public {
        vm.prank(officer);
        issuance.setLocked(_ids[1], true, REASON);
        assertFalse(credits.canTransfer(alice, aliceDesk, UnitId.unwrap(_ids[1]), 1));
        _ask(alice, bob, UnitId.unwrap(_ids[1]), type(uint256).max);
    }

    function test_exit_respectsTheFreeze() public {
        for (uint256 i; i < 3; ++i) {
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

    function test_forcedTransfer_thawsBeforeItMoves() public {
        for (uint256 i; i < 4; ++i) {
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

    /// @dev Reverts, and with it the test, if one of them does.
    function _ask(address from, address to, uint256 id, uint256 amount) private view {
        for (uint256 i; i < 4; ++i) {
            _tokens[i].canTransfer(from, to, id, amount);
            _tokens[i].canSend(from);
            _tokens[i].canReceive(to);
            _tokens[i].getFrozenTokens(from, id);
        }
    }
}
