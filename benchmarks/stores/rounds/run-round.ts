import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { RoundStore } from "../stores/store.ts";
import { orderColumns, totalColumns } from "./orders.ts";
import type { RoundPlan } from "./plan-round.ts";
import type { WorkerOrder, WorkerReport } from "./worker.ts";

/** What a round came to. */
export interface RoundResult extends Omit<RoundPlan, "pausesMs"> {
  readonly seconds: number;
  readonly kills: number;
  readonly storeRestarts: number;
  /** Failures of the store that a worker waited out. */
  readonly waits: number;
  /** Workers that were started again as they could not open the store. */
  readonly failures: readonly string[];
  readonly rows: number;
  /** Rows that should not be there, or not as often. */
  readonly wrong: number;
  readonly missing: number;
  readonly problem?: string;
  readonly isFlawless: boolean;
}

/** Where a round takes place. */
export interface RoundSetting {
  readonly store: RoundStore;
  readonly input: string;
  readonly expected: { readonly copies: readonly string[]; readonly totals: readonly string[] };
  readonly scratch: string;
  readonly timeoutMs: number;
}

const typescriptPrograms = new URL("../../../dev/typescript-programs.mjs", import.meta.url).href;
const program = fileURLToPath(new URL("worker.ts", import.meta.url));
const failuresMax = 20;
/** What a worker may end with while its store is down. */
const passing = /^(POSTGRES|STORE)_(UNREACHABLE|BUSY)$|^DUCKDB_FILE_LOCKED$/;

/** Runs the pipeline in a process, disturbs it as planned, and compares what stands in the end. */
export async function runRound(plan: RoundPlan, setting: RoundSetting): Promise<RoundResult> {
  const { pausesMs: _, ...planned } = plan;
  const began = performance.now();
  const round = `${plan.seed}`;
  const state = join(setting.scratch, `state-${round}`);
  mkdirSync(state, { recursive: true });
  const { store, input } = setting;
  const { partitions, batchRows } = plan;
  const order = { store: plan.store, place: store.place, input, round, state };
  const post = new WorkerPost({ ...order, partitions, batchRows });
  let storeRestarts = 0;
  let problem: string | undefined;
  try {
    const limit = delay(setting.timeoutMs, "timeout" as const, { ref: false });
    const working = disturb(plan, post, setting).then((restarts) => {
      storeRestarts = restarts;
      return post.finished;
    });
    const ended = await Promise.race([working, limit]);
    if (ended === "timeout") problem = `not done in ${setting.timeoutMs} ms`;
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  post.end();
  const copies = compare(
    await setting.store.read(`copies_${round}`, orderColumns),
    setting.expected.copies,
  );
  const totals = compare(
    await setting.store.read(`totals_${round}`, totalColumns),
    setting.expected.totals,
  );
  rmSync(state, { recursive: true, force: true });
  const wrong = copies.wrong + totals.wrong;
  const missing = copies.missing + totals.missing;
  return {
    ...planned,
    seconds: (performance.now() - began) / 1_000,
    kills: post.kills,
    storeRestarts,
    waits: post.waits,
    failures: post.failures,
    rows: copies.rows + totals.rows,
    wrong,
    missing,
    ...(problem === undefined ? {} : { problem }),
    isFlawless: problem === undefined && wrong === 0 && missing === 0,
  };
}

/** @returns how often the store was restarted */
async function disturb(plan: RoundPlan, post: WorkerPost, setting: RoundSetting): Promise<number> {
  let restarts = 0;
  for (const [index, pauseMs] of plan.pausesMs.entries()) {
    await post.seen();
    await delay(pauseMs);
    if (post.isDone) break;
    const isOfStore = plan.kind === "both" ? index % 2 === 1 : plan.kind === "restart-store";
    if (!isOfStore) post.kill();
    else {
      await setting.store.restart?.();
      restarts += 1;
    }
  }
  return restarts;
}

/** Multisets of lines. */
function compare(
  actual: readonly string[],
  expected: readonly string[],
): { rows: number; wrong: number; missing: number } {
  const counts = new Map<string, number>();
  for (const line of expected) counts.set(line, (counts.get(line) ?? 0) + 1);
  let wrong = 0;
  for (const line of actual) {
    const left = counts.get(line) ?? 0;
    if (left === 0) wrong += 1;
    else counts.set(line, left - 1);
  }
  const missing = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return { rows: actual.length, wrong, missing };
}

/** A promise that is kept from outside. */
class Gate {
  open: () => void = () => undefined;
  readonly opened: Promise<void> = new Promise((resolve) => {
    this.open = resolve;
  });
}

/** One worker at a time: whoever is killed, or fails as it may, is replaced. */
class WorkerPost {
  readonly finished: Promise<void>;
  readonly failures: string[] = [];
  kills = 0;
  waits = 0;
  isDone = false;
  readonly #order: WorkerOrder;
  #child: ChildProcess | undefined;
  #isEnded = false;
  #seen = new Gate();
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(order: WorkerOrder) {
    this.#order = order;
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.finished.catch(() => undefined);
    process.on("exit", this.#killChild);
    this.#start();
  }

  /** Resolves when the worker that runs now has said something, or all is done. */
  async seen(): Promise<void> {
    await this.#seen.opened;
  }

  kill(): void {
    this.kills += 1;
    this.#seen = new Gate();
    this.#killChild();
  }

  end(): void {
    this.#isEnded = true;
    process.off("exit", this.#killChild);
    this.#killChild();
  }

  readonly #killChild = (): void => {
    this.#child?.kill("SIGKILL");
  };

  #start(): void {
    const child = fork(program, [], {
      execArgv: ["--import", typescriptPrograms],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child = child;
    let last: WorkerReport | undefined;
    child.on("message", (report: WorkerReport) => {
      last = report;
      if (report.kind === "store-failed") this.waits += 1;
      if (report.kind === "progress") this.#seen.open();
    });
    child.on("exit", () => this.#ended(last));
    child.send(this.#order);
  }

  #ended(last: WorkerReport | undefined): void {
    if (this.#isEnded) return;
    if (last?.kind === "finished") {
      this.isDone = true;
      this.#seen.open();
      return this.#resolve();
    }
    if (last?.kind === "failed") {
      this.failures.push(last.code);
      if (!passing.test(last.code) || this.failures.length > failuresMax) {
        this.isDone = true;
        this.#seen.open();
        return this.#reject(new Error(last.message));
      }
    }
    this.#start();
  }
}
