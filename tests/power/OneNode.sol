// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Proposal} from "../../interfaces/power/IPowerMarket.sol";
import {PackedPowerOrder} from "../../contracts/types/PackedPowerOrder.sol";

/// @dev Clears a node that no arc touches, by trying every order's price: slow, and written another way than the check.
library OneNode {
    function solve(uint256[] memory orders) internal pure returns (Proposal memory p) {
        p.orders = orders;
        p.accepted = new uint256[]((orders.length + 7) / 8);
        p.prices = new uint256[](1);
        uint256 price = _price(orders);
        (uint256 above, uint256 at) = (_volume(orders, 0, price, true), _volume(orders, 0, price, false));
        (uint256 below, uint256 level) = (_volume(orders, 1, price, true), _volume(orders, 1, price, false));
        uint256 traded = above + at < below + level ? above + at : below + level;
        _share(p, 0, price, traded - above, at);
        _share(p, 1, price, traded - below, level);
        p.prices[0] = _middle(p);
    }

    /// @dev A price of an order at which what must be sold is not more than can be bought, and the other way round. There is
    /// one: the lowest at which what must be bought can be sold.
    function _price(uint256[] memory orders) private pure returns (uint256 price) {
        for (uint256 i; i < orders.length; ++i) {
            price = PackedPowerOrder.wrap(orders[i]).price();
            (uint256 above, uint256 at) = (_volume(orders, 0, price, true), _volume(orders, 0, price, false));
            (uint256 below, uint256 level) = (_volume(orders, 1, price, true), _volume(orders, 1, price, false));
            if (above <= below + level && below <= above + at) return price;
        }
    }

    /// @dev Energy of a side that is better than the price, or at it.
    function _volume(uint256[] memory orders, uint256 side, uint256 price, bool better)
        private
        pure
        returns (uint256 sum)
    {
        for (uint256 i; i < orders.length; ++i) {
            PackedPowerOrder order = PackedPowerOrder.wrap(orders[i]);
            bool counts = order.price() == price;
            if (better) counts = side == 0 ? order.price() > price : order.price() < price;
            if (order.side() == side && counts) sum += order.limit();
        }
    }

    /// @dev Fills what is better, and gives `left` to those at the price as their limits add up.
    function _share(Proposal memory p, uint256 side, uint256 price, uint256 left, uint256 all) private pure {
        uint256 past;
        for (uint256 i; i < p.orders.length; ++i) {
            PackedPowerOrder order = PackedPowerOrder.wrap(p.orders[i]);
            if (order.side() != side) continue;
            uint256 given;
            if (order.price() == price) {
                given = left * (past + order.limit()) / all - left * past / all;
                past += order.limit();
            } else if (side == 0 ? order.price() > price : order.price() < price) {
                given = order.limit();
            }
            p.accepted[i / 8] |= given << (32 * (i % 8));
        }
    }

    function _middle(Proposal memory p) private pure returns (uint256) {
        (uint256 low, uint256 high, bool bounded) = (0, type(uint256).max, false);
        for (uint256 i; i < p.orders.length; ++i) {
            PackedPowerOrder order = PackedPowerOrder.wrap(p.orders[i]);
            uint256 given = uint32(p.accepted[i / 8] >> (32 * (i % 8)));
            (bool some, bool rest) = (given != 0, given != order.limit());
            (bool floors, bool caps) = order.side() == 0 ? (rest, some) : (some, rest);
            if (floors) (low, bounded) = (order.price() > low ? order.price() : low, true);
            if (caps && order.price() < high) high = order.price();
        }
        if (high == type(uint256).max) return low;
        return bounded ? (low + high) / 2 : high;
    }
}
