import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { atCrashPoints } from "@millrace/core";
import { loadDriver } from "./driver.ts";
import { withMappedErrors } from "./error-map.ts";

// Invariants:
//   I1. A process (more exactly: a JavaScript thread) has at most one instance per database file.
//   I2. The instance is closed, and the file's lock released, when its last connection is closed.
//   I3. At most one transaction of ours is open per instance: the token table is shared by all
//       sinks of a file, and DuckDB refuses one of two transactions that touch the same rows.

interface SharedInstance {
  readonly instance: Promise<DuckDBInstance>;
  users: number;
  /** Resolves when the transactions asked for so far have ended. */
  lastTransaction: Promise<void>;
}

const instances = new Map<string, SharedInstance>();

/** One connection to a database file that other sinks and sources of the process may share. */
export interface SharedConnection {
  readonly connection: DuckDBConnection;
  /** Runs `work` between BEGIN and COMMIT, alone on the instance; rolls back when it throws. */
  transaction<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Gives the connection back; the last one closes the file. Idempotent. */
  close(): Promise<void>;
}

/**
 * Connects to the database file at an absolute path, making the file if it is missing.
 *
 * @throws MillraceError `DUCKDB_FILE_LOCKED`, `FILE_PERMISSION_DENIED`, `DUCKDB_FAILED`,
 * `CONNECTOR_DRIVER_MISSING`
 */
export async function connectShared(path: string): Promise<SharedConnection> {
  const { api } = await loadDriver();
  const shared = instances.get(path) ?? open(path, () => api.DuckDBInstance.create(path));
  shared.users += 1;
  try {
    const connection = await withMappedErrors(path, async () => (await shared.instance).connect());
    return sharedConnection(path, shared, connection);
  } catch (error) {
    await release(path, shared);
    throw error;
  }
}

function open(path: string, create: () => Promise<DuckDBInstance>): SharedInstance {
  const shared = { instance: create(), users: 0, lastTransaction: Promise.resolve() };
  // A failed opening is reported to each caller that awaits it; this branch only keeps the process
  // from ending when the first of them has not come to that yet.
  shared.instance.catch(() => instances.delete(path));
  instances.set(path, shared);
  return shared;
}

async function release(path: string, shared: SharedInstance): Promise<void> {
  shared.users -= 1;
  if (shared.users > 0 || instances.get(path) !== shared) return;
  instances.delete(path);
  (await shared.instance).closeSync();
}

function sharedConnection(
  path: string,
  shared: SharedInstance,
  connection: DuckDBConnection,
): SharedConnection {
  let isClosed = false;
  return {
    connection,
    transaction: (work) => enqueue(shared, () => runTransaction(connection, work)),
    async close() {
      if (isClosed) return;
      isClosed = true;
      await enqueue(shared, async () => connection.closeSync());
      await release(path, shared);
    },
  };
}

/** Runs `work` after everything asked for before it, whether that succeeded or not. */
function enqueue<Result>(shared: SharedInstance, work: () => Promise<Result>): Promise<Result> {
  const result = shared.lastTransaction.then(work);
  const ended = (): void => undefined;
  shared.lastTransaction = result.then(ended, ended);
  return result;
}

async function runTransaction<Result>(
  connection: DuckDBConnection,
  work: () => Promise<Result>,
): Promise<Result> {
  await connection.run("BEGIN TRANSACTION");
  try {
    const result = await work();
    await atCrashPoints("commit-store", () => connection.run("COMMIT"));
    return result;
  } catch (error) {
    await rollBack(connection, error);
    throw error;
  }
}

async function rollBack(connection: DuckDBConnection, reason: unknown): Promise<void> {
  try {
    await connection.run("ROLLBACK");
  } catch (error) {
    // A failed COMMIT has ended the transaction already, and a fatal error the whole instance; in
    // both cases nothing was written, and the reason is what the caller needs.
    if (!/no transaction is active|has been invalidated/i.test(String(error))) {
      throw new AggregateError([reason, error], "The transaction could not be rolled back", {
        cause: error,
      });
    }
  }
}
