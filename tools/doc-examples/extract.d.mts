/** The examples of a source file; `line` is 1-based. */
export function findExamples(source: string): { line: number; code: string }[];
/** The statements of an example with its stated results as assertions. */
export function exampleBody(code: string): string;
/** Every name that an example might take from its surroundings. */
export function namesIn(code: string): string[];
/** A module that exports the examples as functions. */
export function examplesModule(
  examples: { name: string; code: string }[],
  modules: readonly string[],
): string;
