// `npm run kill`: builds what it needs and runs rounds in which processes are killed; arguments go
// to benchmarks/kill/program.ts.
import { runTypeScript } from "./run-typescript.mjs";

process.exitCode = await runTypeScript("benchmarks/kill/program.ts", process.argv.slice(2));
