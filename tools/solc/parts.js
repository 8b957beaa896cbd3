// Divides a compilation among threads. Every part has all sources, and so the same numbers of files and nodes and the same
// bytecode; each is asked for the contracts of some files.
"use strict";

// [characters] Of what contracts are compiled from, each with all that it imports: less than WORTH one thread does as quickly;
// more than MOST does not fit into the 2 GB that one run of the compiler can have.
const WORTH = 4_000_000;
const MOST = 15_000_000;

const IMPORT = /^\s*import\b[^;"']*["']([^"']+)["']/gm;
const CONTRACT = /^(?:contract|library)\s+(\w+)/gm;
const CREATED = /\bnew\s+(\w+)\s*[({]|\btype\((\w+)\)\.(?:creation|runtime)Code/g;

// Standard JSON of each part; one part, the input itself, if dividing gains nothing.
function divide(text, threads) {
    const input = JSON.parse(text);
    const selection = (input.settings && input.settings.outputSelection) || {};
    if ("*" in selection) return [text];
    const files = Object.keys(selection).filter((file) => Object.values(selection[file]).some((outputs) => outputs.length));
    const groups = together(files, input.sources);
    const total = groups.reduce((sum, group) => sum + group.weight, 0);
    const count = Math.min(groups.length, Math.max(total < WORTH ? 1 : threads, Math.ceil(total / MOST)));
    if (count < 2) return [text];
    return shares(groups, count).map((share) => {
        const outputSelection = Object.fromEntries(share.map((file) => [file, selection[file]]));
        return JSON.stringify({ ...input, settings: { ...input.settings, outputSelection } });
    });
}

// The answers of all parts as one.
function join(answers) {
    const whole = JSON.parse(answers[0]);
    const told = new Set((whole.errors || []).map((error) => error.formattedMessage));
    for (const answer of answers.slice(1).map((text) => JSON.parse(text))) {
        whole.contracts = { ...whole.contracts, ...answer.contracts };
        for (const error of answer.errors || []) {
            if (told.has(error.formattedMessage)) continue;
            told.add(error.formattedMessage);
            (whole.errors ??= []).push(error);
        }
    }
    return JSON.stringify(whole);
}

// A contract and those that it creates are compiled once where one thread has them all.
function together(files, sources) {
    const homes = new Map();
    const read = new Map(files.map((file) => [file, sources[file] ? sources[file].content || "" : ""]));
    for (const [file, text] of read) for (const [, name] of text.matchAll(CONTRACT)) homes.set(name, file);
    const leader = new Map(files.map((file) => [file, file]));
    const find = (file) => (leader.get(file) === file ? file : find(leader.get(file)));
    for (const [file, text] of read) {
        for (const [, made, typed] of text.matchAll(CREATED)) {
            const home = homes.get(made || typed);
            if (home) leader.set(find(file), find(home));
        }
    }
    const groups = new Map();
    for (const file of files) {
        const group = groups.get(find(file)) || { files: [], weight: 0 };
        group.files.push(file);
        if (read.get(file).match(CONTRACT)) group.weight += reach(file, sources);
        groups.set(find(file), group);
    }
    return [...groups.values()];
}

// [characters] Of a file and all that it imports, near enough: by file names, since remappings are the compiler's matter.
function reach(file, sources) {
    const seen = new Set([file]);
    let length = 0;
    for (const name of seen) {
        const text = (sources[name] && sources[name].content) || "";
        length += text.length;
        for (const [, imported] of text.matchAll(IMPORT)) {
            const parts = name.split("/").slice(0, -1);
            for (const step of imported.split("/")) {
                if (step === "..") parts.pop();
                else if (step !== ".") parts.push(step);
            }
            if (imported.startsWith(".")) seen.add(parts.join("/"));
        }
    }
    return length;
}

// The heaviest group goes to the share with the least.
function shares(groups, count) {
    const all = Array.from({ length: count }, () => ({ files: [], weight: 0 }));
    for (const group of [...groups].sort((a, b) => b.weight - a.weight)) {
        const least = all.reduce((a, b) => (b.weight < a.weight ? b : a));
        least.files.push(...group.files);
        least.weight += group.weight;
    }
    return all.map((share) => share.files);
}

module.exports = { divide, join };
