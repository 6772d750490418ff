import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { applyHunks, readPatch } from "./patch.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** For vitest: gives the tests a mutated file where MILLRACE_MUTATION names a patch. */
export function mutation() {
  const path = process.env.MILLRACE_MUTATION;
  if (path === undefined) return { name: "mutation" };
  const { file, hunks } = readPatch(readFileSync(path, "utf8"));
  const target = join(root, file);
  return {
    name: "mutation",
    enforce: "pre",
    load(id) {
      if (id.split("?")[0] !== target) return undefined;
      return applyHunks(readFileSync(target, "utf8"), hunks);
    },
  };
}
