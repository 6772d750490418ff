/** One thing against the house rules. */
export interface Finding {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly text: string;
}
/** Findings of one file; the path is relative to the repository's root. */
export function checkFile(path: string, text: string): Finding[];
