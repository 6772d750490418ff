import type { Connector, ConnectorRegistry } from "@millrace/core";
import type { MemoryStore } from "@millrace/conformance/fakes";
import type { LogicalNode, LogicalPlan } from "@millrace/plan";
import type { TestInputs } from "./test-inputs.ts";

const connectorName = "test";

/**
 * The same pipeline between connectors of a test: every source reads what the test gives it, every
 * sink, topics among them, is a store in memory. Nothing outside is touched.
 *
 * @param believesTimes whether event times far after the clock's are taken
 */
export function withTestConnectors(logical: LogicalPlan, believesTimes: boolean): LogicalPlan {
  const changed = (node: LogicalNode): LogicalNode => {
    if (node.kind === "source") {
      const { skipping: _, futureLimitMs, ...kept } = node;
      const limit = believesTimes || futureLimitMs === undefined ? {} : { futureLimitMs };
      return { ...kept, ...limit, connector: connectorName, options: { id: node.id } };
    }
    if (node.kind !== "sink") return node;
    const { topic: _, ...kept } = node;
    return { ...kept, connector: connectorName, options: {} };
  };
  return { ...logical, nodes: logical.nodes.map(changed) };
}

/** What `withTestConnectors` names. */
export function testConnectors(inputs: TestInputs, store: MemoryStore): ConnectorRegistry {
  const stored = store.connector();
  const connector: Connector = {
    openSource: (context) => inputs.openSource(context),
    ...(stored.openSink === undefined ? {} : { openSink: stored.openSink }),
  };
  return { [connectorName]: () => Promise.resolve(connector) };
}
