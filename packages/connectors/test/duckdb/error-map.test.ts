import { millraceError } from "@millrace/core";
import { expect, test } from "vitest";
import { mapDuckDbError } from "../../src/duckdb/error-map.ts";

test.each([
  ['IO Error: Could not set lock on file "/a": Conflicting lock is held', "DUCKDB_FILE_LOCKED"],
  ['IO Error: Cannot open file "/a": Permission denied', "FILE_PERMISSION_DENIED"],
  ["IO Error: Could not write file: No space left on device", "DUCKDB_FAILED"],
  ["Parser Error: syntax error", "DUCKDB_FAILED"],
])("%s is %s", (text, code) => {
  const cause = new Error(text);
  expect(mapDuckDbError(cause, "/a")).toMatchObject({ code, cause });
});

test("an error of ours passes unchanged", () => {
  const error = millraceError("SINK_FENCED", { sink: "s" });
  expect(mapDuckDbError(error, "/a")).toBe(error);
});
