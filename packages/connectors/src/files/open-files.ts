import {
  assert,
  type FieldType,
  findField,
  millraceError,
  type OpenSource,
  type Source,
  type SourceContext,
} from "@millrace/core";
import { ArrowReader } from "./arrow/reader.ts";
import { type FilesConfig, readConfig } from "./config.ts";
import { findFiles, type InputFile } from "./find-files.ts";
import { loadParquetDriver } from "./parquet/driver.ts";
import { listSplits } from "./parquet/parquet-files.ts";
import { ParquetReader } from "./parquet/reader.ts";
import { textFormat } from "./text-format.ts";
import { TextReader } from "./text-reader.ts";

/**
 * Opens files as a source. Split i (a row group, or a whole text file) belongs to partition i mod
 * n.
 *
 * @throws MillraceError `FILE_*`, `CONNECTOR_CONFIG_INVALID`, `CONNECTOR_DRIVER_MISSING`
 */
export const openFiles: OpenSource = async (context) => {
  const config = readConfig(context.options);
  const files = await findFiles(config.paths);
  if (config.format === "parquet") return await openParquet(context, files);
  return config.format === "arrow" ? openArrow(context, files) : openText(context, files, config);
};

function fieldsOf(context: SourceContext): FieldType[] {
  return context.columns.map((name): FieldType => {
    const field = findField(context.schema, name);
    assert(field !== undefined, "every column read is in the row type");
    return field as FieldType;
  });
}

function openArrow(context: SourceContext, files: readonly InputFile[]): Source {
  const fields = fieldsOf(context);
  const partitionCount = partitionsOf(context, files.length);
  return {
    partitionCount,
    isBounded: true,
    fingerprint: fingerprintOf(files, false),
    async openReader(partition, position) {
      const own = files.filter((_, file) => file % partitionCount === partition);
      return new ArrowReader(own, fields, position);
    },
    // Files are open only while they are read.
    close: async () => undefined,
  };
}

function partitionsOf(context: SourceContext, splitCount: number): number {
  return Math.max(1, Math.min(context.partitions, splitCount));
}

function fingerprintOf(files: readonly InputFile[], isFollowing: boolean): string {
  return JSON.stringify(files.map((f) => (isFollowing ? [f.path] : [f.path, f.sizeBytes])));
}

async function openParquet(context: SourceContext, files: readonly InputFile[]): Promise<Source> {
  const fields = fieldsOf(context);
  const driver = await loadParquetDriver();
  const instance = await driver.DuckDBInstance.create(":memory:", { threads: "1" });
  try {
    const connection = await instance.connect();
    const splits = await listSplits(connection, files, fields, context.needed);
    connection.closeSync();
    const partitionCount = partitionsOf(context, splits.length);
    return {
      partitionCount,
      isBounded: true,
      fingerprint: fingerprintOf(files, false),
      async openReader(partition, position) {
        const own = splits.filter((_, split) => split % partitionCount === partition);
        return new ParquetReader(await instance.connect(), own, fields, position);
      },
      close: async () => instance.closeSync(),
    };
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

function openText(
  context: SourceContext,
  files: readonly InputFile[],
  config: FilesConfig,
): Source {
  const { isFollowing } = config;
  const { schema, columns, validators, sourceId } = context;
  // Wrong options are told on opening, not by the first reader.
  const format = textFormat(config, { schema, columns, validators });
  const partitionCount = partitionsOf(context, files.length);
  if (isFollowing && files.length > partitionCount) {
    // A followed file never ends, so a second one of its partition would never be read.
    const problem = `following ${files.length} files needs as many partitions`;
    throw millraceError("CONNECTOR_CONFIG_INVALID", { connector: "files", problem });
  }
  return {
    partitionCount,
    isBounded: !isFollowing,
    fingerprint: fingerprintOf(files, isFollowing),
    async openReader(partition, position) {
      const own = files.filter((_, file) => file % partitionCount === partition);
      return new TextReader({ files: own, format, sourceId, partition, isFollowing }, position);
    },
    // Readers own their file handles; the source itself holds none.
    close: async () => undefined,
  };
}
