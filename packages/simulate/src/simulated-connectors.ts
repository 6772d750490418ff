import type { Connector, ConnectorRegistry, Random, Sink, Source } from "@millrace/core";
import type { SimulatedProcess } from "@millrace/log/simulated";

/** How reads of a source go. */
export interface ReadPace {
  readonly random: Random;
  /** As `Scenario` has them. */
  readonly readMsMax: number;
  readonly pauses: number;
}

/** Connectors whose reads and writes are requests of a process, with all that can go wrong. */
export function simulatedConnectors(
  process: SimulatedProcess,
  connectors: Readonly<Record<string, Connector>>,
  pace: ReadPace,
): ConnectorRegistry {
  const entries = Object.entries(connectors).map(([name, connector]) => {
    const { openSource, openSink } = connector;
    const simulated: Connector = {
      ...(openSource && {
        openSource: async (context) =>
          sourceIn(process, context.sourceId, await openSource(context), pace),
      }),
      ...(openSink && {
        openSink: async (context) => sinkIn(process, context.sinkId, await openSink(context)),
      }),
    };
    return [name, () => Promise.resolve(simulated)] as const;
  });
  return Object.fromEntries(entries);
}

function sourceIn(
  process: SimulatedProcess,
  id: string,
  source: Source,
  { random, readMsMax, pauses }: ReadPace,
): Source {
  return {
    ...source,
    openReader: async (partition, position) => {
      const reader = await source.openReader(partition, position);
      const request = { kind: "source", name: `source ${id}/${partition}`, lost } as const;
      return {
        ...reader,
        read: async (rowsMax) => {
          await process.clock.sleep(readMsMax * random.next());
          return process.request(request, () =>
            random.next() < pauses ? "caught-up" : reader.read(rowsMax),
          );
        },
      };
    },
  };
}

function sinkIn(process: SimulatedProcess, id: string, sink: Sink): Sink {
  const requestOf = (what: string) => ({ kind: "sink", name: `${what} ${id}`, lost }) as const;
  return {
    ...sink,
    startAfresh: () => process.request(requestOf("start-afresh"), () => sink.startAfresh()),
    readToken: (partition) =>
      process.request(requestOf(`token/${partition} of`), () => sink.readToken(partition)),
    write: (write) =>
      process.request(requestOf(`write/${write.partition} to`), () => sink.write(write)),
  };
}

function lost(problem: string): Error {
  return new ConnectionLost(problem);
}

/** A source or a store that does not answer. */
export class ConnectionLost extends Error {}
