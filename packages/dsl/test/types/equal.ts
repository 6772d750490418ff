import type { AnyStream } from "../../src/index.ts";

/** Whether two types are identical. */
export type Equal<Left, Right> =
  (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false;

/** The row of a stream. */
export type RowIn<S> = S extends AnyStream<infer Row> ? Row : never;

/** Compiles only for `true`. */
export function holds<_Claim extends true>(): void {}
