import {
  assert,
  type FieldType,
  findField,
  millraceError,
  type OpenSource,
  type Source,
  type SourceContext,
} from "@millrace/core";
import { jsonFormat } from "@millrace/formats";
import { type FilesConfig, readConfig } from "./config.ts";
import { findFiles, type InputFile } from "./find-files.ts";
import { loadParquetDriver } from "./parquet/driver.ts";
import { listSplits } from "./parquet/parquet-files.ts";
import { ParquetReader } from "./parquet/reader.ts";
import { TextReader } from "./text-reader.ts";

/**
 * Opens files as a source. Split i (a row group, or a whole text file) belongs to partition i mod n.
 *
 * @throws MillraceError `FILE_*`, `CONNECTOR_CONFIG_INVALID`, `CONNECTOR_DRIVER_MISSING`
 */
export const openFiles: OpenSource = async (context) => {
  const config = readConfig(context.options);
  const files = await findFiles(config.paths);
  return config.format === "parquet"
    ? await openParquet(context, files)
    : openText(context, files, config);
};

function partitionsOf(context: SourceContext, splitCount: number): number {
  return Math.max(1, Math.min(context.partitions, splitCount));
}

function fingerprintOf(files: readonly InputFile[], isFollowing: boolean): string {
  return JSON.stringify(files.map((f) => (isFollowing ? [f.path] : [f.path, f.sizeBytes])));
}

async function openParquet(context: SourceContext, files: readonly InputFile[]): Promise<Source> {
  const fields = context.columns.map((name): FieldType => {
    const field = findField(context.schema, name);
    assert(field !== undefined, "every column read is in the row type");
    return field as FieldType;
  });
  const driver = await loadParquetDriver();
  const instance = await driver.DuckDBInstance.create(":memory:", { threads: "1" });
  try {
    const connection = await instance.connect();
    const splits = await listSplits(connection, files, fields);
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
  { isFollowing }: FilesConfig,
): Source {
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
      const { schema, columns, validators, sourceId } = context;
      const decoder = jsonFormat.decoder({ schema, columns, validators });
      return new TextReader({ files: own, decoder, sourceId, partition, isFollowing }, position);
    },
    // Readers own their file handles; the source itself holds none.
    close: async () => undefined,
  };
}
