// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {Test} from "forge-std/Test.sol";

import {PowerTerms} from "../../interfaces/power/IPowerMarket.sol";

/// @dev ERC-5267: every contract that checks typed signatures says what its domain is.
contract DomainsTest is Test {
    /// @dev A power market asks its grid, which this contract plays.
    uint40 public constant NOTICE = 3; // [s]

    function test_domains_areSaidAsTheyAreUsed() public {
        // Nothing of them is called, so that they need not be real.
        address one = address(this);
        _check("EmissionsOracle", abi.encode(one, one));
        _check("Projects", abi.encode(one, one, one, one, one));
        _check("ExchangeGateway", abi.encode(one));
        _check("BlockTrades", abi.encode(one));
        _check("AuditCheckpoints", abi.encode(one));
        _check("Inventories", abi.encode(one, one, one));
        _check("CreditBills", abi.encode(one, one, one));
        _check("PowerMarket", abi.encode(one, one, one, one, PowerTerms(1, 2, 1, 2, 1, 1, 1, 1)));
        _check("BidProofs", abi.encode(one, one));
        _check("PowerTrades", abi.encode(one, one, one, one, uint256(1)));
    }

    /// @dev Contracts over time ask the power market, which this contract plays too.
    function terms() external pure returns (PowerTerms memory) {
        return PowerTerms(1, 2, 1, 2, 1, 1, 1, 1);
    }

    // Reads of the exchange by the constructor of a settling contract.
    fallback() external {
        assembly ("memory-safe") {
            mstore(0, address())
            return(0, 32)
        }
    }

    function _check(string memory name, bytes memory args) private {
        address made = vm.deployCode(string.concat(name, ".sol:", name), args);
        (bytes1 fields, string memory given, string memory version, uint256 chain, address verifier, bytes32 salt,) =
            IERC5267(made).eip712Domain();
        assertEq(uint256(uint8(fields)), 0x0f); // name, version, chain, contract; no salt
        assertEq(given, string.concat("tonne ", name));
        assertEq(version, "1");
        assertEq(chain, block.chainid);
        assertEq(verifier, made);
        assertEq(salt, bytes32(0));
    }
}
