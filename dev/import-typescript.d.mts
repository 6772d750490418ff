/** Bundles a TypeScript file into an .mjs file beside it; packages stay imports. */
export function bundleTypeScript(source: string, target: string): Promise<void>;

/** Imports a TypeScript file on Node 20, which cannot do so by itself. */
export function importTypeScript(source: string): Promise<object>;
