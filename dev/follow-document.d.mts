export function readFences(
  markdown: string,
): { language: string; name: string | undefined; text: string; line: number }[];
export function showsOutput(shown: string, output: string): boolean;
export function followDocument(
  markdown: string,
  options: { directory: string; replace?: (script: string) => string },
): Promise<void>;
