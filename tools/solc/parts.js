// Divides a compilation among threads, and makes one answer of theirs.
//
// The numbers that the compiler gives to files and syntax nodes reach names in the optimizer's intermediate code, and so, seldom,
// the bytecode: what is compiled via-IR is given nothing but its own imports, so that its code is the same whatever
// else is asked for, as when an explorer recompiles it alone. The rest of such an answer (interfaces, documentation,
// syntax trees) is of one run over all sources.
"use strict";

// [characters] Of what contracts are compiled from, each with all that it imports: less than WORTH one thread does as quickly;
// more than MOST does not fit into the 2 GB that one run of the compiler can have.
const WORTH = 4_000_000;
const MOST = 15_000_000;

const IMPORT = /^\s*import\b[^;"']*["']([^"']+)["']/gm;
const CONTRACT = /^contract\s+(\w+)/gm;
const CREATED = /\bnew\s+(\w+)\s*[({]|\btype\((\w+)\)\.(?:creation|runtime)Code/g;
const CODE = /^(?:\*|evm(?:\.(?:bytecode|deployedBytecode|assembly|legacyAssembly|gasEstimates)(?:\..*)?)?|ir.*)$/;

// Standard JSON of each part; one part, the input itself, if dividing changes nothing. `read` gives a file's text that is not in
// the input, or null.
function divide(text, threads, read = () => null) {
    const input = JSON.parse(text);
    if (Object.values(input.sources || {}).some((source) => typeof source.content !== "string")) return [text];
    const selection = selected(input);
    const files = Object.keys(selection).filter((file) => Object.values(selection[file]).some((outputs) => outputs.length));
    const sources = { ...input.sources };
    const groups = together(sources, new Set(files), reader(input, sources, read));
    if (!(input.settings && input.settings.viaIR)) return inShares(text, input, groups, selection, threads);
    const coded = groups.filter((group) => group.weight && wants(group, selection, (output) => CODE.test(output)));
    const whole = coded.length === 1 && coded[0].reach.size === Object.keys(input.sources).length;
    if (!coded.length || whole) return [text];
    const apart = new Set(coded.flatMap((group) => group.files));
    const every = input.settings.outputSelection["*"];
    const names = every ? Object.keys(sources) : files; // those that were found as well
    const rest = Object.fromEntries(
        names.map((file) => {
            const asked = selection[file] || every;
            return [file, apart.has(file) ? outputsOf(asked, (output) => !CODE.test(output)) : asked];
        }),
    );
    return [
        part(input, input.sources, rest),
        ...coded
            .sort((a, b) => b.weight - a.weight)
            .map((group) =>
                part(
                    input,
                    Object.fromEntries([...group.reach].sort().map((file) => [file, sources[file]])),
                    Object.fromEntries(group.files.map((file) => [file, outputsOf(selection[file], (o) => CODE.test(o))])),
                ),
            ),
    ];
}

// Outputs by file and contract, with those of every file under its name.
function selected(input) {
    const asked = (input.settings && input.settings.outputSelection) || {};
    const every = asked["*"] || {};
    const files = "*" in asked ? Object.keys(input.sources) : Object.keys(asked);
    return Object.fromEntries(files.map((file) => [file, { ...every, ...asked[file] }]));
}

function outputsOf(contracts, keep) {
    return Object.fromEntries(Object.entries(contracts).map(([name, outputs]) => [name, outputs.filter(keep)]));
}

function wants(group, selection, keep) {
    return group.files.some((file) => Object.values(selection[file]).some((outputs) => outputs.some(keep)));
}

function part(input, sources, outputSelection) {
    return JSON.stringify({ ...input, sources, settings: { ...input.settings, outputSelection } });
}

function inShares(text, input, groups, selection, threads) {
    const total = groups.reduce((sum, group) => sum + group.weight, 0);
    const count = Math.min(groups.length, Math.max(total < WORTH ? 1 : threads, Math.ceil(total / MOST)));
    if (count < 2) return [text];
    return shares(groups, count).map((share) =>
        part(input, input.sources, Object.fromEntries(share.map((file) => [file, selection[file]]))),
    );
}

// The answers of all parts as one, with the first's numbers of files.
function join(answers) {
    const whole = JSON.parse(answers[0]);
    const told = new Set((whole.errors || []).map((error) => error.formattedMessage));
    for (const answer of answers.slice(1).map((text) => JSON.parse(text))) {
        const numbers = renumbered(answer.sources || {}, whole.sources || {});
        for (const [file, { ast }] of Object.entries(answer.sources || {})) {
            if (ast && whole.sources[file]) whole.sources[file].ast ??= ast;
        }
        for (const [file, contracts] of Object.entries(answer.contracts || {})) {
            const home = ((whole.contracts ??= {})[file] ??= {});
            for (const [name, contract] of Object.entries(contracts)) {
                for (const code of [contract.evm?.bytecode, contract.evm?.deployedBytecode]) {
                    if (code?.sourceMap) code.sourceMap = mapped(code.sourceMap, numbers);
                }
                home[name] = { ...home[name], ...contract, evm: { ...home[name]?.evm, ...contract.evm } };
            }
        }
        for (const error of answer.errors || []) {
            if (told.has(error.formattedMessage)) continue;
            told.add(error.formattedMessage);
            (whole.errors ??= []).push(error);
        }
    }
    return JSON.stringify(whole);
}

// A number of the part as the whole has it; the compiler's own utilities follow the last file.
function renumbered(part, whole) {
    const known = new Map(Object.entries(part).map(([file, { id }]) => [id, whole[file]?.id]));
    const [own, all] = [Object.keys(part).length, Object.keys(whole).length];
    return (id) => known.get(id) ?? (id < 0 ? id : all + id - own);
}

// `start:length:file:jump:depth` by instruction, each field left out where it is as before.
function mapped(sourceMap, numbers) {
    const entries = sourceMap.split(";").map((entry) => {
        const fields = entry.split(":");
        if (fields[2]) fields[2] = String(numbers(Number(fields[2])));
        return fields.join(":");
    });
    return entries.join(";");
}

// Files of which some are wanted: a contract and those beside it that it creates, itself or by a base, are compiled at once.
function together(sources, wanted, reach) {
    const homes = new Map();
    const files = Object.keys(sources);
    const read = new Map(files.map((file) => [file, sources[file].content]));
    for (const [file, text] of read) for (const [, name] of text.matchAll(CONTRACT)) homes.set(name, file);
    const leader = new Map(files.map((file) => [file, file]));
    const find = (file) => (leader.get(file) === file ? file : find(leader.get(file)));
    const reached = new Map(files.map((file) => [file, reach(file)]));
    const concrete = files.filter((file) => read.get(file).match(CONTRACT));
    for (const [file, text] of read) {
        for (const [, made, typed] of text.matchAll(CREATED)) {
            const home = homes.get(made || typed);
            if (!home || folder(home) !== folder(file)) continue;
            const makers = concrete.filter((other) => folder(other) === folder(file) && reached.get(other).has(file));
            for (const maker of makers) leader.set(find(home), find(maker));
        }
    }
    const groups = new Map();
    for (const file of files) {
        const group = groups.get(find(file)) || { files: [], weight: 0, reach: new Set() };
        const all = reached.get(file);
        for (const name of all) group.reach.add(name);
        groups.set(find(file), group);
        if (!wanted.has(file)) continue;
        group.files.push(file);
        if (concrete.includes(file)) group.weight += lengthOf(all, sources);
    }
    return [...groups.values()].filter((group) => group.files.length);
}

function folder(file) {
    return file.slice(0, file.lastIndexOf("/"));
}

function lengthOf(files, sources) {
    let length = 0;
    for (const name of files) length += sources[name].content.length;
    return length;
}

// Finds a file and all that it imports, as the compiler does: relative to the file, else by the longest remapping. Files that the
// input leaves to be found are added to `sources`.
function reader(input, sources, read) {
    const remappings = ((input.settings && input.settings.remappings) || []).map((entry) => entry.split("="));
    const imports = new Map();
    function importsOf(name) {
        if (!imports.has(name)) {
            const found = [...sources[name].content.matchAll(IMPORT)].map(([, imported]) =>
                imported.startsWith(".") ? besides(name, imported) : remapped(imported, remappings),
            );
            imports.set(name, found.filter((file) => file in sources || add(file)));
        }
        return imports.get(name);
    }
    function add(file) {
        const content = read(file);
        if (content !== null) sources[file] = { content };
        return content !== null;
    }
    return (file) => {
        const seen = new Set([file]);
        for (const name of seen) for (const imported of importsOf(name)) seen.add(imported);
        return seen;
    };
}

function besides(file, imported) {
    const parts = file.split("/").slice(0, -1);
    for (const step of imported.split("/")) {
        if (step === "..") parts.pop();
        else if (step !== ".") parts.push(step);
    }
    return parts.join("/");
}

function remapped(imported, remappings) {
    let best = ["", ""];
    for (const [from, to] of remappings) {
        const prefix = from.slice(from.indexOf(":") + 1);
        if (imported.startsWith(prefix) && prefix.length > best[0].length) best = [prefix, to];
    }
    return best[1] + imported.slice(best[0].length);
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
