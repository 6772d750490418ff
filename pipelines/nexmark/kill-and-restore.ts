import { type ChildProcess, fork } from "node:child_process";
import type { RunSummary } from "millrace";
import type { NexmarkPlaces } from "./nexmark-pipeline.ts";
import { queryOf } from "./queries/queries.ts";
import { executeQuery, type QueryRun } from "./run-query.ts";

/** What a child process is told to run. */
interface ChildOrder {
  readonly query: string;
  readonly places: NexmarkPlaces;
  readonly options: {
    readonly state: string;
    readonly partitions?: number;
    readonly batchRows?: number;
    readonly threads?: number;
    readonly module?: string | URL;
  };
}

/** What a child process says. */
type ChildReport =
  | { readonly kind: "progress"; readonly fraction: number }
  | { readonly kind: "finished"; readonly summary: RunSummary }
  | { readonly kind: "failed"; readonly message: string };

const progressEveryMs = 5;

/**
 * Runs queries in child processes that are killed, SIGKILL, each where a random share of the input
 * has been read, and started again; the last one runs to the end.
 *
 * @param program which calls `runAsChild` when it is started with `--child`
 * @param random uniform in [0, 1)
 */
export function killAndRestore(
  kills: number,
  program: string,
  random: () => number,
): (request: QueryRun) => Promise<RunSummary> {
  return async ({ query, places, options }) => {
    const { state, partitions, batchRows, threads, module, onProgress: _, ...others } = options;
    if (Object.keys(others).length > 0) throw new Error("options that no child process gets");
    const order: ChildOrder = {
      query: query.name,
      places,
      options: {
        state,
        ...(partitions === undefined ? {} : { partitions }),
        ...(batchRows === undefined ? {} : { batchRows }),
        ...(threads === undefined ? {} : { threads }),
        ...(module === undefined ? {} : { module }),
      },
    };
    const shares = Array.from({ length: kills }, random).toSorted((a, b) => a - b);
    for (const share of shares) {
      const summary = await inChild(program, order, share);
      if (summary !== undefined) return summary;
    }
    const summary = await inChild(program, order, Infinity);
    if (summary === undefined) throw new Error("the last process was killed by somebody else");
    return summary;
  };
}

/** @returns undefined where the process was killed, having read that share of the input */
function inChild(
  program: string,
  order: ChildOrder,
  killAt: number,
): Promise<RunSummary | undefined> {
  const child = fork(program, ["--child"], { serialization: "advanced" });
  return new Promise((resolve, reject) => {
    let summary: RunSummary | undefined;
    let isKilled = false;
    child.on("error", reject);
    child.on("message", (report: ChildReport) => {
      if (report.kind === "finished") summary = report.summary;
      else if (report.kind === "failed") reject(new Error(report.message));
      else if (report.fraction >= killAt && !isKilled) isKilled = child.kill("SIGKILL");
    });
    child.on("exit", (code, signal) => {
      if (summary !== undefined || isKilled) resolve(summary);
      else reject(new Error(`a child process ended with ${signal ?? code}`));
    });
    child.send(order);
  });
}

/** Does what the parent process orders, and reports to it. */
export function runAsChild(): void {
  process.once("message", (order: ChildOrder) => {
    void execute(order).then(report, (error: unknown) => {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      report({ kind: "failed", message });
    });
  });
}

async function execute({ query, places, options }: ChildOrder): Promise<ChildReport> {
  const summary = await executeQuery({
    query: queryOf(query),
    places,
    options: {
      ...options,
      progressEveryMs,
      onProgress: ({ fraction = 0 }) => report({ kind: "progress", fraction }),
    },
  });
  return { kind: "finished", summary };
}

function report(message: ChildReport): void {
  const { send } = process as Pick<ChildProcess, "send">;
  if (message.kind === "progress") send?.call(process, message);
  else send?.call(process, message, () => process.disconnect());
}
