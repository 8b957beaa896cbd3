// One run of the compiler, in this thread: as a module, or as a thread that answers each input it is sent.
"use strict";

const fs = require("fs");
const path = require("path");
const { parentPort, workerData } = require("worker_threads");

const root = path.resolve(__dirname, "..", "..");

function solc() {
    return require(path.join(root, "node_modules", "solc"));
}

// The input is copied to the compiler's stack, which holds 5 MB: sources are handed over one by one when it asks.
function compile(text, base) {
    const input = JSON.parse(text);
    const contents = new Map();
    for (const [name, source] of Object.entries(input.sources || {})) {
        if (source === null || typeof source.content !== "string") continue;
        contents.set(name, source.content);
        input.sources[name] = { urls: [name] };
    }
    const read = (name) => (contents.has(name) ? { contents: contents.get(name) } : readSource(base, name));
    return solc().compile(JSON.stringify(input), { import: read });
}

// Brownie leaves interfaces and libraries out of the JSON and lets the compiler find them.
function readSource(base, name) {
    const file = path.resolve(base, name);
    if (!file.startsWith(base + path.sep)) return { error: "outside " + base };
    try {
        return { contents: fs.readFileSync(file, "utf8") };
    } catch (error) {
        return { error: "not found" };
    }
}

module.exports = { compile, readSource, solc };
if (parentPort) parentPort.on("message", (input) => parentPort.postMessage(compile(input, workerData.base)));
