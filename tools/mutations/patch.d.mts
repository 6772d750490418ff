/** A change of one source file that its tests must catch. */
export interface Mutation {
  readonly tests: string[];
  readonly file: string;
  readonly hunks: { before: string; after: string }[];
}

export function readPatch(text: string): Mutation;
export function applyHunks(
  source: string,
  hunks: readonly { readonly before: string; readonly after: string }[],
): string;
