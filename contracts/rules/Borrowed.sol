// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

/// @title Borrowed
/// @notice OpenZeppelin's AccessManager, for deployments of one part; imported here, it is compiled with the settings of
/// deployed contracts. {AccessManager}
abstract contract Borrowed {}
