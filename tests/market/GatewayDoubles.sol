// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @dev A wallet that is a contract: it says yes to one digest, and can say no, answer nonsense or fail.
contract ContractWallet {
    enum Mood {
        Honest,
        Refusing,
        Short,
        Failing,
        Calling
    }

    error ContractWalletFails();

    bytes32 private _digest;
    Mood private _mood;
    bytes private _call;

    function approve(bytes32 digest, Mood mood) external {
        (_digest, _mood) = (digest, mood);
    }

    /// @dev What it calls back while it is asked.
    function plan(bytes calldata data) external {
        _call = data;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external returns (bytes4) {
        if (_mood == Mood.Calling) {
            (bool done,) = msg.sender.call{gas: 500_000}(_call);
            return !done && digest == _digest ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
        }
        if (_mood == Mood.Failing) revert ContractWalletFails();
        if (_mood == Mood.Short) {
            assembly {
                return(0, 4)
            }
        }
        return _mood == Mood.Honest && digest == _digest ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}

/// @dev A currency that calls somebody in the middle of a permit or of a transfer, or does not transfer.
contract HostileCurrency is ERC20("Hostile", "HST") {
    address private _target;
    bytes private _data;
    bool private _striking;
    bool public lies;
    uint256 public calls;
    uint256 public succeeded;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 2;
    }

    function attack(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function setLies(bool on) external {
        lies = on;
    }

    function permit(address, address, uint256, uint256, uint8, bytes32, bytes32) external {
        _strike();
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (lies) return false;
        _strike();
        return super.transferFrom(from, to, amount);
    }

    function _strike() private {
        if (_target == address(0) || _striking) return;
        ++calls;
        _striking = true;
        (bool done,) = _target.call(_data);
        _striking = false;
        if (done) ++succeeded;
    }
}
