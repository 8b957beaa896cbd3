// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev A whole in parts per million.
uint256 constant PPM = 1_000_000;
