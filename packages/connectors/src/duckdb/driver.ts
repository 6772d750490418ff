import { createRequire } from "node:module";
import { millraceError } from "@millrace/core";
import type * as DuckDb from "@duckdb/node-api";

/** A vector of a data chunk, as the driver's native part knows it. */
export interface NativeVector {
  readonly __duckdb_type: "duckdb_vector";
}

/** Calls of the driver's native part that copy whole columns; the public part copies values. */
export interface NativeBindings {
  data_chunk_get_vector(chunk: unknown, column: number): NativeVector;
  list_vector_reserve(vector: NativeVector, capacity: number): void;
  list_vector_set_size(vector: NativeVector, size: number): void;
  list_vector_get_child(vector: NativeVector): NativeVector;
  struct_vector_get_child(vector: NativeVector, index: number): NativeVector;
  vector_ensure_validity_writable(vector: NativeVector): void;
  vector_assign_string_element_len(vector: NativeVector, row: number, bytes: Uint8Array): void;
  copy_data_to_vector(
    vector: NativeVector,
    targetByteOffset: number,
    source: ArrayBuffer,
    sourceByteOffset: number,
    byteCount: number,
  ): void;
  copy_data_to_vector_validity(
    vector: NativeVector,
    targetByteOffset: number,
    source: ArrayBuffer,
    sourceByteOffset: number,
    byteCount: number,
  ): void;
}

/** The optional package, loaded. */
export interface DuckDbDriver {
  readonly api: typeof DuckDb;
  readonly native: NativeBindings;
}

let loaded: Promise<DuckDbDriver> | undefined;

/**
 * Loads the driver, once per process.
 *
 * @throws MillraceError `CONNECTOR_DRIVER_MISSING` when the package is not installed
 */
export async function loadDriver(): Promise<DuckDbDriver> {
  loaded ??= load();
  return await loaded;
}

async function load(): Promise<DuckDbDriver> {
  try {
    const api = await import("@duckdb/node-api");
    // The native part is a dependency of the driver, so it is resolved from there: npm and
    // its like need not make it visible to us.
    const fromHere = createRequire(import.meta.url);
    const fromDriver = createRequire(fromHere.resolve("@duckdb/node-api"));
    return { api, native: fromDriver("@duckdb/node-bindings") as NativeBindings };
  } catch (cause) {
    throw millraceError(
      "CONNECTOR_DRIVER_MISSING",
      { connector: "duckdb", package: "@duckdb/node-api" },
      { cause },
    );
  }
}
