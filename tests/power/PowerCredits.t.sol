// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {CreditUses} from "../../interfaces/units/IEnergyCredits.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IPowerMarket, PowerAccountId, PowerTerms} from "../../interfaces/power/IPowerMarket.sol";
import {EnergyBase} from "../units/EnergyBase.sol";

/// @dev A market that is a custodian of a town's energy credits, as a deployment wires it.
contract PowerCreditsTest is EnergyBase {
    uint64 private constant HERS = 1_000_000_000;

    IPowerMarket private market;

    function setUp() public override {
        super.setUp();
        _found();
    }

    /// @dev A market that is paid in a series for these uses, of which Alice has some.
    function _market(uint8 uses) private {
        series = _open(uses, 0);
        deposit = _cover(series, COVER);
        address grid = vm.deployCode("PowerGrid.sol:PowerGrid", abi.encode(schemes, 1 hours, 64));
        address limits = vm.deployCode("BidLimits.sol:BidLimits", abi.encode(grid, address(1), schemes));
        PowerTerms memory terms = PowerTerms(900, 600, 30, 300, 2 days, 10_000_000, 50_000, 0);
        market = IPowerMarket(
            vm.deployCode("PowerMarket.sol:PowerMarket", abi.encode(manager, participants, limits, address(1), terms))
        );
        market.setCredits(address(energy), UnitId.unwrap(series), 1);
        energy.setController(address(market), HOLD | uint256(CreditUses.POWER) << 32);
        _grantTo(alice, HERS);
    }

    function _free() private view returns (uint256) {
        return market.accountOf(PowerAccountId.wrap(ParticipantId.unwrap(alpha))).free;
    }

    function _refused() private {
        bytes4 reason = IERC7943MultiToken.ERC7943CannotTransfer.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, alice, address(market), UnitId.unwrap(series), uint256(1)));
        _pass(alice, address(market), 1);
    }

    function test_aSeriesForPower_goesInAndOut() public {
        _market(CreditUses.POWER);
        _pass(alice, address(market), 700);
        assertEq(_free(), 700);
        vm.prank(alice);
        market.withdraw(200, aliceDesk);
        assertEq(_free(), 500);
        assertEq(_held(aliceDesk), 200);
        assertEq(_held(address(market)), 500);
    }

    function test_aSeriesForBillsAlone_isNotTaken() public {
        _market(CreditUses.BILLS);
        _refused();
        assertEq(_free(), 0);
    }

    function test_anExpiredSeries_isPaidOut_andNotTaken() public {
        _market(CreditUses.POWER);
        _pass(alice, address(market), 700);
        vm.warp(EXPIRY + 1);
        _refused();
        vm.prank(alice);
        market.withdraw(700, alice);
        assertEq(_held(alice), HERS);
    }

    function test_aPause_stopsWithdrawals() public {
        _market(CreditUses.POWER);
        _pass(alice, address(market), 700);
        IPausable(address(market)).pause(1 days);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 days));
        vm.prank(alice);
        market.withdraw(200, aliceDesk);
        vm.warp(vm.getBlockTimestamp() + 1 days);
        vm.prank(alice);
        market.withdraw(200, aliceDesk);
    }
}
