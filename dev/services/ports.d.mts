/**
 * Reserves seven ports in a row of 127.0.0.1 against other processes that reserve so, until they
 * are released or this process ends.
 */
export function reservePorts(): Promise<{ first: number; release: () => Promise<void> }>;
