import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What was transformed, by its content: every thread that starts loads hundreds of files. */
const cache = fileURLToPath(new URL("../node_modules/.cache/typescript", import.meta.url));

/** A loader hook of Node: TypeScript files become JavaScript, others are loaded as ever. */
export async function load(url, context, nextLoad) {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return nextLoad(url, context);
  const path = fileURLToPath(url);
  const text = await readFile(path, "utf8");
  const name = createHash("sha256").update(`${path}\0${text}`).digest("hex");
  const source = (await read(join(cache, name))) ?? (await transform(path, text, name));
  return { format: "module", source, shortCircuit: true };
}

async function read(path) {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function transform(path, text, name) {
  const esbuild = await import("esbuild");
  const { code } = await esbuild.transform(text, {
    loader: "ts",
    format: "esm",
    target: "node20",
    sourcefile: path,
    sourcemap: "inline",
  });
  await mkdir(cache, { recursive: true });
  // Written beside and moved, as other threads may look at the same time.
  const part = join(cache, `${name}.${process.pid}.${process.hrtime.bigint()}`);
  await writeFile(part, code);
  await rename(part, join(cache, name));
  return code;
}
