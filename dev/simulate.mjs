// `npm run simulate`: builds what it needs and runs pipelines under faults, seed after seed;
// arguments go to packages/millrace/test/simulation/program.ts.
import { runTypeScript } from "./run-typescript.mjs";

process.exitCode = await runTypeScript(
  "packages/millrace/test/simulation/program.ts",
  process.argv.slice(2),
);
