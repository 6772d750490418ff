import type { FunctionFinding } from "@millrace/cli";
import type { CodePlace, LogicalNode, LogicalPlan, UserFunction } from "@millrace/plan";
import { contradiction, plainText, type Transcript, writtenDown } from "./transcript.ts";
import { type OutsideKind, watchOutside } from "./watch-outside.ts";

/** Calls of which it is remembered what they did. */
const rememberedMax = 200_000;
const shownMax = 160;

/** A user function as the plan knows it. */
interface Watched {
  readonly id: string;
  readonly name: string;
  readonly step: string;
  readonly place?: CodePlace;
  /** Whether its last argument reaches state and timers. */
  readonly hasContext: boolean;
  /** Whether equal arguments must give equal results. */
  readonly isPure: boolean;
}

/**
 * Watches the user functions of a pipeline over all of its runs: whether they ask for the time or
 * for random numbers, and whether they do the same again where they are given the same.
 *
 * Async functions call the outside by their nature and are left alone.
 */
export class FunctionWatch {
  readonly #findings = new Map<string, FunctionFinding>();
  readonly #seen = new Map<string, Transcript>();
  #running: Watched | undefined;
  readonly #stop: () => void;

  constructor() {
    this.#stop = watchOutside((kind, name) => {
      if (this.#running !== undefined)
        this.#found(this.#running, kind, outsideSentence(kind, name));
    });
  }

  /** What was found until now; one of a kind for each function. */
  get findings(): readonly FunctionFinding[] {
    const all = [...this.#findings.values()];
    // Whose times or numbers differ, has other results: that is said once.
    return all.filter(
      ({ kind, step, function: name }) =>
        kind !== "changing" ||
        !all.some((other) => {
          return other.kind !== kind && other.step === step && other.function === name;
        }),
    );
  }

  /** The plan with its functions watched. */
  watched(logical: LogicalPlan): LogicalPlan {
    const functions = new Map(
      [...logical.functions].map(([id, each]) => {
        const known = describe(logical, id);
        return [id, known === undefined ? each : this.#watch(known, each)] as const;
      }),
    );
    return { ...logical, functions };
  }

  /** Gives the clock and random numbers back to everyone. */
  stop(): void {
    this.#stop();
  }

  #watch(watched: Watched, userFunction: UserFunction): UserFunction {
    return (...given) => {
      const entries: { asked: string; answered: string }[] = [];
      const before = this.#running;
      const words: unknown[] = [...given];
      const own = watched.hasContext ? words.slice(0, -1) : words;
      const input = watched.isPure ? plainText(own) : "";
      if (watched.hasContext) {
        const write = (asked: string, answered: string): void => {
          entries.push({ asked, answered });
        };
        words.push(writtenDown(words.pop() as object, write));
      }
      this.#running = watched;
      try {
        const result: unknown = userFunction(...words);
        if (!watched.hasContext)
          entries.push({ asked: `return ${plainText(result)}`, answered: "" });
        return result;
      } finally {
        this.#running = before;
        if (watched.isPure) this.#compare(watched, input, { entries });
      }
    };
  }

  #compare(watched: Watched, input: string, now: Transcript): void {
    const key = `${watched.id} ${input}`;
    const before = this.#seen.get(key);
    if (before === undefined) {
      if (this.#seen.size < rememberedMax) this.#seen.set(key, now);
      return;
    }
    const differs = contradiction(before, now);
    if (differs === undefined) return;
    const [first, second] = [cut(differs.before), cut(differs.now)];
    this.#found(
      watched,
      "changing",
      `does not do the same again: given ${cut(input.slice(1, -1))} it did ${first}, and another ` +
        `time ${second}. It keeps something outside of itself, which a restart loses: keep it in ` +
        `the state of a process step`,
    );
  }

  #found(watched: Watched, kind: FunctionFinding["kind"], sentence: string): void {
    const { id, name, step, place } = watched;
    const key = `${kind} ${id}`;
    if (this.#findings.has(key)) return;
    const at = place === undefined ? {} : { place };
    this.#findings.set(key, { kind, step, function: name, ...at, sentence });
  }
}

function outsideSentence(kind: OutsideKind, name: string): string {
  return kind === "clock"
    ? `reads the machine's clock (${name}), which shows another time after a restart: take the time ` +
        `from the row, or from context.time or context.timers.processing.now of a process step`
    : `draws random numbers (${name}), which are others after a restart: derive them from the row, ` +
        `or use sample`;
}

/** Whose function it is; undefined for those that are not watched. */
function describe(logical: LogicalPlan, id: string): Watched | undefined {
  for (const node of logical.nodes) {
    const found = functionOf(node, id);
    if (found === undefined) continue;
    const place = node.place === undefined ? {} : { place: node.place };
    return { id, step: node.id, ...place, ...found };
  }
  const isAsync = logical.nodes.some((node) => "functionId" in node && node.functionId === id);
  if (isAsync) return undefined;
  // Of an aggregate: it may change the state that it is given.
  return { id, name: "aggregate function", step: id, hasContext: false, isPure: false };
}

function functionOf(
  node: LogicalNode,
  id: string,
): Pick<Watched, "name" | "hasContext" | "isPure"> | undefined {
  switch (node.kind) {
    case "filter":
    case "map":
    case "flatMap": {
      const isOwn = node.functionId === id;
      return isOwn ? { name: node.kind, hasContext: false, isPure: true } : undefined;
    }
    case "process": {
      const names = {
        onRow: node.onRowId,
        onTimer: node.onTimerId,
        onProcessingTimer: node.onProcessingTimerId,
      };
      const found = Object.entries(names).find(([, own]) => own === id);
      return found && { name: found[0], hasContext: true, isPure: true };
    }
    default:
      return undefined;
  }
}

function cut(text: string): string {
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
}
