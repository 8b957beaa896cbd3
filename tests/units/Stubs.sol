// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {UnitId} from "../../interfaces/types/Ids.sol";
import {Methodology, MethodologyId, Monitoring, Project, ProjectId} from "../../interfaces/evidence/IProjects.sol";

/// @dev Projects and monitoring reports as a test writes them.
contract ProjectsStub {
    mapping(uint64 reportId => Monitoring) private _reports;
    mapping(uint64 reportId => bool) public isFinal;
    mapping(ProjectId id => Project) private _projects;
    mapping(MethodologyId id => Methodology) private _methodologies;

    function set(uint64 reportId, Monitoring memory m, bool final_) external {
        _reports[reportId] = m;
        isFinal[reportId] = final_;
    }

    function setProject(ProjectId id, Project memory p, Methodology memory m) external {
        _projects[id] = p;
        _methodologies[p.methodology] = m;
    }

    function project(ProjectId id) external view returns (Project memory) {
        return _projects[id];
    }

    function methodology(MethodologyId id) external view returns (Methodology memory) {
        return _methodologies[id];
    }

    function termsOf(ProjectId id) external view returns (Methodology memory) {
        return _methodologies[_projects[id].methodology];
    }

    function checkIssuable(uint64) external pure {}

    function placedAt(ProjectId) external pure returns (uint32) {}

    function monitoring(uint64 reportId) external view returns (Monitoring memory) {
        return _reports[reportId];
    }
}

/// @dev A venue: takes units and hands them to whom the test says.
contract VenueStub is IERC1155Receiver {
    function give(IERC1155 units, address to, UnitId id, uint256 amount) external {
        units.safeTransferFrom(address(this), to, UnitId.unwrap(id), amount, "");
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external pure returns (bytes4) {
        return this.onERC1155Received.selector;
    }

    function onERC1155BatchReceived(address, address, uint256[] calldata, uint256[] calldata, bytes calldata)
        external
        pure
        returns (bytes4)
    {
        return this.onERC1155BatchReceived.selector;
    }

    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC1155Receiver).interfaceId;
    }
}

/// @dev A recipient that answers the hooks as told, and remembers what it was told.
contract ReceiverStub is IERC1155Receiver {
    enum Answer {
        Accept,
        WrongValue,
        RevertEmpty,
        RevertReason,
        RevertCustom,
        Panic,
        SpendAgain
    }

    error ReceiverSaysNo(uint256 code);

    Answer public answer;
    uint256 public calls;
    address public operator;
    address public from;
    uint256[] public ids;
    uint256[] public values;
    bytes public data;
    /// @dev Its own balance of the first id, as seen from inside the hook.
    uint256 public balanceSeen;
    uint256 public senderBalanceSeen;

    function set(Answer answer_) external {
        answer = answer_;
    }

    function onERC1155Received(address operator_, address from_, uint256 id, uint256 value, bytes calldata data_)
        external
        returns (bytes4)
    {
        ids = new uint256[](1);
        values = new uint256[](1);
        (ids[0], values[0]) = (id, value);
        _note(operator_, from_, data_);
        if (answer == Answer.SpendAgain) {
            IERC1155(msg.sender).safeTransferFrom(from_, address(this), id, value, "");
        }
        return answer == Answer.WrongValue ? bytes4(0xdeadbeef) : this.onERC1155Received.selector;
    }

    function onERC1155BatchReceived(
        address operator_,
        address from_,
        uint256[] calldata ids_,
        uint256[] calldata values_,
        bytes calldata data_
    ) external returns (bytes4) {
        ids = ids_;
        values = values_;
        _note(operator_, from_, data_);
        return answer == Answer.WrongValue ? bytes4(0xdeadbeef) : this.onERC1155BatchReceived.selector;
    }

    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC1155Receiver).interfaceId;
    }

    function _note(address operator_, address from_, bytes calldata data_) private {
        if (answer == Answer.RevertEmpty) {
            assembly ("memory-safe") {
                revert(0, 0)
            }
        }
        if (answer == Answer.RevertReason) revert("receiver: no");
        if (answer == Answer.RevertCustom) revert ReceiverSaysNo(7);
        if (answer == Answer.Panic) assert(false);
        ++calls;
        operator = operator_;
        from = from_;
        data = data_;
        if (ids.length != 0) {
            balanceSeen = IERC1155(msg.sender).balanceOf(address(this), ids[0]);
            senderBalanceSeen = IERC1155(msg.sender).balanceOf(from_, ids[0]);
        }
    }
}

/// @dev A recipient that remembers its balance inside the hook, and spends little.
contract SparingReceiver {
    uint256 public balanceSeen;

    function onERC1155Received(address, address, uint256 id, uint256, bytes calldata) external returns (bytes4) {
        balanceSeen = IERC1155(msg.sender).balanceOf(address(this), id);
        return this.onERC1155Received.selector;
    }
}

/// @dev A contract that knows no hooks.
contract DeafStub {}
