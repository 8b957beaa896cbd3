// Reads standard JSON from stdin (or from the file given last) and writes the compiler's answer to stdout.
"use strict";

const fs = require("fs");
const path = require("path");

const root = path.resolve(__dirname, "..", "..");

function main(args) {
    const solc = require(path.join(root, "node_modules", "solc"));
    if (args.includes("--long-version")) {
        writeAll(1, solc.version() + "\n");
        return 0;
    }
    if (!args.includes("--standard-json")) {
        writeAll(2, "This compiler answers --version and --standard-json only.\n");
        return 1;
    }
    const last = args[args.length - 1];
    const input = last.endsWith(".json") && fs.existsSync(last) ? last : 0;
    const base = path.resolve(option(args, "--base-path") || option(args, "--allow-paths") || ".");
    const callbacks = { import: (name) => readSource(base, name) };
    writeAll(1, solc.compile(fs.readFileSync(input, "utf8"), callbacks));
    return 0;
}

function option(args, name) {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args[at + 1].split(",")[0];
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

// A pipe takes a few kilobytes at a time: process.stdout.write followed by an exit would lose the rest.
function writeAll(fd, text) {
    const bytes = Buffer.from(text, "utf8");
    let done = 0;
    while (done < bytes.length) {
        try {
            done += fs.writeSync(fd, bytes, done);
        } catch (error) {
            if (error.code !== "EAGAIN") throw error;
        }
    }
}

process.exitCode = main(process.argv.slice(2));
