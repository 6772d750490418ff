import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { root } from "./cli/workspace.ts";

test("the packed packages do what README.md says in an empty folder", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, "dev/pack-test.mjs")]);
  expect(stdout.match(/^ok /gm)).toHaveLength(3);
}, 180_000);
