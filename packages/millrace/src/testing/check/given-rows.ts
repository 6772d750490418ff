import { batchToRows } from "@millrace/columnar";
import {
  assertUserInput,
  type Connector,
  type ConnectorRegistry,
  type Log,
  millraceError,
  quote,
  type Source,
  systemClock,
} from "@millrace/core";
import type { LogicalPlan, SourceNode } from "@millrace/plan";

/** Rows of a source, by the source's partition. */
export type PartitionedRows = readonly (readonly object[])[];

/** Where rows of sources come from. */
export interface GivenRowsOptions {
  readonly connectors: ConnectorRegistry;
  /** Of topics; absent where none is given. */
  readonly log?: Log | undefined;
  readonly partitions: number;
  /** Rows of each source that are taken at most. */
  readonly rowsMax: number;
}

const batchRows = 1_024;

/**
 * Reads what the sources of a pipeline hold now, through their own connectors, so that it can be
 * given again and again. What cannot be decoded is left out.
 */
export async function readGivenRows(
  logical: LogicalPlan,
  options: GivenRowsOptions,
): Promise<Map<string, PartitionedRows>> {
  const found = new Map<string, PartitionedRows>();
  for (const node of logical.nodes) {
    if (node.kind === "source") found.set(node.id, await readSource(logical, node, options));
  }
  return found;
}

async function readSource(
  logical: LogicalPlan,
  node: SourceNode,
  options: GivenRowsOptions,
): Promise<PartitionedRows> {
  const source = await openSource(logical, node, options);
  const schema = node.rowSchema ?? node.schema;
  const partitions: object[][] = [];
  let left = options.rowsMax;
  try {
    for (let partition = 0; partition < source.partitionCount; partition += 1) {
      const rows: object[] = [];
      const reader = await source.openReader(partition, undefined);
      while (left > 0) {
        const batch = await reader.read(Math.min(left, batchRows));
        if (batch === "end" || batch === "caught-up") break;
        rows.push(...batchToRows(schema, batch.rows));
        left -= batch.rows.numRows;
      }
      await reader.close();
      partitions.push(rows);
    }
  } finally {
    await source.close();
  }
  return partitions;
}

async function openSource(
  logical: LogicalPlan,
  node: SourceNode,
  { connectors, log, partitions }: GivenRowsOptions,
): Promise<Source> {
  const load = connectors[node.connector];
  const known = Object.keys(connectors);
  if (load === undefined) {
    throw millraceError("PLAN_CONNECTOR_UNKNOWN", { connector: node.connector, known });
  }
  const { openSource: open, openTopicSource }: Connector = await load();
  const schema = node.rowSchema ?? node.schema;
  const context = {
    sourceId: node.id,
    options: node.options,
    schema,
    columns: schema.fields.map(({ name }) => name),
    validators: logical.validators.get(node.id) ?? new Map(),
    partitions,
    clock: systemClock,
    signal: new AbortController().signal,
  };
  if (openTopicSource === undefined && open !== undefined) return open(context);
  assertUserInput(
    openTopicSource !== undefined && log !== undefined,
    `The source ${quote(node.id)} is a topic: say with --log where it is, or take generated rows ` +
      `with --fuzz`,
  );
  return openTopicSource({ ...context, log });
}
