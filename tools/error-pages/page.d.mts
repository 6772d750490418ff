/** All pages by code; `readPage` gives a page as it is, whose notes are kept. */
export function errorPages(
  core: object,
  params: Readonly<Record<string, object>>,
  readPage: (code: string) => string | undefined,
): Map<string, string>;
