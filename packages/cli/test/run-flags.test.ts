import { isMillraceError } from "@millrace/core";
import { Command } from "commander";
import { expect, test } from "vitest";
import type { RunFlags } from "../src/environment.ts";
import { runFlags, withRunFlags } from "../src/run-flags.ts";

function parse(words: readonly string[], environment: Record<string, string> = {}): RunFlags {
  const command = withRunFlags(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .parse(words, { from: "user" });
  return runFlags(command.opts(), environment);
}

test("without flags: state in .millrace, continued, nothing else set", () => {
  expect(parse([])).toEqual({ state: ".millrace", fresh: false, parameters: {} });
});

test("all flags are read", () => {
  const words = [
    "--partitions",
    "4",
    "--standby",
    "2",
    "--batch-rows",
    "1000",
    "--state",
    "s",
    "--log",
    "l",
    "--fresh",
  ];
  expect(parse([...words, "--param", "a=1"])).toEqual({
    partitions: 4,
    standby: 2,
    batchRows: 1_000,
    state: "s",
    log: "l",
    fresh: true,
    parameters: { a: "1" },
  });
});

test("--param may be repeated; only the first = cuts; a value may be empty", () => {
  const words = ["--param", "url=a=b", "--param", "empty="];
  expect(parse(words).parameters).toEqual({ url: "a=b", empty: "" });
});

test("a flag goes before the environment, and other variables are not parameters", () => {
  const environment = { MILLRACE_PARAM_a: "env", MILLRACE_PARAM_b: "env", PATH: "/bin" };
  expect(parse(["--param", "a=flag"], environment).parameters).toEqual({ a: "flag", b: "env" });
});

test.each(["name", "=value", ""])("--param %j is PLAN_ARGUMENT_INVALID", (text) => {
  let code: unknown;
  try {
    parse(["--param", text]);
  } catch (error) {
    code = isMillraceError(error) ? error.code : error;
  }
  expect(code).toBe("PLAN_ARGUMENT_INVALID");
});

test.each([
  ["--partitions", "0"],
  ["--partitions", "241"],
  ["--partitions", "2.5"],
  ["--partitions", "two"],
  ["--standby", "9"],
  ["--batch-rows", "-1"],
  ["--batch-rows", "1048577"],
])("%s %s is refused", (flag, value) => {
  expect(() => parse([flag, value])).toThrow(/whole number from 1 to/);
});
