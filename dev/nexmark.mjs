// `npm run nexmark`: sets up, builds what it needs, and runs the Nexmark queries against their
// oracle; arguments go to pipelines/nexmark/program.ts.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { bundleTypeScript } from "./import-typescript.mjs";
import { root, run } from "./run.mjs";
import { setUp } from "./setup.mjs";

if (!(await setUp())) process.exit(3);
const built = await build();
if (built.code !== 0) {
  process.stderr.write(built.output);
  process.exit(built.code);
}
const directory = join(root, "pipelines", "nexmark");
const program = join(directory, `.program.${process.pid}.mjs`);
try {
  await bundleTypeScript(join(directory, "program.ts"), program);
  const { code } = await run(process.execPath, [program, ...process.argv.slice(2)], {
    output: "show",
  });
  process.exitCode = code;
} finally {
  rmSync(program, { force: true });
}
