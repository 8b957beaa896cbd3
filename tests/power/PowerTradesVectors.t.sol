// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MeteredLeaf} from "../../interfaces/units/IEnergyCertificates.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {MeterId} from "../../interfaces/types/MeterTypes.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {Executed, IPowerTrades, PowerContract} from "../../interfaces/power/IPowerTrades.sol";
import {TradeCase} from "./TradeCase.sol";

/// @dev Trades of `tests/vectors/power_trades.json`, reckoned by `tonne/power/trade_settlement.py`: one an interval.
contract PowerTradesVectorsTest is TradeCase {
    string private json;

    function setUp() public override {
        super.setUp();
        json = vm.readFile(string.concat(vm.projectRoot(), "/tests/vectors/power_trades.json"));
    }

    function _value(string memory column, uint256 row) private view returns (uint256) {
        return vm.parseJsonUintArray(json, string.concat(".", column))[row];
    }

    function test_execute_isWhatThePlainModelSays() public {
        uint256 count = vm.parseJsonUintArray(json, ".price").length;
        assertGe(count, 20);
        for (uint256 i; i < count; ++i) {
            _one(i);
        }
    }

    function _one(uint256 i) private {
        if (i != 0) interval = uint32(vm.getBlockTimestamp() / 900 + 2); // the first is when the nodes are there
        PowerContract memory t = _supply();
        (t.untilInterval, t.salt) = (interval, i);
        t.deadline = type(uint40).max;
        (t.price, t.wheelingFee) = (uint32(_value("price", i)), uint32(_value("wheeling", i)));
        (t.penalty, t.energyWh) = (uint32(_value("penalty", i)), uint32(_value("energy", i)));
        t.maximumGridFee = uint32(_value("grid", i));
        vm.prank(officer);
        trades.setGridFee(1, t.maximumGridFee, PowerAccountId.wrap(ParticipantId.unwrap(plantId)));
        (uint256 ofSeller, uint256 ofBuyer) = (_bound(SELLER), _bound(BUYER));
        uint64 id = _agree(t);
        assertEq(_bound(SELLER) - ofSeller, _value("boundOfSeller", i));
        assertEq(_bound(BUYER) - ofBuyer, _value("boundOfBuyer", i));
        _beside(t, uint32(_value("other", i)));

        Executed memory e;
        (e.energyWh, e.paid, e.proceeds) = (_value("energy", i), _value("paid", i), _value("proceeds", i));
        (e.wheeling, e.grid) = (_value("wheeled", i), _value("gridded", i));
        (e.sellerShortWh, e.buyerShortWh) = (_value("sellerShort", i), _value("buyerShort", i));
        (e.sellerPenalty, e.buyerPenalty) = (_value("sellerPenalty", i), _value("buyerPenalty", i));
        MeteredLeaf[] memory leaves = _measured(interval, uint40(_value("delivered", i)), uint40(_value("taken", i)));
        vm.expectEmit(address(trades));
        emit IPowerTrades.IntervalsExecuted(id, interval, 1, e);
        trades.execute(id, interval, 1, _none(), leaves);
    }

    /// @dev Another contract of the same parties, without meters.
    function _beside(PowerContract memory t, uint32 energyWh) private {
        if (energyWh == 0) return;
        (t.energyWh, t.salt) = (energyWh, t.salt + 1_000);
        (t.sellerMeter, t.buyerMeter, t.penalty) = (MeterId.wrap(0), MeterId.wrap(0), 0);
        _agree(t);
    }
}
