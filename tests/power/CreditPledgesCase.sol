// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICreditPledges} from "../../interfaces/power/ICreditPledges.sol";
import {CreditUses} from "../../interfaces/units/IEnergyCredits.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {EnergyBase} from "../units/EnergyBase.sol";

/// @dev Alice pledges to Bob, in a town whose province supervises.
abstract contract CreditPledgesCase is EnergyBase {
    bytes32 internal constant TERMS = "loan 7";
    uint64 internal constant HERS = 1_000_000_000;
    uint64 internal constant LOAN = 150_000_000;

    ICreditPledges internal pledges;

    function setUp() public virtual override {
        super.setUp();
        _found();
        pledges =
            ICreditPledges(vm.deployCode("CreditPledges.sol:CreditPledges", abi.encode(participants, schemes, energy)));
        energy.setController(address(pledges), HOLD | uint256(CreditUses.TRANSFER) << 32);
        _grantTo(alice, HERS);
        vm.prank(alice);
        energy.setApprovalForAll(address(pledges), true);
    }

    function _pledge(uint64 amount) internal returns (uint256) {
        vm.prank(alice);
        return pledges.pledge(series, beta, amount, TERMS);
    }

    function _agree(address wallet, uint64 amount, bool toLender) internal returns (bool) {
        vm.prank(wallet);
        return pledges.agree(1, amount, toLender);
    }

    function _order(uint64 amount, bool toLender) internal {
        vm.prank(province);
        pledges.order(1, amount, toLender, REASON);
    }

    function _freeze(address wallet, uint64 amount) internal {
        vm.prank(province);
        energy.freezeByOrder(wallet, series, amount, REASON);
    }

    /// @dev A series for some uses and kinds, of which Alice has as much.
    function _only(uint8 uses, uint16 kinds) internal {
        series = _open(uses, kinds);
        deposit = _cover(series, COVER);
        _grantTo(alice, HERS);
    }

    function _frozenIn(address wallet) internal view returns (uint256) {
        return energy.getFrozenTokens(wallet, UnitId.unwrap(series));
    }
}
