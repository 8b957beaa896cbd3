// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC20, IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC1363} from "@openzeppelin/contracts/token/ERC20/extensions/ERC1363.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

import {ISettlementCurrency} from "../../interfaces/market/ISettlementCurrency.sol";
import {Pausable} from "../rules/Pausable.sol";

/// @title SettlementCurrency
contract SettlementCurrency is ISettlementCurrency, ERC20Permit, ERC1363, AccessManaged, Pausable {
    uint256 private constant MAX_ITEMS = 200;

    constructor(address authority, string memory name_, string memory symbol_)
        ERC20(name_, symbol_)
        ERC20Permit(name_)
        AccessManaged(authority)
    {}

    /// @inheritdoc ISettlementCurrency
    function mint(address to, uint256 amount) external restricted {
        _requireUnpaused();
        _mint(to, amount);
    }

    /// @inheritdoc ISettlementCurrency
    function mintBatch(address[] calldata to, uint256[] calldata amounts) external restricted {
        _requireUnpaused();
        if (to.length > MAX_ITEMS) revert CurrencyTooManyItems(to.length, MAX_ITEMS);
        if (to.length != amounts.length) revert CurrencyLengthMismatch(to.length, amounts.length);
        for (uint256 i; i < to.length; ++i) {
            _mint(to[i], amounts[i]);
        }
    }

    /// @inheritdoc ISettlementCurrency
    function burn(uint256 amount) external {
        _requireUnpaused();
        _burn(msg.sender, amount);
    }

    /// @inheritdoc IERC20Metadata
    function decimals() public pure override(ERC20, IERC20Metadata) returns (uint8) {
        return 2;
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(ERC20Permit, IERC20Permit) returns (uint256) {
        return super.nonces(owner);
    }

    function _manager() internal view override returns (address) {
        return authority();
    }
}
