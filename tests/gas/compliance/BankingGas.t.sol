// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantKinds} from "../../../interfaces/parties/IParticipants.sol";
import {BankingCase} from "../../compliance/BankingCase.sol";

/// @dev Whole transactions, each alone: `snapshots/schemes.json` [gas]. Two vintages with a market each are summed up.
contract BankingGasTest is BankingCase {
    uint256 internal constant COUNT = 100;

    /// forge-config: default.isolate = true
    function test_gas_bank() public {
        _bank(buyer, CEA, 1); // the later vintage and its totals are not new
        _bring(wallet, CEA, 20_000);
        _trade(wallet, buyer, market, 20_000, 1);
        vm.prank(wallet);
        banking.bank(CHINA, _one(CEA), _one(15_000));
        vm.snapshotGasLastCall("schemes", "bank");

        vm.prank(wallet);
        banking.bank(CHINA, _one(CEA), _one(5000));
        vm.snapshotGasLastCall("schemes", "bank_again");
    }

    /// forge-config: default.isolate = true
    function test_gas_expire() public {
        address[] memory wallets = new address[](COUNT);
        for (uint256 i = 0; i < COUNT; ++i) {
            wallets[i] = makeAddr(string(abi.encodePacked("holder", bytes32(i))));
            _join(wallets[i], ParticipantKinds.EMITTER);
            allowances.issue(wallets[i], CEA, 1000, 0);
        }
        bytes32 key = keccak256("banking.expired_vintage");
        schemes.setParam(CHINA, key, "banking.expired_vintage", uint32(FIRST_DAY), 2020, 0);
        banking.expire(CEA, wallets);
        vm.snapshotValue("schemes", "expire_per_wallet_in_100", vm.lastCallGas().gasTotalUsed / COUNT);
    }
}
