import { assert, type Clock } from "@millrace/core";

/** Commits at once, at least: one waits for the log while the next is prepared. */
const atOnceMin = 2;
/** Commits that take so many times as long as the least at once wait behind each other. */
const crowdedFactor = 2;
/** Below it there is room for more. */
const roomyFactor = 1.4;
/** Share of the newest commit in what commits take. */
const smoothing = 0.2;

/**
 * Which tasks commit at the same time.
 *
 * A log does only so many commits a second, however many are begun. Begun all at once, each takes
 * as long as all of them, with rows that were chosen before; begun in turn, each is quick, and
 * holds what has come while it waited. So a task that finds others committing waits for its turn,
 * reads once more, and commits.
 *
 * How many go at once follows from what commits take: more while they are about as quick as when
 * two went at once, fewer once they wait for each other.
 *
 * **Source** the window of TCP Vegas: Brakmo, Peterson, "TCP Vegas: end to end congestion avoidance
 * on a global Internet", IEEE JSAC 13(8), 1995
 */
export class CommitTurns<Task extends object> {
  readonly #clock: Clock;
  /** Tasks whose turn it is, with when their commits began. */
  readonly #holders = new Map<Task, number>();
  readonly #waiting: { readonly task: Task; readonly go: () => void }[] = [];
  #atOnce = atOnceMin;
  /** Commits since that number has changed. */
  #sinceChange = 0;
  /** What commits take, in ms: now, and when the least of them went at once. */
  #usualMs: number | undefined;
  #leastMs = 0;
  #isOver = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many tasks may commit at the same time now. */
  get atOnce(): number {
    return this.#atOnce;
  }

  /** Whether it is the task's turn: it then commits at once. */
  begin(task: Task): boolean {
    const isNext = this.#waiting.length === 0 && this.#holders.size < this.#atOnce;
    if (!isNext && !this.#holders.has(task) && !this.#isOver) return false;
    this.#holders.set(task, this.#clock.monotonicMs());
    return true;
  }

  /** Until it is the task's turn. */
  async wait(task: Task): Promise<void> {
    if (this.#holders.has(task) || this.#isOver) return;
    await new Promise<void>((go) => {
      this.#waiting.push({ task, go });
      this.#letNext();
    });
  }

  /** The task has committed. */
  committed(task: Task): void {
    const since = this.#holders.get(task);
    assert(since !== undefined, "a task commits when it is its turn");
    this.#note(this.#clock.monotonicMs() - since);
    this.passed(task);
  }

  /** The task does not commit now; others may. */
  passed(task: Task): void {
    if (this.#holders.delete(task)) this.#letNext();
  }

  /** The task does not wait any more, if it did; a commit that it has begun goes on. */
  cancel(task: Task): void {
    const at = this.#waiting.findIndex((each) => each.task === task);
    if (at >= 0) this.#waiting.splice(at, 1)[0]?.go();
  }

  /** From now on nobody waits. */
  end(): void {
    this.#isOver = true;
    for (const { go } of this.#waiting.splice(0)) go();
  }

  #letNext(): void {
    while (this.#holders.size < this.#atOnce) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#holders.set(next.task, this.#clock.monotonicMs());
      next.go();
    }
  }

  #note(tookMs: number): void {
    this.#usualMs = smoothed(this.#usualMs ?? tookMs, tookMs);
    if (this.#atOnce === atOnceMin) this.#leastMs = this.#usualMs;
    this.#sinceChange += 1;
    // As many as go at once began before the change.
    if (this.#sinceChange <= this.#atOnce) return;
    if (this.#usualMs > crowdedFactor * this.#leastMs) this.#change(-1);
    else if (this.#waiting.length > 0 && this.#usualMs < roomyFactor * this.#leastMs) {
      this.#change(1);
    }
  }

  #change(by: number): void {
    this.#atOnce = Math.max(atOnceMin, this.#atOnce + by);
    this.#sinceChange = 0;
  }
}

function smoothed(before: number, now: number): number {
  return before + smoothing * (now - before);
}
