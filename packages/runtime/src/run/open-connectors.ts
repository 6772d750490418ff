import {
  type Connector,
  type ConnectorRegistry,
  type Clock,
  isMillraceError,
  type Log,
  millraceError,
  type Sink,
  type Source,
  type TopicSink,
} from "@millrace/core";
import type { PhysicalPlan, SinkOutput, SourceInput, Stage, TopicOutput } from "@millrace/plan";
import { isTraced } from "../trace/run-tracer.ts";
import { neededRowsOf } from "./needed-rows.ts";
import type { RunnablePlan } from "./run-options.ts";

/**
 * Opens every source of some stages, by id. Those opened are closed again when one fails.
 *
 * @param stages of the plan; all of them unless given
 */
export async function openSources(
  plan: RunnablePlan,
  connectors: ConnectorRegistry,
  context: { clock: Clock; signal: AbortSignal; log: Log },
  stages: readonly Stage[] = plan.physical.stages,
): Promise<Map<string, Source>> {
  const opened = new Map<string, Source>();
  try {
    for (const input of sourceInputs(stages)) {
      const connector = await loadConnector(connectors, input.connector);
      const open = connector.openTopicSource ?? connector.openSource;
      if (open === undefined) throw unknownConnector(connectors, input.connector);
      const opening = open({
        sourceId: input.sourceId,
        options: input.options,
        schema: input.rowSchema,
        columns: input.columns.map((field) => field.name),
        ...neededRowsOf(input, context.clock),
        validators: plan.validators.get(input.sourceId) ?? new Map(),
        partitions: plan.physical.partitions,
        withTraces: isTraced(),
        ...context,
      });
      opened.set(input.sourceId, await named(input.sourceId, opening));
    }
  } catch (error) {
    await closeAll(opened.values());
    throw error;
  }
  return opened;
}

/** A sink, and whether its store can be open in one process only. */
export interface OpenedSink {
  readonly sink: Sink;
  readonly isSingleOwner: boolean;
  close(): Promise<void>;
}

/**
 * Opens the sinks of the plan, by id; stores with a single owner only where `isLeader`. Those
 * opened are closed again when one fails.
 *
 * @param isOpen those that need not be opened
 */
export async function openSinks(
  plan: PhysicalPlan,
  connectors: ConnectorRegistry,
  { isLeader, ...context }: { clock: Clock; generation: number; isLeader: boolean },
  isOpen: ReadonlySet<string> = new Set(),
): Promise<Map<string, OpenedSink>> {
  const opened = new Map<string, OpenedSink>();
  try {
    for (const output of sinkOutputs(plan)) {
      const connector = await loadConnector(connectors, output.connector);
      const isSingleOwner = connector.isSingleOwner === true;
      if ((isSingleOwner && !isLeader) || isOpen.has(output.sinkId)) continue;
      if (connector.openSink === undefined) throw unknownConnector(connectors, output.connector);
      const opening = connector.openSink({
        pipeline: plan.pipeline,
        sinkId: output.sinkId,
        options: output.options,
        schema: output.schema,
        partitions: plan.partitions,
        ...context,
      });
      const sink = await named(output.sinkId, opening);
      opened.set(output.sinkId, { sink, isSingleOwner, close: () => sink.close() });
    }
  } catch (error) {
    await closeAll(opened.values());
    throw error;
  }
  return opened;
}

/** Opens every sink of the plan that is a topic, by id. */
export async function openTopicSinks(
  plan: PhysicalPlan,
  connectors: ConnectorRegistry,
): Promise<Map<string, TopicSink>> {
  const opened = new Map<string, TopicSink>();
  for (const output of topicOutputs(plan)) {
    const { sinkId, options, schema } = output;
    const connector = await loadConnector(connectors, output.connector);
    const open = connector.openTopicSink;
    if (open === undefined) throw unknownConnector(connectors, output.connector);
    opened.set(sinkId, await named(sinkId, open({ sinkId, options, schema })));
  }
  return opened;
}

/** Closes each, also when one fails; then throws the first failure. */
export async function closeAll(closables: Iterable<{ close(): Promise<void> }>): Promise<void> {
  const outcomes = await Promise.allSettled([...closables].map((closable) => closable.close()));
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}

/** Every source that the stages read. */
function sourceInputs(stages: readonly Stage[]): SourceInput[] {
  return stages.flatMap((stage) => stage.inputs).filter((input) => input.kind === "source");
}

/** Every sink of the plan that a sink task writes. */
export function sinkOutputs(plan: PhysicalPlan): SinkOutput[] {
  return plan.stages.flatMap((stage) => stage.outputs).filter((output) => output.kind === "sink");
}

/** Every sink of the plan that is a topic of the log. */
export function topicOutputs(plan: PhysicalPlan): TopicOutput[] {
  return plan.stages.flatMap((stage) => stage.outputs).filter((output) => output.kind === "topic");
}

/** What has been opened; an error on the way names the source or sink. */
async function named<Opened>(operatorId: string, opening: Promise<Opened>): Promise<Opened> {
  try {
    return await opening;
  } catch (error) {
    if (isMillraceError(error)) error.at({ operatorId });
    throw error;
  }
}

/** The connector of that name. @throws PLAN_CONNECTOR_UNKNOWN */
export async function loadConnector(
  connectors: ConnectorRegistry,
  name: string,
): Promise<Connector> {
  const load = connectors[name];
  if (load === undefined) throw unknownConnector(connectors, name);
  return load();
}

function unknownConnector(connectors: ConnectorRegistry, connector: string): Error {
  return millraceError("PLAN_CONNECTOR_UNKNOWN", { connector, known: Object.keys(connectors) });
}
