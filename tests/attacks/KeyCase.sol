// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Test} from "forge-std/Test.sol";

import {IFoundedManager} from "../../interfaces/rules/IFoundedManager.sol";
import {ISettlementCurrency} from "../../interfaces/market/ISettlementCurrency.sol";
import {Custody, IUnit1155} from "../../interfaces/units/IUnit1155.sol";

/// @dev A founded market with a class of units and a currency, and the holders of its keys.
abstract contract KeyCase is Test {
    uint64 internal constant ADMIN = 0;
    uint64 internal constant OFFICES = 2;
    uint64 internal constant ISSUER = 3;
    uint64 internal constant GUARDIAN = 5;
    uint32 internal constant DELAY = 2 days;
    uint256 internal constant FOUNDED_AT = 1_700_000_000;
    uint256 internal constant ISSUE = 1;

    address internal administrator = makeAddr("administrator");
    address internal guardian = makeAddr("guardian");
    address internal issuer = makeAddr("issuer");
    address internal officer = makeAddr("officer");
    address internal thief = makeAddr("thief");

    IFoundedManager internal manager;
    IUnit1155 internal units;
    ISettlementCurrency internal currency;

    function setUp() public virtual {
        vm.warp(FOUNDED_AT);
        manager = IFoundedManager(vm.deployCode("FoundedManager.sol:FoundedManager", abi.encode(address(this))));
        units = IUnit1155(
            vm.deployCode(
                "Allowances.sol:Allowances", abi.encode(manager, address(1), address(1), Custody.OwnWallets, address(0))
            )
        );
        currency = ISettlementCurrency(
            vm.deployCode("SettlementCurrency.sol:SettlementCurrency", abi.encode(manager, "Renminbi", "CNY"))
        );
        _assign(address(currency), ISettlementCurrency.mint.selector, ISSUER);
        _assign(address(currency), ISettlementCurrency.mintBatch.selector, ISSUER);
        _assign(address(currency), bytes4(keccak256("pause(uint256)")), GUARDIAN);
        _assign(address(currency), bytes4(keccak256("unpause()")), GUARDIAN);
        _assign(address(units), bytes4(keccak256("pause(uint256)")), GUARDIAN);
        _assign(address(units), bytes4(keccak256("setVenue(address)")), OFFICES);
        manager.grantRole(ISSUER, issuer, 0);
        manager.grantRole(OFFICES, officer, 0);
        manager.grantRole(ADMIN, administrator, 0);
        _found();
        manager.renounceRole(ADMIN, address(this));
    }

    function _found() internal virtual {
        uint64[] memory daily = new uint64[](2);
        (daily[0], daily[1]) = (1, ISSUER);
        manager.found(DELAY, guardian, daily);
    }

    function _assign(address target, bytes4 selector, uint64 role) internal {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        manager.setTargetFunctionRole(target, selectors, role);
    }

    function _controllerCall() internal view returns (bytes memory) {
        return abi.encodeWithSignature("setController(address,uint256)", thief, ISSUE);
    }

    function _schedule(address by, address target, bytes memory data) internal returns (bytes32 operation) {
        vm.prank(by);
        (operation,) = manager.schedule(target, data, 0);
    }

    function _execute(address by, address target, bytes memory data) internal {
        vm.prank(by);
        manager.execute(target, data);
    }

    function _expectNotScheduled(address by, address target, bytes memory data) internal {
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessManager.AccessManagerNotScheduled.selector, manager.hashOperation(by, target, data)
            )
        );
    }
}
