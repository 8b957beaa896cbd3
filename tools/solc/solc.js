// Reads standard JSON from stdin (or from the file given last) and writes the compiler's answer to stdout.
// With --lines it reads an input from each line of stdin and writes each answer, behind its line's number, as soon as
// it is there; the first line names the compiler.
"use strict";

const fs = require("fs");
const os = require("os");
const path = require("path");
const { Worker } = require("worker_threads");

const { compile, readSource, solc } = require("./compile");
const native = require("./native");
const { divide, join } = require("./parts");

async function main(args) {
    if (args.includes("--long-version")) {
        writeAll(1, solc().version() + "\n");
        return 0;
    }
    const base = path.resolve(option(args, "--base-path") || option(args, "--allow-paths") || ".");
    const file = native.find();
    if (args.includes("--lines")) {
        writeAll(1, (file ? `native ${file}` : "npm") + "\n");
        const inputs = fs.readFileSync(0, "utf8").split("\n").filter(Boolean);
        await answers(inputs, base, file, (at, answer) => writeAll(1, `${at} ${answer.replaceAll("\n", " ")}\n`));
        return 0;
    }
    if (!args.includes("--standard-json")) {
        writeAll(2, "This compiler answers --version, --standard-json and --lines only.\n");
        return 1;
    }
    const last = args[args.length - 1];
    const input = fs.readFileSync(last.endsWith(".json") && fs.existsSync(last) ? last : 0, "utf8");
    const parts = divide(input, os.availableParallelism(), (name) => readSource(base, name).contents ?? null);
    if (parts.length < 2 && !file) {
        writeAll(1, compile(input, base));
        return 0;
    }
    const found = [];
    await answers(parts.length < 2 ? [input] : parts, base, file, (at, answer) => (found[at] = answer));
    writeAll(1, found.length < 2 ? found[0] : join(found));
    return 0;
}

function option(args, name) {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args[at + 1].split(",")[0];
}

// Calls `done` with the number and the answer of each input, by as many compilers as there are cores: each takes the next
// input once it has answered. A native compiler runs as a process, npm's in a thread.
async function answers(inputs, base, file, done) {
    let next = 0;
    async function work() {
        const thread = file ? null : newThread(base);
        while (next < inputs.length) {
            const at = next++;
            done(at, file ? await native.compile(file, inputs[at], base) : await asked(thread, inputs[at]));
        }
        if (thread) await thread.terminate();
    }
    await Promise.all(Array.from({ length: Math.min(os.availableParallelism(), inputs.length) }, work));
}

function newThread(base) {
    return new Worker(path.join(__dirname, "compile.js"), { workerData: { base }, resourceLimits: { stackSizeMb: 4 } });
}

function asked(thread, input) {
    return new Promise((resolve, reject) => {
        thread.once("message", resolve);
        thread.once("error", reject);
        thread.postMessage(input);
    });
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

main(process.argv.slice(2)).then(
    (code) => {
        process.exitCode = code;
    },
    (error) => {
        writeAll(2, `${error.message}\n`);
        process.exit(1);
    },
);
