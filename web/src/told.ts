import type { Key } from "./i18n";

/** A refusal of the page itself, said in the reader's language. */
export class Told extends Error {
  constructor(readonly key: Key, readonly values: Readonly<Record<string, string>> = {}) {
    super(key);
  }
}

/** A refusal of a contract: sentence and remedy from the project's own file of errors. */
export class Refusal extends Error {
  constructor(readonly code: string, readonly sentence: string, readonly remedy: string) {
    super(`${sentence} ${remedy}`);
  }
}
