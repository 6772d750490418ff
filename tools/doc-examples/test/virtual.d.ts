declare module "virtual:doc-examples/all.ts" {
  /** An example as a function; `expectThrows` takes the code or a part of the error's text. */
  interface Example {
    readonly name: string;
    run(
      expect: unknown,
      expectThrows: (act: () => Promise<void>, text: string) => Promise<void>,
    ): Promise<void>;
  }
  export const packages: readonly {
    readonly name: string;
    readonly titles: readonly string[];
    load(): Promise<{ examples: readonly Example[] }>;
  }[];
}
