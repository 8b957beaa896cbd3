import { fileURLToPath } from "node:url";
import { defineConfig } from "hardhat/config";
const path = fileURLToPath(import.meta.resolve("solc/soljson.js")); // the npm package's: no download
export default defineConfig({ solidity: { version: "0.8.37", path } });
