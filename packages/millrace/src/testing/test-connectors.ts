import type { MemoryStore } from "@millrace/conformance/fakes";
import type { Connector, ConnectorRegistry } from "@millrace/core";
import type { LogicalNode, LogicalPlan } from "@millrace/plan";
import type { TestInputs } from "./test-inputs.ts";

const sourceConnector = "test";
const sinkConnector = "store";

/** What of time a test takes out of the sources of a pipeline. */
export interface TestTimes {
  /** Whether event times far after the clock's are taken. */
  readonly believesTimes: boolean;
  /** Whether partitions that have nothing to read are waited for without end. */
  readonly isNeverIdle: boolean;
}

/**
 * The same pipeline between connectors of a test: every source reads what the test gives it, every
 * sink, topics among them, is a store in memory. Nothing outside is touched.
 */
export function withTestConnectors(logical: LogicalPlan, times: TestTimes): LogicalPlan {
  const changed = (node: LogicalNode): LogicalNode => {
    if (node.kind === "source") {
      const { skipping: _, futureLimitMs, idleness, ...kept } = node;
      return {
        ...kept,
        ...(times.believesTimes || futureLimitMs === undefined ? {} : { futureLimitMs }),
        ...(times.isNeverIdle || idleness === undefined ? {} : { idleness }),
        connector: sourceConnector,
        options: { id: node.id },
      };
    }
    if (node.kind !== "sink") return node;
    const { topic: _, ...kept } = node;
    return { ...kept, connector: sinkConnector, options: {} };
  };
  return { ...logical, nodes: logical.nodes.map(changed) };
}

/** The sources that `withTestConnectors` names. */
export function testSources(inputs: TestInputs): Readonly<Record<string, Connector>> {
  return { [sourceConnector]: { openSource: (context) => inputs.openSource(context) } };
}

/** All connectors that it names. */
export function testConnectors(inputs: TestInputs, store: MemoryStore): ConnectorRegistry {
  const all = { ...testSources(inputs), [sinkConnector]: store.connector() };
  const entries = Object.entries(all).map(([name, each]) => [name, async () => each] as const);
  return Object.fromEntries(entries);
}
