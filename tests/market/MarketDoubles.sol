// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";

import {ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IGroupSource, IParticipantSource, IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";

/// @dev A register of participants that the test writes.
contract ParticipantsDouble is IParticipantSource, IGroupSource {
    struct Wallet {
        ParticipantId participant;
        uint8 rights;
        uint8 status;
    }

    mapping(ParticipantId participant => uint24) public groupOf;
    mapping(address wallet => Wallet) private _wallets;
    mapping(ParticipantId participant => address[]) private _walletsOf;

    function add(uint24 participant, address wallet, uint8 rights) external {
        _wallets[wallet] = Wallet(ParticipantId.wrap(participant), rights, 2);
        _walletsOf[ParticipantId.wrap(participant)].push(wallet);
    }

    function set(address wallet, uint24 participant, uint8 rights, uint8 status) external {
        _wallets[wallet] = Wallet(ParticipantId.wrap(participant), rights, status);
    }

    function walletOf(address wallet) external view returns (ParticipantId, uint8, uint8) {
        Wallet memory w = _wallets[wallet];
        return (w.participant, w.rights, w.status);
    }

    function setGroup(uint24 participant, uint24 group) external {
        groupOf[ParticipantId.wrap(participant)] = group;
    }

    function walletsOf(ParticipantId id) external view returns (address[] memory) {
        return _walletsOf[id];
    }
}

/// @dev Rules of a scheme that the test writes: officers, calendar, disclosed vintages.
contract RulesDouble is IRuleSource {
    error RulesDoubleNoPower(address officer, uint32 power);
    error RulesDoubleNotDisclosed(uint16 vintage);

    mapping(address officer => uint32) internal _powers;
    mapping(address officer => mapping(uint16 jurisdiction => uint32)) internal _powersAt;
    mapping(uint256 word => uint256) private _days;
    mapping(uint16 vintage => bool) private _disclosed;

    function grant(address officer, uint32 powers) external {
        _powers[officer] = powers;
    }

    function grantAt(address officer, uint16 jurisdiction, uint32 powers) external {
        _powersAt[officer][jurisdiction] = powers;
    }

    function disclose(uint16 vintage) external {
        _disclosed[vintage] = true;
    }

    function setTradingDay(uint256 day, bool trades) public {
        if (trades) _days[day >> 8] |= 1 << (day & 0xff);
        else _days[day >> 8] &= ~(1 << (day & 0xff));
    }

    /// @dev Mondays to Fridays of `count` days.
    function setWeekdays(uint256 first, uint256 count) external {
        for (uint256 day = first; day < first + count; ++day) {
            setTradingDay(day, (day + 3) % 7 < 5); // 1970-01-01 was a Thursday
        }
    }

    function checkPower(address officer, SchemeId, uint16 jurisdiction, uint32 power) external view virtual {
        if (_powers[officer] & power != power && _powersAt[officer][jurisdiction] & power != power) {
            revert RulesDoubleNoPower(officer, power);
        }
    }

    function tradingDayWord(SchemeId, uint256 word) external view returns (uint256) {
        return _days[word];
    }

    function requireDisclosed(SchemeId, uint16 vintage) external view {
        if (!_disclosed[vintage]) revert RulesDoubleNotDisclosed(vintage);
    }
}

/// @dev With officers of one scheme alone.
contract SchemesDouble is RulesDouble {
    mapping(address officer => mapping(SchemeId scheme => uint32)) private _powersIn;

    function grantIn(address officer, SchemeId scheme, uint32 powers) external {
        _powersIn[officer][scheme] = powers;
    }

    function checkPower(address officer, SchemeId scheme, uint16 jurisdiction, uint32 power) external view override {
        bool may = _powers[officer] & power == power || _powersAt[officer][jurisdiction] & power == power;
        if (!may && _powersIn[officer][scheme] & power != power) revert RulesDoubleNoPower(officer, power);
    }
}

/// @dev An ERC-1155 that anyone mints.
contract UnitsDouble is ERC1155("") {
    function mint(address to, uint256 id, uint256 amount) external {
        _mint(to, id, amount, "");
    }
}
