// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IExchange} from "../../interfaces/market/IExchange.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {IParticipants} from "../../interfaces/parties/IParticipants.sol";
import {IRegistrarDesk} from "../../interfaces/market/IRegistrarDesk.sol";
import {BookStore} from "../book/BookStore.sol";

/// @title RegistrarDesk
contract RegistrarDesk is IRegistrarDesk {
    uint256 private constant MAX_MARKETS = 2_000;
    /// @dev As many as {IExchangeExtension.syncParticipant} takes.
    uint256 private constant MAX_ACCOUNTS = 200;

    IExchange public immutable EXCHANGE;
    /// @notice The Exchange's register, where this contract is registrar of all jurisdictions.
    IParticipants public immutable PARTICIPANTS;

    constructor(IExchange exchange) {
        EXCHANGE = exchange;
        PARTICIPANTS = IParticipants(address(exchange.PARTICIPANTS()));
    }

    /// @inheritdoc IRegistrarDesk
    function suspend(ParticipantId id, bytes32 reasonHash) external returns (uint256 next) {
        _requireRegistrar(id);

        PARTICIPANTS.suspend(id, reasonHash);
        return _carry(id, reasonHash);
    }

    /// @inheritdoc IRegistrarDesk
    function reinstate(ParticipantId id, bytes32 reasonHash) external returns (uint256 next) {
        _requireRegistrar(id);

        PARTICIPANTS.reinstate(id);
        return _carry(id, reasonHash);
    }

    /// @inheritdoc IRegistrarDesk
    function close(ParticipantId id, bytes32 reasonHash) external returns (uint256 next) {
        _requireRegistrar(id);

        PARTICIPANTS.close(id);
        return _carry(id, reasonHash);
    }

    /// @inheritdoc IRegistrarDesk
    function pull(ParticipantId id, uint256 from) external returns (uint256 next) {
        return _pull(id, from == 0 ? 1 : from);
    }

    function _carry(ParticipantId id, bytes32 reasonHash) private returns (uint256 next) {
        next = _pull(id, 1);
        emit StatusActed(id, msg.sender, PARTICIPANTS.participant(id).status, next, reasonHash);
    }

    /// @dev Accounts are found in the Exchange's own storage, one for each market: the registrar cannot forget one, and the
    /// participant cannot open another in between. A word of 0 is an account that never was.
    function _pull(ParticipantId id, uint256 from) private returns (uint256 next) {
        uint256 end = EXCHANGE.marketCount() + 1;
        if (end > from + MAX_MARKETS) end = next = from + MAX_MARKETS;
        uint256[] memory words = EXCHANGE.load(_slots(id, from, end));
        MarketId[] memory markets = new MarketId[](MAX_ACCOUNTS);
        uint256 found;
        for (uint256 i; i < words.length; ++i) {
            if (words[i] == 0) continue;
            if (found == MAX_ACCOUNTS) {
                next = from + i;
                break;
            }
            markets[found++] = MarketId.wrap(uint16(from + i)); // markets are numbered in 16 bits
        }
        assembly ("memory-safe") {
            mstore(markets, found) // not longer than it was
        }
        EXCHANGE.syncParticipant(id, markets);
    }

    function _slots(ParticipantId id, uint256 from, uint256 end) private pure returns (uint256[] memory slots) {
        slots = new uint256[](end > from ? end - from : 0);
        for (uint256 i; i < slots.length; ++i) {
            slots[i] = BookStore.accountSlot(from + i, ParticipantId.unwrap(id));
        }
    }

    /// @dev Reverts for a participant that is not on the register.
    function _requireRegistrar(ParticipantId id) private view {
        uint16 jurisdiction = PARTICIPANTS.participant(id).jurisdiction;
        if (!PARTICIPANTS.isRegistrar(msg.sender, jurisdiction)) {
            revert RegistrarDeskNotRegistrar(msg.sender, jurisdiction);
        }
    }
}
