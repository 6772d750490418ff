import type { AnyStream, AnyUpdatingStream } from "../../src/index.ts";

/** Whether two types are identical. */
export type Equal<Left, Right> =
  (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false;

/** The row of a stream. */
export type RowIn<S> = S extends AnyStream<infer Row> ? Row : never;

/** The row of an updating stream. */
export type UpdatingRow<S> = S extends AnyUpdatingStream<infer Row> ? Row : never;

/** Whether each type is assignable to the other. */
export type Same<Left, Right> = [Left, Right] extends [Right, Left] ? true : false;

/** Compiles only for `true`. */
export function holds<_Claim extends true>(): void {}
