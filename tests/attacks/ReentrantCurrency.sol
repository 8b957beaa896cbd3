// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {CurrencyDouble} from "../compliance/Mocks.sol";

/// @dev A scheme's currency that, the first time it moves, calls back into the contract that is being paid.
contract ReentrantCurrency is CurrencyDouble {
    address private _target;
    bytes private _data;
    bool public accepted;

    function arm(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
        _mint(address(this), 1e12);
        _approve(address(this), target, type(uint256).max);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        address target = _target;
        if (target != address(0)) {
            _target = address(0);
            (accepted,) = target.call(_data);
        }
        return super.transfer(to, amount);
    }
}
