/** Sample parameters of each code's message. */
export function sampleParams(): Record<string, Record<string, unknown>>;
