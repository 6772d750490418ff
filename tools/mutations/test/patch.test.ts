import { expect, test } from "vitest";
import { applyHunks, readPatch } from "../patch.mjs";

const patch = `tests: a.test.ts b.test.ts
--- packages/x/src/x.ts
+++ packages/x/src/x.ts
@@
 kept
-old
+new
@@
-gone
`;

test("a patch names its tests, its file and its hunks", () => {
  expect(readPatch(patch)).toEqual({
    tests: ["a.test.ts", "b.test.ts"],
    file: "packages/x/src/x.ts",
    hunks: [
      { before: "kept\nold", after: "kept\nnew" },
      { before: "gone", after: "" },
    ],
  });
});

test("hunks are applied where their lines stand once", () => {
  const { hunks } = readPatch(patch);
  expect(applyHunks("first\nkept\nold\ngone\nlast", hunks)).toBe("first\nkept\nnew\n\nlast");
  expect(() => applyHunks("kept\nold\nkept\nold\ngone", hunks)).toThrow("stand 2 times");
  expect(() => applyHunks("something else", hunks)).toThrow("stand 0 times");
});

test("a patch without tests is refused", () => {
  expect(() => readPatch("--- a.ts\n@@\n-a")).toThrow("names its tests");
});
