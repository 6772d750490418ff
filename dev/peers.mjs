// `npm run peers`: sets up, builds what it needs, and runs Millrace and its peers side by side;
// arguments go to benchmarks/peers/program.ts.
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
const directory = join(root, "benchmarks", "peers");
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
