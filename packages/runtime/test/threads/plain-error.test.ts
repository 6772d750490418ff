import { formatError, isMillraceError, type MillraceError, millraceError } from "@millrace/core";
import { expect, test } from "vitest";
import { fromPlainError, toPlainError } from "../../src/run/threads/plain-error.ts";

/** The error as another thread gets it. */
function carried(error: unknown): Error {
  return fromPlainError(structuredClone(toPlainError(error)));
}

test("an error with a code keeps code, text, hint, place, cause and stack", () => {
  const cause = new TypeError("no fifty");
  const error = millraceError(
    "RUN_FUNCTION_FAILED",
    { step: "filter-1", problem: "no fifty" },
    { cause, where: { operatorId: "filter-1" } },
  ).at({ pipeline: "shop" });
  const other = carried(error) as MillraceError;
  expect(isMillraceError(other)).toBe(true);
  expect(other.toJSON()).toEqual(error.toJSON());
  expect(formatError(other)).toBe(formatError(error));
  expect(other.stack).toBe(error.stack);
  expect(other.params).toEqual(error.params);
  expect(other.cause).toMatchObject({ name: "TypeError", message: "no fifty" });
  expect(other.at({ task: "0" }).where).toEqual({
    pipeline: "shop",
    operatorId: "filter-1",
    task: "0",
  });
});

test("problems that were collected stay with their error", () => {
  const problem = millraceError("PLAN_SINK_MISSING", {} as never, { where: { line: 3 } });
  const error = millraceError("PLAN_INVALID", { pipeline: "shop", count: 1 } as never, {
    problems: [problem],
  });
  expect((carried(error) as MillraceError).toJSON()).toEqual(error.toJSON());
});

test("what cannot be copied among the parameters becomes text", () => {
  const problem = Object.assign(() => 1, { toString: () => "a function" });
  const error = millraceError("RUN_THREADS_REFUSED", { problem: problem as never });
  const other = carried(error) as MillraceError;
  expect(other.params).toEqual({ problem: "a function" });
  expect(other.message).toBe("The pipeline cannot run on several threads: a function.");
});

test("other errors keep their name, text and stack, and what is thrown besides becomes one", () => {
  const error = new RangeError("too far");
  const other = carried(error);
  expect({ ...other, name: other.name }).toEqual({ name: "RangeError" });
  expect(other).toMatchObject({ message: "too far", stack: error.stack });
  expect(isMillraceError(other)).toBe(false);
  expect(carried("a text").message).toBe("a text");
});
