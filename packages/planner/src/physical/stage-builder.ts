import { assert, type RowSchema } from "@millrace/core";
import {
  type LogicalNode,
  type LogicalPlanData,
  type OperatorSpec,
  orderOf,
  type Stage,
  type StageInput,
  type StageOperator,
  type StageOutput,
  type StagePort,
} from "@millrace/plan";
import { readersOf } from "../rules/rule.ts";
import { stepFor } from "../steps/steps.ts";
import type { Cut, StageNodes } from "./cut-stages.ts";
import { inputsInOrder } from "./inputs-in-order.ts";
import { fuseCalculation } from "./fuse-calculation.ts";

/** What the stages of one plan share. */
export interface StageContext {
  readonly plan: LogicalPlanData;
  readonly cuts: readonly Cut[];
  /** Repartition topics by the id of the node whose rows they hold. */
  readonly topics: ReadonlyMap<string, string>;
  /** Ids of sources whose rows carry their lineage. */
  readonly lineage: ReadonlySet<string>;
  /** Ids of nodes of which tables are made. */
  readonly tables: ReadonlySet<string>;
}

/** Turns the nodes of one stage into its inputs, operators and outputs. */
export class StageBuilder {
  readonly #stage: StageNodes;
  readonly #context: StageContext;
  readonly #readers: ReadonlyMap<string, readonly LogicalNode[]>;
  readonly #inputs: StageInput[] = [];
  readonly #operators: StageOperator[] = [];
  readonly #outputs: StageOutput[] = [];
  /** Where the rows of a node come out, here or before the cut. */
  readonly #ports = new Map<string, StagePort>();
  readonly #schemas = new Map<string, RowSchema>();

  constructor(stage: StageNodes, context: StageContext) {
    this.#stage = stage;
    this.#context = context;
    this.#readers = readersOf(context.plan);
  }

  build(): Stage {
    for (const cut of this.#context.cuts) {
      if (this.#stage.nodes.some((node) => node.id === cut.to)) this.#addShuffleInput(cut);
    }
    for (const node of this.#stage.nodes) this.#add(node);
    const written = new Set<string>();
    for (const cut of this.#context.cuts) {
      const port = this.#stage.nodes.some((node) => node.id === cut.from);
      if (port && !written.has(cut.from)) this.#addShuffleOutput(cut);
      written.add(cut.from);
    }
    return {
      id: this.#stage.id,
      inputs: inputsInOrder(this.#inputs, this.#operators),
      operators: this.#operators,
      outputs: this.#outputs,
    };
  }

  #addShuffleInput(cut: Cut): void {
    if (this.#ports.has(cut.from)) return;
    const schema = this.#nodeSchema(cut.from);
    this.#ports.set(cut.from, { from: "input", index: this.#inputs.length, output: "main" });
    this.#inputs.push({ kind: "shuffle", topic: this.#topic(cut.from), schema });
  }

  #addShuffleOutput(cut: Cut): void {
    this.#outputs.push({
      kind: "shuffle",
      from: this.#port(cut.from),
      topic: this.#topic(cut.from),
      keys: cut.keys,
      ...(cut.isBroadcast === true ? { isBroadcast: true as const } : {}),
      schema: this.#nodeSchema(cut.from),
    });
  }

