// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {IPlainUnits} from "tonne/interfaces/open/IPlainUnits.sol";
import {IOpenParticipants, IRetirementRegistry, Shop} from "../src/Shop.sol";

interface Vm {
    function deployCode(string calldata artifact, bytes calldata args) external returns (address);
}

/// @notice The registry alone, as the package brings it, retires any ERC-1155.
contract ShopTest is ERC1155("") {
    function _deploy(string memory name, bytes memory args) private returns (address) {
        Vm vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
        return vm.deployCode(string.concat("node_modules/tonne/artifacts/", name, ".json"), args);
    }

    function test_sell_retiresInTheNameOfTheCustomer() external {
        address register = _deploy("OpenParticipants", "");
        bytes memory args = abi.encode(_deploy("FoundedManager", abi.encode(this)), register, 0, new address[](0));
        IRetirementRegistry registry = IRetirementRegistry(_deploy("RetirementRegistry", args));
        IPlainUnits units = IPlainUnits(_deploy("PlainUnits", abi.encode(this, 100, registry)));
        registry.addUnitContract(address(units));
        Shop shop = new Shop(registry, IOpenParticipants(register), units.unitOf(7), this);
        _mint(address(shop), 7, 10, "");
        require(registry.certificate(shop.sell("Hana's bakery", 3)).holder == address(this), "not the customer's");
        require(balanceOf(address(shop), 7) == 7, "three credits are still there");
    }
}
