// `npm run nexmark`: sets up, builds what it needs, and runs the Nexmark queries against their
// oracle; arguments go to pipelines/nexmark/program.ts, or with `--log kafka` to kafka/program.ts.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { bundleTypeScript } from "./import-typescript.mjs";
import { root, run } from "./run.mjs";
import { runTypeScript } from "./run-typescript.mjs";
import { setUp } from "./setup.mjs";

const args = process.argv.slice(2);
if (
  args.some(
    (word, index) => word === "--log=kafka" || (word === "--log" && args[index + 1] === "kafka"),
  )
) {
  process.exit(await runTypeScript("pipelines/nexmark/kafka/program.ts", args));
}
if (!(await setUp())) process.exit(3);
const built = await build();
if (built.code !== 0) {
  process.stderr.write(built.output);
  process.exit(built.code);
}
const directory = join(root, "pipelines", "nexmark");
const bundle = (name) => join(directory, `.${name}.${process.pid}.mjs`);
const names = ["program", "thread-pipeline"];
try {
  for (const name of names) await bundleTypeScript(join(directory, `${name}.ts`), bundle(name));
  const { code } = await run(process.execPath, [bundle("program"), ...args], {
    output: "show",
  });
  process.exitCode = code;
} finally {
  for (const name of names) rmSync(bundle(name), { force: true });
}
