import type { Worker as Thread } from "node:worker_threads";
import { assert, millraceError } from "@millrace/core";
import type { TaskReport } from "../task-report.ts";
import type { ThreadMessage, ThreadRequest, ThreadStop } from "./messages.ts";
import { fromPlainError } from "./plain-error.ts";

interface Waiting {
  readonly resolve: (message: ThreadMessage) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A thread that runs tasks, as the main thread sees it. One request at a time; a thread that dies
 * fails the one that is open and all later ones.
 */
export class TaskThread {
  readonly #thread: Thread;
  readonly #number: number;
  #reports: readonly TaskReport[] = [];
  #waiting: Waiting | undefined;
  #death: Error | undefined;
  #isEnding = false;

  /** @param number of the thread, from 1, for people */
  constructor(thread: Thread, number: number) {
    this.#thread = thread;
    this.#number = number;
    thread.on("message", (message: ThreadMessage) => this.#receive(message));
    thread.on("messageerror", (error) => this.#die(error.message, error));
    thread.on("error", (error) => this.#die(error.message, error));
    thread.on("exit", (code) => this.#die(`it ended with exit code ${code}`));
  }

  /** The tasks of the thread, as it told last. */
  get reports(): readonly TaskReport[] {
    return this.#reports;
  }

  get isDead(): boolean {
    return this.#death !== undefined;
  }

  /** What it says once it has loaded the pipeline. @throws what went wrong there */
  async loaded(): Promise<ThreadMessage & { readonly kind: "loaded" }> {
    const message = await this.#answer();
    assert(message.kind === "loaded", "a thread says first that it has loaded");
    return message;
  }

  /** @throws the error that the thread had; RUN_THREAD_DIED */
  async request(request: ThreadRequest): Promise<void> {
    const answer = this.#answer();
    if (this.#death === undefined) this.#thread.postMessage(request);
    await answer;
  }

  tell(message: ThreadStop): void {
    if (this.#death === undefined) this.#thread.postMessage(message);
  }

  /** Lets it close what it has open, then ends it, also where the user's code keeps it alive. */
  async end(): Promise<void> {
    this.#isEnding = true;
    try {
      if (this.#death === undefined) await this.request({ kind: "end" });
    } finally {
      await this.#thread.terminate();
    }
  }

  #answer(): Promise<ThreadMessage> {
    assert(this.#waiting === undefined, "a thread is asked one thing at a time");
    if (this.#death !== undefined) return Promise.reject(this.#death);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  #receive(message: ThreadMessage): void {
    if ("reports" in message && message.reports !== undefined) this.#reports = message.reports;
    if (message.kind === "reports") return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (message.kind === "failed") waiting?.reject(fromPlainError(message.error));
    else waiting?.resolve(message);
  }

  #die(problem: string, cause?: Error): void {
    const options = cause === undefined ? {} : { cause };
    this.#death ??= millraceError("RUN_THREAD_DIED", { thread: this.#number, problem }, options);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    // One that could not load the pipeline ends by itself, before it is asked to.
    if (this.#isEnding) waiting?.resolve({ kind: "done" });
    else waiting?.reject(this.#death);
  }
}