  #add(node: LogicalNode): void {
    switch (node.kind) {
      case "source":
        return this.#addSource(node);
      case "keyBy":
      case "broadcast":
        this.#ports.set(node.id, this.#port(node.inputs[0]));
        return;
      case "late":
        this.#ports.set(node.id, { ...this.#port(node.inputs[0]), output: "late" });
        return;
      case "side":
        this.#ports.set(node.id, { ...this.#port(node.inputs[0]), output: { side: node.name } });
        return;
      case "sink":
        return this.#addSink(node);
      case "where":
      case "project":
        return this.#addCalculation(node);
      default:
        return this.#addOperator(node, specOf(node), [node.id]);
    }
  }

  #addSource(node: Extract<LogicalNode, { kind: "source" }>): void {
    this.#ports.set(node.id, { from: "input", index: this.#inputs.length, output: "main" });
    this.#inputs.push({
      kind: "source",
      ...(this.#context.tables.has(node.id) ? { feedsTable: true as const } : {}),
      sourceId: node.id,
      sourceIndex: node.sourceIndex,
      connector: node.connector,
      options: node.options,
      rowSchema: node.rowSchema ?? node.schema,
      columns: node.schema.fields,
      ...(node.eventTime === undefined ? {} : { eventTime: node.eventTime }),
      outOfOrdernessMs: node.outOfOrdernessMs,
      ...(node.idleness === undefined ? {} : { idleness: node.idleness }),
      ...(node.futureLimitMs === undefined ? {} : { futureLimitMs: node.futureLimitMs }),
      ...(node.skipping === undefined || node.skipping.conditions.length === 0
        ? {}
        : { skipping: node.skipping }),
      hasLineage: this.#context.lineage.has(node.id),
    });
  }

  #addSink(node: Extract<LogicalNode, { kind: "sink" }>): void {
    const sink = {
      from: this.#port(node.inputs[0]),
      sinkId: node.id,
      connector: node.connector,
      options: node.options,
      guarantee: node.guarantee,
      schema: this.#nodeSchema(node.inputs[0] ?? ""),
    };
    if (node.topic !== undefined) {
      this.#outputs.push({ kind: "topic", topic: node.topic, keys: node.keys, ...sink });
      return;
    }
    const topic = `${this.#context.plan.name}.${node.id}.sink`;
    this.#outputs.push({ kind: "sink", topic, ...sink });
  }

  /**
   * A filter or projection joins the calculation that it alone reads, if nothing is then computed
   * twice.
   */
  #addCalculation(node: Extract<LogicalNode, { kind: "where" | "project" }>): void {
    const inputId = node.inputs[0] ?? "";
    const port = this.#port(inputId);
    const before = port.from === "operator" ? this.#operators[port.index] : undefined;
    const isOnlyReader = this.#readers.get(inputId)?.length === 1;
    if (before?.spec.kind === "filterProject" && isOnlyReader && before.id === inputId) {
      const fused = fuseCalculation(before.spec, node);
      if (fused !== undefined) {
        this.#operators[port.index] = {
          ...before,
          id: node.id,
          spec: fused,
          outputSchema: node.schema,
          nodeIds: [...before.nodeIds, node.id],
        };
        this.#ports.set(node.id, port);
        return;
      }
    }
    const spec: OperatorSpec =
      node.kind === "where"
        ? { kind: "filterProject", predicate: node.predicate }
        : { kind: "filterProject", columns: node.columns };
    this.#addOperator(node, spec, [node.id]);
  }

  #addOperator(node: LogicalNode, spec: OperatorSpec, nodeIds: readonly string[]): void {
    this.#ports.set(node.id, { from: "operator", index: this.#operators.length, output: "main" });
    this.#operators.push({
      id: node.id,
      spec,
      inputs: node.inputs.map((id) => this.#port(id)),
      inputSchemas: node.inputs.map((id) => this.#nodeSchema(id)),
      outputSchema: node.schema,
      order: orderOf(spec),
      nodeIds,
    });
  }

  #port(id: string | undefined): StagePort {
    const port = this.#ports.get(id ?? "");
    assert(port !== undefined, `the rows of ${id ?? "(no input)"} come out before they are read`);
    return port;
  }

  #topic(id: string): string {
    const topic = this.#context.topics.get(id);
    assert(topic !== undefined, `the cut after ${id} has a topic`);
    return topic;
  }

  #nodeSchema(id: string): RowSchema {
    const known = this.#schemas.get(id);
    if (known !== undefined) return known;
    const schema = this.#context.plan.nodes.find((node) => node.id === id)?.schema;
    assert(schema !== undefined, `${id} is part of the plan`);
    this.#schemas.set(id, schema);
    return schema;
  }
}

function specOf(node: LogicalNode): OperatorSpec {
  const spec = stepFor(node).spec?.(node);
  assert(spec !== undefined, `${node.kind} is an operator`);
  return spec;
}
