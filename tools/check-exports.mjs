// Checks that each package can be used as published: `node tools/check-exports.mjs [package …]`.
// Every file that "exports" and "bin" name must exist, and publint must find no error or warning.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { build } from "../dev/build.mjs";
import { root } from "../dev/run.mjs";

await build();
const named = process.argv.slice(2);
const names = named.length > 0 ? named : readdirSync(join(root, "packages"));
let findings = 0;
for (const name of names) {
  const pkgDir = join(root, "packages", name);
  if (!existsSync(join(pkgDir, "src/index.ts"))) continue;
  const pkg = JSON.parse(readFileSync(join(pkgDir, "package.json"), "utf8"));
  const { messages } = await publint({ pkgDir, pack: false, level: "warning", strict: true });
  for (const message of messages) {
    findings++;
    process.stdout.write(`${pkg.name}: ${formatMessage(message, pkg, { color: false })}\n`);
  }
}
process.exitCode = findings === 0 ? 0 : 1;
