import type { Worker as Thread } from "node:worker_threads";
import { assert, type Clock, millraceError } from "@millrace/core";
import type { TaskReport } from "../task-report.ts";
import type { OpenTurn } from "../run-observer.ts";
import type { TaskListener } from "../run-options.ts";
import type { ThreadMessage, ThreadNews, ThreadRequest, ThreadStop } from "./messages.ts";
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
  readonly #clock: Clock;
  /** Takes what tasks of the thread do. */
  onNotice: TaskListener;
  #reports: readonly TaskReport[] = [];
  #waiting: Waiting | undefined;
  #death: Error | undefined;
  #isEnding = false;
  #isRunning = false;
  #turn: OpenTurn | undefined;
  #heardAtMs = 0;

  /** @param number of the thread, from 1, for people */
  constructor(thread: Thread, number: number, clock: Clock) {
    this.#thread = thread;
    this.#clock = clock;
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

  /**
   * The turn of its that goes on for the longest time. A thread that a task keeps busy says
   * nothing: what it said last goes on.
   */
  longestTurn(): OpenTurn | undefined {
    if (!this.#isRunning) return undefined;
    const silentMs = this.#clock.monotonicMs() - this.#heardAtMs;
    const { task = `thread ${this.#number}`, ms = 0 } = this.#turn ?? {};
    return { task, ms: ms + silentMs };
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
    this.#heardAtMs = this.#clock.monotonicMs();
    this.#isRunning = request.kind === "run";
    if (this.#death === undefined) this.#thread.postMessage(request);
    try {
      await answer;
    } finally {
      this.#isRunning = false;
    }
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
    if ("news" in message) this.#hear(message.news);
    if (message.kind === "news") return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (message.kind === "failed") waiting?.reject(fromPlainError(message.error));
    else waiting?.resolve(message);
  }

  #hear({ reports, turn, notices = [] }: ThreadNews): void {
    if (reports !== undefined) this.#reports = reports;
    this.#turn = turn;
    this.#heardAtMs = this.#clock.monotonicMs();
    for (const notice of notices) this.onNotice?.(notice);
  }

  #die(problem: string, cause?: Error): void {
    const options = cause === undefined ? {} : { cause };
    this.#death ??= millraceError("RUN_THREAD_DIED", { thread: this.#number, problem }, options);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    // One that could not load the pipeline ends by itself, before it is asked to.
    if (this.#isEnding) waiting?.resolve({ kind: "done", news: {} });
    else waiting?.reject(this.#death);
  }
}
