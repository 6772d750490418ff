import { expect, test } from "vitest";
import { catalogue } from "../../src/errors/catalogue/index.ts";
import { quote } from "../../src/errors/error-spec.ts";
import {
  formatError,
  formatPlace,
  isMillraceError,
  millraceError,
} from "../../src/errors/millrace-error.ts";

test("an error takes text, domain, retry and exit code from the catalogue", () => {
  expect(millraceError("FILE_NOT_FOUND", { path: "a.csv" })).toMatchObject({
    code: "FILE_NOT_FOUND",
    message: 'There is no "a.csv".',
    domain: "user",
    retry: "never",
    exitCode: 3,
  });
});

test("the printed form has the code, what happened, where, the hint and the page", () => {
  const error = millraceError("FILE_NOT_FOUND", { path: "a.csv" }, { where: { pipeline: "p" } });
  expect(formatError(error).split("\n")).toEqual([
    'FILE_NOT_FOUND  There is no "a.csv" at p',
    `hint: ${catalogue.FILE_NOT_FOUND.hint}`,
    "docs: npx pipe explain-error FILE_NOT_FOUND",
  ]);
});

test("problems found together are printed below, each with its hint", () => {
  const problems = ["a", "b"].map((id) => millraceError("PLAN_ID_DUPLICATE", { id }));
  const error = millraceError("PLAN_INVALID", { pipeline: "p", count: 2 }, { problems });
  const lines = formatError(error).split("\n");
  expect(lines[0]).toBe('PLAN_INVALID  Pipeline "p" has 2 problems.');
  expect(lines.filter((line) => line.startsWith("  PLAN_ID_DUPLICATE"))).toHaveLength(2);
});

test("a place on the way up adds what is not known yet", () => {
  const error = millraceError("DUCKDB_FAILED", { problem: "x" }).at({ operatorId: "sum" });
  expect(error.at({ operatorId: "other", pipeline: "p" }).where).toEqual({
    operatorId: "sum",
    pipeline: "p",
  });
});

test.each([
  [{}, ""],
  [{ pipeline: "p", operatorId: "o", topic: "t", partition: 1, offset: "9" }, "p/o [t/1@9]"],
  [{ task: "p/0/1" }, "p/0/1"],
  [{ file: "a.ts", line: 3 }, "a.ts:3"],
  [{ file: "a.csv", row: 0, column: "x" }, 'a.csv row 0 column "x"'],
])("the place %j prints as %s", (place, text) => {
  expect(formatPlace(place)).toBe(text);
});

test("JSON holds the code and the place, and no parameters", () => {
  const error = millraceError("DUCKDB_FAILED", { problem: "x" }, { where: { row: 1 } });
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    code: "DUCKDB_FAILED",
    message: "DuckDB: x.",
    domain: "external",
    retry: "never",
    hint: "See DuckDB's own text.",
    docs: "npx pipe explain-error DUCKDB_FAILED",
    where: { row: 1 },
  });
});

test("the cause is kept", () => {
  const cause = new Error("disk");
  expect(millraceError("DUCKDB_FAILED", { problem: "x" }, { cause }).cause).toBe(cause);
});

test("an error of another copy of the package is recognised", () => {
  const foreign = Object.defineProperty({}, Symbol.for("millrace.error"), { value: true });
  expect([
    isMillraceError(foreign),
    isMillraceError(new Error("x")),
    isMillraceError(null),
  ]).toEqual([true, false, false]);
});

test("a value in a text is quoted and cut at 200 characters", () => {
  expect(quote("a")).toBe('"a"');
  expect(quote(10n)).toBe("10");
  expect(quote("x".repeat(300))).toHaveLength(201);
});
