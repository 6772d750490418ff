import { expect, test } from "vitest";
import { assert, AssertionError, unreachable } from "../../src/errors/assert.ts";
import { assertUserInput } from "../../src/errors/user-input.ts";

test("a belief that holds changes nothing", () => {
  expect(() => assert(true, "one is one")).not.toThrow();
});

test("a belief that does not hold is thrown as its sentence", () => {
  expect(() => assert(false, "one is two")).toThrow(new AssertionError("one is two"));
});

test("a branch that cannot be reached names the value", () => {
  expect(() => unreachable("x" as never)).toThrow('"x"');
});

test("a wrong argument of a user is an error with a code", () => {
  expect(() => assertUserInput(false, "size must be positive")).toThrow(
    expect.objectContaining({
      code: "PLAN_ARGUMENT_INVALID",
      message: "size must be positive.",
    }),
  );
});
