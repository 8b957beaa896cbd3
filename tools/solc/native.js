// The native compiler of this machine, in exactly the version of npm's: about ten times faster, with equal bytecode.
"use strict";

const { spawn, spawnSync } = require("child_process");
const fs = require("fs");
const path = require("path");

const VERSION = "0.8.37+commit.f401782d";
const TOOLS = path.resolve(__dirname, "..", "..", ".tools", "bin");

// Path of the compiler that `make compiler` installed, else of one on the PATH; null without one of VERSION, and where
// TONNE_COMPILER=npm excludes it.
function find() {
    if (process.env.TONNE_COMPILER === "npm") return null;
    const folders = [TOOLS, ...(process.env.PATH || "").split(path.delimiter).filter(path.isAbsolute)];
    return folders.map((folder) => path.join(folder, "solc")).find(isOfVersion) || null;
}

function isOfVersion(file) {
    if (!fs.existsSync(file) || path.dirname(fs.realpathSync(file)) === __dirname) return false;
    const answer = spawnSync(file, ["--version"], { encoding: "utf8", timeout: 60_000 });
    return new RegExp(`^Version: ${VERSION.replace(/[.+]/g, "\\$&")}(\\.|$)`, "m").test(answer.stdout || "");
}

// Answer to a standard JSON input; files that the input does not hold are read below `base`.
function compile(file, input, base) {
    return new Promise((resolve, reject) => {
        const options = ["--standard-json", "--base-path", base, "--allow-paths", base];
        const process_ = spawn(file, options, { stdio: ["pipe", "pipe", "pipe"] });
        const out = [];
        const err = [];
        process_.stdout.on("data", (chunk) => out.push(chunk));
        process_.stderr.on("data", (chunk) => err.push(chunk));
        process_.stdin.on("error", () => {}); // it ended early: its exit code says so
        process_.on("error", reject);
        process_.on("close", (code) => {
            if (code === 0) resolve(Buffer.concat(out).toString("utf8"));
            else reject(new Error(`${file} ended with ${code}: ${Buffer.concat(err).toString("utf8").slice(-400)}`));
        });
        process_.stdin.end(input);
    });
}

module.exports = { VERSION, compile, find };
