import { expect, test } from "vitest";
import { hiddenColumns, isHiddenColumn, lineageColumns } from "../src/hidden-columns.ts";

test("every hidden column is known as one", () => {
  expect(Object.values(hiddenColumns).every(isHiddenColumn)).toBe(true);
});

test("a user's column is not hidden", () => {
  expect(isHiddenColumn("time")).toBe(false);
});

test("rows of equal time are ordered by source, partition, offset, index", () => {
  expect(lineageColumns).toEqual(["$source", "$partition", "$offset", "$index"]);
});
