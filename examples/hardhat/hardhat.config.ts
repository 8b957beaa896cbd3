import { createRequire } from "node:module";
import { defineConfig } from "hardhat/config";

// The compiler of the npm package `solc`: nothing is downloaded when contracts are compiled.
const path = createRequire(import.meta.url).resolve("solc/soljson.js");

export default defineConfig({
  solidity: { version: "0.8.37", settings: { evmVersion: "paris" }, path },
});
