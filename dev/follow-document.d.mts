export function readFences(
  markdown: string,
): { language: string; name: string | undefined; text: string; line: number }[];
/** Without what differs from run to run; `start` is the directory of the commands. */
export function comparable(text: string, start: string): string;

export function showsOutput(shown: string, output: string): boolean;
export function followDocument(
  markdown: string,
  options: { directory: string; replace?: (script: string) => string },
): Promise<void>;
