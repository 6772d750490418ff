import { limits, type MillraceError } from "@millrace/core";
import type {
  CodePlace,
  LogicalNode,
  LogicalPlan,
  ParameterSpec,
  UserFunction,
} from "@millrace/plan";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { callerPlace } from "./code-place.ts";
import { reportProblem } from "./expression/scope.ts";

const idPattern = /^[A-Za-z][A-Za-z0-9_-]*$/;

/** A plan while it is being written. Steps append to it; nothing is changed once appended. */
export class PlanDraft {
  readonly name: string;
  readonly parameters: ParameterSpec[] = [];
  readonly functions: Map<string, UserFunction> = new Map();
  readonly validators: Map<string, ReadonlyMap<string, readonly StandardSchemaV1[]>> = new Map();
  readonly problems: MillraceError[] = [];
  readonly #nodes: LogicalNode[] = [];
  readonly #ids = new Set<string>();
  readonly #counts = new Map<string, number>();

  constructor(name: string) {
    this.name = name;
  }

  get nodes(): readonly LogicalNode[] {
    return this.#nodes;
  }

  /** Reports a name that is not an id. */
  checkName(name: string): boolean {
    const isId = typeof name === "string" && idPattern.test(name);
    if (isId && name.length <= limits.idLengthMax) return true;
    reportProblem("PLAN_ID_INVALID", { id: String(name) });
    return false;
  }

  /** Takes an id of the user's; reports one that is not an id or is taken. */
  takeId(id: string): void {
    if (this.checkName(id) && this.#ids.has(id)) reportProblem("PLAN_ID_DUPLICATE", { id });
    this.#ids.add(id);
  }

  /** An id for a step without one of its own: `where-1`, `where-2`, … */
  deriveId(verb: string): string {
    const count = (this.#counts.get(verb) ?? 0) + 1;
    this.#counts.set(verb, count);
    const id = `${verb}-${count}`;
    if (this.#ids.has(id)) return this.deriveId(verb);
    this.#ids.add(id);
    return id;
  }

  /** Appends a node, with the place of the user's call. */
  append<Node extends LogicalNode>(node: Node): Node {
    const place: CodePlace | undefined = callerPlace();
    const placed = place === undefined ? node : { ...node, place };
    this.#nodes.push(placed);
    return placed;
  }

  find(id: string): LogicalNode | undefined {
    return this.#nodes.find((node) => node.id === id);
  }

  finish(): LogicalPlan {
    return {
      name: this.name,
      parameters: this.parameters,
      nodes: this.#nodes,
      functions: this.functions,
      validators: this.validators,
      problems: this.problems.map((problem) => problem.at({ pipeline: this.name })),
    };
  }

  /** Keeps a problem that was thrown by a descriptor or another builder. */
  addProblem(problem: MillraceError, place: CodePlace | undefined): void {
    const found = problem.problems.length > 0 ? problem.problems : [problem];
    for (const one of found) this.problems.push(one.at({ ...place }));
  }
}
