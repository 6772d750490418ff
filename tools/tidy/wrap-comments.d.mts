/** The text with its comment lines wrapped at 100 columns. */
export function wrapComments(text: string): string;
