// Reads standard JSON from stdin (or from the file given last) and writes the compiler's answer to stdout.
"use strict";

const fs = require("fs");
const os = require("os");
const path = require("path");
const { Worker } = require("worker_threads");

const { compile, readSource, solc } = require("./compile");
const { divide, join } = require("./parts");

async function main(args) {
    if (args.includes("--long-version")) {
        writeAll(1, solc().version() + "\n");
        return 0;
    }
    if (!args.includes("--standard-json")) {
        writeAll(2, "This compiler answers --version and --standard-json only.\n");
        return 1;
    }
    const last = args[args.length - 1];
    const input = fs.readFileSync(last.endsWith(".json") && fs.existsSync(last) ? last : 0, "utf8");
    const base = path.resolve(option(args, "--base-path") || option(args, "--allow-paths") || ".");
    const cores = os.availableParallelism();
    const parts = divide(input, cores, (file) => readSource(base, file).contents ?? null);
    writeAll(1, parts.length < 2 ? compile(input, base) : join(await inThreads(parts, base, cores)));
    return 0;
}

function option(args, name) {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args[at + 1].split(",")[0];
}

// Answers of all parts, by as many threads as there are cores: each takes the next once it has answered.
async function inThreads(parts, base, cores) {
    const answers = [];
    let next = 0;
    async function work() {
        const thread = new Worker(path.join(__dirname, "compile.js"), {
            workerData: { base },
            resourceLimits: { stackSizeMb: 4 },
        });
        while (next < parts.length) {
            const at = next++;
            answers[at] = await asked(thread, parts[at]);
        }
        await thread.terminate();
    }
    await Promise.all(Array.from({ length: Math.min(cores, parts.length) }, work));
    return answers;
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

main(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
});
