// `npm run stores`: builds what it needs and runs rounds in which pipelines and their stores are
// killed; arguments go to benchmarks/stores/rounds/program.ts.
import { runTypeScript } from "./run-typescript.mjs";

process.exitCode = await runTypeScript(
  "benchmarks/stores/rounds/program.ts",
  process.argv.slice(2),
);
