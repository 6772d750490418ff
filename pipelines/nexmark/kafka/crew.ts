import { type ChildProcess, fork } from "node:child_process";
import type { RunSummary } from "millrace";
import type { WorkerReport } from "./worker-order.ts";

/** How worker processes are started. */
export interface CrewOptions<Order extends object> {
  /** A file of JavaScript, or of TypeScript, which takes longer to start. */
  readonly program: string;
  readonly processes: number;
  /** What a worker is to do; `clientId` is one that no other has. */
  order(clientId: string): Order;
  /** Errors after which a worker is started again: of a cluster that is disturbed. */
  readonly mayFail: (code: string) => boolean;
  readonly onProgress?: (fraction: number) => void;
}

/** A worker that failed and was started again. */
export interface WorkerFailure {
  readonly code: string;
  readonly message: string;
}

const failuresMax = 40;
const typescriptPrograms = new URL("../../../dev/typescript-programs.mjs", import.meta.url).href;

/** One place in a crew, and the process that fills it. */
interface Post {
  child: ChildProcess;
  clientId: string;
  summary: RunSummary | undefined;
  /**
   * When the process was started in place of one that was killed; undefined once it has committed.
   */
  recoveringSince: number | undefined;
}

/**
 * Processes that run the same query together. Whoever is killed, or fails as it may, is replaced;
 * the crew is done when each place has a process that has finished.
 */
export class Crew<Order extends object = object> {
  /** Rejects when a worker failed as it may not. */
  readonly finished: Promise<readonly RunSummary[]>;
  readonly failures: WorkerFailure[] = [];
  /** Processes that ended by SIGKILL before they had finished. */
  kills = 0;
  /** By process that took the place of a killed one: from its start to its first commit, in ms. */
  readonly recoveriesMs: number[] = [];
  /** Brokers that were ended and started again. */
  brokerRestarts = 0;
  /** Of the input, 0…1, that the worker that is furthest says to have read. */
  fraction = 0;
  /** Of processes that have finished. */
  cpuSeconds = 0;
  /** Workers that were stopped, lost their part to another, and went on. */
  zombies = 0;
  readonly #options: CrewOptions<Order>;
  readonly #posts: Post[] = [];
  #started = 0;
  #isEnded = false;
  #resolve: (summaries: readonly RunSummary[]) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(options: CrewOptions<Order>) {
    this.#options = options;
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.finished.catch(() => undefined);
    // A process that is stopped does not notice that it is alone.
    process.on("exit", this.#killAll);
    for (let index = 0; index < options.processes; index += 1) {
      const post = { clientId: "", summary: undefined, recoveringSince: undefined };
      this.#posts.push(this.#start(post as Post));
    }
  }

  /** Clients' names of the processes that run now, by place. */
  get clientIds(): readonly string[] {
    return this.#posts.map(({ clientId }) => clientId);
  }

  /** SIGKILL. @returns whether there was a process that had not finished */
  kill(index: number): boolean {
    return this.#signal(index, "SIGKILL");
  }

  /** SIGSTOP. */
  pause(index: number): boolean {
    return this.#signal(index, "SIGSTOP");
  }

  /** SIGCONT. */
  resume(index: number): boolean {
    return this.#signal(index, "SIGCONT");
  }

  /** Ends all processes that still run. */
  end(problem: string): void {
    this.#isEnded = true;
    process.off("exit", this.#killAll);
    this.#killAll();
    this.#reject(new Error(problem));
  }

  readonly #killAll = (): void => {
    for (const { child } of this.#posts) child.kill("SIGKILL");
  };

  #signal(index: number, signal: NodeJS.Signals): boolean {
    const post = this.#posts[index];
    if (post === undefined || post.summary !== undefined || this.#isEnded) return false;
    return post.child.kill(signal);
  }

  #start(post: Post): Post {
    this.#started += 1;
    post.clientId = `worker-${process.pid}-${this.#started}`;
    const child = fork(this.#options.program, [], {
      execArgv: this.#options.program.endsWith(".ts") ? ["--import", typescriptPrograms] : [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    post.child = child;
    let failure: WorkerFailure | undefined;
    child.on("error", (error) => this.end(error.message));
    child.on("message", (report: WorkerReport) => {
      if (report.kind === "finished") {
        post.summary = report.summary;
        this.cpuSeconds += report.cpuSeconds;
      } else if (report.kind === "failed") failure = report;
      else if (report.kind === "committed") this.#noteRecovery(post);
      else this.#note(report.fraction);
    });
    child.on("exit", (code, signal) => this.#ended(post, failure ?? unknownEnd(code, signal)));
    // Where it cannot be told, it has ended, which is seen by itself.
    child.send(this.#options.order(post.clientId), () => undefined);
    return post;
  }

  #noteRecovery(post: Post): void {
    if (post.recoveringSince === undefined) return;
    this.recoveriesMs.push(performance.now() - post.recoveringSince);
    post.recoveringSince = undefined;
  }

  #note(fraction: number): void {
    this.fraction = Math.max(this.fraction, fraction);
    this.#options.onProgress?.(fraction);
  }

  #ended(post: Post, failure: WorkerFailure): void {
    if (this.#isEnded) return;
    if (post.summary === undefined) return this.#replace(post, failure);
    const summaries = this.#posts.map(({ summary }) => summary);
    if (!summaries.every((summary) => summary !== undefined)) return;
    process.off("exit", this.#killAll);
    this.#resolve(summaries);
  }

  #replace(post: Post, failure: WorkerFailure): void {
    const isKilled = failure.code === "SIGKILL";
    if (isKilled) this.kills += 1;
    else this.failures.push({ code: failure.code, message: failure.message });
    const mayGoOn = isKilled || this.#options.mayFail(failure.code);
    if (!mayGoOn || this.failures.length > failuresMax) return this.end(failure.message);
    post.recoveringSince = isKilled ? performance.now() : undefined;
    this.#start(post);
  }
}

function unknownEnd(code: number | null, signal: NodeJS.Signals | null): WorkerFailure {
  const how = signal ?? `exit code ${String(code)}`;
  return { code: how, message: `a worker ended with ${how}` };
}
