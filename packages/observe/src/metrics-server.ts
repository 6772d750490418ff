import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { assertUserInput, type Clock, millraceError, systemClock } from "@millrace/core";
import type { RunObserver } from "@millrace/runtime";
import { Health, type ProbeAnswer } from "./health/health.ts";
import { Metrics } from "./metrics/metrics.ts";

/** Where metrics are served. */
export interface MetricsOptions {
  /** 0 … 65,535; 0 takes a free one. */
  readonly port: number;
  /** An address of this machine. Default 127.0.0.1, which other machines do not reach. */
  readonly host?: string;
  /** A task whose turn takes longer is stuck: `/healthz` says so. In ms, default 60,000. */
  readonly stuckAfterMs?: number;
  /** For tests. */
  readonly clock?: Clock;
}

/** Metrics and health of the runs of this process, served over HTTP until it is closed. */
export interface MetricsServer {
  /** `http://127.0.0.1:9464` */
  readonly url: string;
  /** What runs are observed by. */
  readonly observer: RunObserver;
  close(): Promise<void>;
}

const hostDefault = "127.0.0.1";
const stuckAfterMsDefault = 60_000;
const portMax = 65_535;

/**
 * Serves `/metrics` for Prometheus, `/healthz` and `/readyz` for whoever keeps the process alive.
 * It may observe several runs, one after the other or at once.
 *
 * @throws METRICS_NOT_SERVED when the port is taken or the host is not this machine;
 *   PLAN_ARGUMENT_INVALID
 */
export async function openMetrics(options: MetricsOptions): Promise<MetricsServer> {
  const { port, host = hostDefault, stuckAfterMs = stuckAfterMsDefault } = options;
  const isPort = Number.isInteger(port) && port >= 0 && port <= portMax;
  assertUserInput(isPort, `the port of metrics must be a whole number from 0 to ${portMax}`);
  assertUserInput(stuckAfterMs > 0, "stuckAfterMs must be greater than 0");
  const metrics = new Metrics(options.clock ?? systemClock);
  const health = new Health(stuckAfterMs);
  const server = serve(metrics, health);
  await listen(server, host, port);
  let closed: Promise<void> | undefined;
  const { address, family, port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${taken}`,
    observer: (run) => {
      const listeners = [metrics.observe(run), health.observe(run)];
      return (notice) => {
        for (const listener of listeners) listener(notice);
      };
    },
    close: () => (closed ??= close(server)),
  };
}

function serve(metrics: Metrics, health: Health): Server {
  const answer = async (path: string | undefined, response: ServerResponse): Promise<void> => {
    switch (path) {
      case "/metrics":
        return send(response, 200, metrics.contentType, await metrics.text());
      case "/healthz":
        return sendProbe(response, health.liveness());
      case "/readyz":
        return sendProbe(response, health.readiness());
      default:
        send(response, 404, "text/plain", "There are /metrics, /healthz and /readyz.\n");
    }
  };
  return createServer((request, response) => {
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!isRead) return send(response, 405, "text/plain", "Only GET and HEAD.\n");
    answer(request.url?.split("?")[0], response).catch((error: unknown) => {
      send(response, 500, "text/plain", `${String(error)}\n`);
    });
  });
}

function sendProbe(response: ServerResponse, { isGood, body }: ProbeAnswer): void {
  send(response, isGood ? 200 : 503, "application/json", `${JSON.stringify(body)}\n`);
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(text);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const problem = problemOf(error);
      reject(millraceError("METRICS_NOT_SERVED", { host, port, problem }, { cause: error }));
    });
    server.listen({ port, host }, resolve);
  });
}

function problemOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === "EADDRINUSE") return "the port is taken";
  if (code === "EACCES") return "the port needs more rights";
  if (code === "EADDRNOTAVAIL") return "the host is no address of this machine";
  if (code === "ENOTFOUND") return "the host is not known";
  return message;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}
