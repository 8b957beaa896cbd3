// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {BlockStatistics} from "../../interfaces/market/IBlockTrades.sol";
import {InstallationId, MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {Account, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {IParticipants} from "../../interfaces/parties/IParticipants.sol";
import {Activity, MethodologyId, Monitoring, ProjectKind} from "../../interfaces/evidence/IProjects.sol";
import {IUnit1155} from "../../interfaces/units/IUnit1155.sol";

/// @title OracleDouble
/// @notice Final figures as a test sets them; one slot each, as in the real oracle.
contract OracleDouble {
    struct Figures {
        bool isFinal;
        uint72 emissionsT;
        uint72 powerMwh;
        uint72 heatGj;
    }

    mapping(InstallationId installation => mapping(uint16 year => Figures)) private _figures;
    mapping(InstallationId installation => mapping(uint16 year => uint256 word)) public fallenReport;

    function setFallen(InstallationId installation, uint16 year, uint256 word) external {
        fallenReport[installation][year] = word;
    }

    function set(InstallationId installation, uint16 year, uint256 emissionsT, uint256 powerMwh, uint256 heatGj)
        external
    {
        _figures[installation][year] = Figures(true, uint72(emissionsT), uint72(powerMwh), uint72(heatGj));
    }

    function finalReport(InstallationId installation, uint16 year)
        external
        view
        returns (bool isFinal, uint256 emissionsT, uint256 powerMwh, uint256 heatGj)
    {
        Figures memory f = _figures[installation][year];
        return (f.isFinal, f.emissionsT, f.powerMwh, f.heatGj);
    }
}

/// @title ProjectsDouble
/// @notice Monitoring reports as a test sets them.
contract ProjectsDouble {
    Monitoring private _monitoring;

    function set(ParticipantId developer, SchemeId scheme, uint16 vintage, uint64 quantityT) external {
        _monitoring.developer = developer;
        _monitoring.scheme = scheme;
        _monitoring.vintage = vintage;
        _monitoring.quantityT = quantityT;
    }

    function setTraits(Activity activity, ProjectKind kind, uint16 hostCountry, uint16 methodology) external {
        (_monitoring.activity, _monitoring.kind) = (activity, kind);
        (_monitoring.hostCountry, _monitoring.methodology) = (hostCountry, MethodologyId.wrap(methodology));
    }

    function monitoring(uint64) external view returns (Monitoring memory) {
        return _monitoring;
    }

    function isFinal(uint64) external pure returns (bool) {
        return true;
    }

    function checkIssuable(uint64) external pure {}

    function placedAt(uint32) external pure returns (uint32) {}
}

/// @title CurrencyDouble
/// @notice Two decimals, anybody mints.
contract CurrencyDouble is ERC20 {
    constructor() ERC20("Yuan", "CNY") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 2;
    }
}

/// @title ExchangeDouble
/// @notice A ledger without a book: one market a unit, orders as a number that a debit may have to void.
contract ExchangeDouble {
    IParticipants private immutable PARTICIPANTS;
    IUnit1155[] private _units;

    mapping(MarketId market => mapping(ParticipantId participant => uint256)) public lots;
    mapping(MarketId market => mapping(ParticipantId participant => uint256)) public inAsks;
    mapping(MarketId market => mapping(ParticipantId participant => uint256)) public cash; // [0.0001 currency]
    mapping(UnitId unit => MarketId) public marketOf;
    mapping(MarketId market => mapping(uint256 month => uint256[2])) private _months;
    mapping(MarketId market => UnitId) private _unitOf;
    mapping(MarketId market => address) private _currencyOf;
    mapping(MarketId market => uint32) private _lotSize;
    mapping(MarketId market => bool) public foreign;
    mapping(MarketId market => address) private _tokenOf;

    constructor(IParticipants participants) {
        PARTICIPANTS = participants;
    }

    function open(MarketId market, UnitId unit, address token, address currency, uint32 lotSize) external {
        marketOf[unit] = market;
        (_unitOf[market], _tokenOf[market]) = (unit, token);
        (_currencyOf[market], _lotSize[market]) = (currency, lotSize);
    }

    /// @dev Makes a market another scheme's.
    function setForeign(MarketId market, bool isForeign) external {
        foreign[market] = isForeign;
    }

    function marketAssets(MarketId market) external view returns (MarketAssets memory assets) {
        assets.unit = _unitOf[market];
        assets.units = _tokenOf[market];
        assets.lotSize = _lotSize[market];
        assets.currency = _currencyOf[market];
        assets.scheme = SchemeId.wrap(foreign[market] ? 2 : 1);
    }

    function onERC1155Received(address, address from, uint256 id, uint256 value, bytes calldata)
        external
        returns (bytes4)
    {
        (ParticipantId owner,,) = PARTICIPANTS.walletOf(from);
        MarketId market = marketOf[UnitId.wrap(id)];
        lots[market][owner] += value / _lotSize[market];
        return this.onERC1155Received.selector;
    }

    function setMonth(MarketId market, uint256 month, uint256 lots_, uint256 turnover) external {
        _months[market][month] = [lots_, turnover];
    }

    function listedMonth(MarketId market, uint256 month) external view returns (uint256 lots_, uint256 turnover) {
        return (_months[market][month][0], _months[market][month][1]);
    }

    function fund(ParticipantId participant, MarketId market, uint256 cents) external {
        CurrencyDouble(_currencyOf[market]).mint(address(this), cents);
        cash[market][participant] += cents * 100;
    }

    function offer(ParticipantId participant, MarketId market, uint256 asked) external {
        inAsks[market][participant] = asked;
    }

    function debitUnits(ParticipantId participant, MarketId market, uint256 asked, address to)
        external
        returns (uint256 taken)
    {
        uint256 held = lots[market][participant];
        taken = asked < held ? asked : held;
        if (taken == 0) return 0;
        if (held - inAsks[market][participant] < taken) inAsks[market][participant] = 0;
        lots[market][participant] = held - taken;
        IUnit1155(_tokenOf[market])
            .safeTransferFrom(address(this), to, UnitId.unwrap(_unitOf[market]), taken * _lotSize[market], "");
    }

    function account(ParticipantId participant, MarketId market) external view returns (Account memory found) {
        found.lots = lots[market][participant];
        found.cash = cash[market][participant];
    }

    function debitCash(ParticipantId participant, MarketId market, uint256 asked, address to)
        external
        returns (uint256 taken)
    {
        uint256 held = cash[market][participant];
        taken = asked < held ? asked : held;
        taken -= taken % 100;
        cash[market][participant] = held - taken;
        require(CurrencyDouble(_currencyOf[market]).transfer(to, taken / 100));
    }
}

/// @title BlocksDouble
/// @notice Months of block trades as a test sets them.
contract BlocksDouble {
    mapping(MarketId market => mapping(uint256 month => BlockStatistics)) private _months;

    /// @param month years × 12 + months before it
    function setMonth(MarketId market, uint256 month, uint256 lots, uint256 turnover) external {
        (_months[market][month].lots, _months[market][month].turnover) = (lots, turnover);
    }

    function monthStatistics(MarketId market, uint256 year, uint256 month)
        external
        view
        returns (BlockStatistics memory)
    {
        require(month != 0 && month <= 12, "no month");
        return _months[market][year * 12 + month - 1];
    }
}

/// @title StrangeWallet
/// @notice A wallet in contract code, which refuses units when told to.
contract StrangeWallet {
    bool public refuses;

    function setRefuses(bool refuses_) external {
        refuses = refuses_;
    }

    function act(address to, bytes calldata data) external returns (bytes memory answer) {
        bool done;
        (done, answer) = to.call(data);
        require(done, "act failed");
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external view returns (bytes4) {
        require(!refuses, "units refused");
        return this.onERC1155Received.selector;
    }
}
