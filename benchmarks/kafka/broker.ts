import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type * as services from "../../dev/services/services.mjs";

/**
 * A broker of the benchmark's own, as it would run for real: compiled fully, with a larger heap.
 */
export interface Broker {
  readonly address: string;
  /** User and system time that its process has taken so far, in ms; steps of 10. */
  cpuMs(): number;
  close(): Promise<void>;
}

/**
 * Starts a Kafka of one node that ends with this process; or takes the one at `BENCH_KAFKA`
 * (`127.0.0.1:port`), and leaves it running.
 */
export async function startBroker(
  settings: Readonly<Record<string, string | number>> = {},
): Promise<Broker> {
  const given = process.env["BENCH_KAFKA"];
  if (given !== undefined) {
    const pid = processOf(given);
    return { address: given, cpuMs: () => cpuMsOf(pid), close: async () => undefined };
  }
  // Not bundled with the benchmark: it starts scripts that lie beside it.
  const { href } = pathToFileURL(resolve("dev/services/services.mjs"));
  const { ownCluster } = (await import(href)) as typeof services;
  const cluster = await ownCluster({ nodes: 1, settings, isMeasured: true });
  const [address] = cluster.brokers;
  if (address === undefined) throw new Error("a cluster has a node");
  const pid = processOf(address);
  return { address, cpuMs: () => cpuMsOf(pid), close: () => cluster.close() };
}

/** The process whose settings name the address. */
function processOf(address: string): string {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const words = readOrEmpty(`/proc/${pid}/cmdline`).split("\0");
    const settings = words.find((word) => word.endsWith("/server.properties"));
    if (settings === undefined || !words.includes("kafka.Kafka")) continue;
    if (readOrEmpty(settings).includes(`//${address}\n`)) return pid;
  }
  throw new Error(`no process listens on ${address}`);
}

/** Processes end while they are looked at. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Fields 14 and 15 of `/proc/PID/stat`, in hundredths of a second. */
function cpuMsOf(pid: string): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return 10 * (Number(fields[11]) + Number(fields[12]));
}
