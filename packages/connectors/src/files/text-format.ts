import type { DecoderOptions } from "@millrace/core";
import { byteOrderMarkBytes, csvFormat, jsonFormat, type PlacingDecoder } from "@millrace/formats";
import type { FilesConfig } from "./config.ts";

/** Where a file's records start, and what decodes them. */
interface FileStart {
  readonly decoder: PlacingDecoder;
  /** First byte of the first record, and its line number, from 1. */
  readonly byte: number;
  readonly line: number;
}

/** A format of text files. */
export interface TextFormat {
  /**
   * Reads what stands before the records: a byte order mark, a header. `head` is the start of the
   * file, up to its end if `isEnd`. Undefined when more of it is needed, or there is no more.
   *
   * @throws MillraceError `FILE_COLUMN_MISSING`
   */
  start(head: Uint8Array, isEnd: boolean, path: string): FileStart | undefined;
}

/**
 * The text format of a configuration.
 *
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID`
 */
export function textFormat(config: FilesConfig, options: DecoderOptions): TextFormat {
  if (config.format === "csv") return csvFiles(config, options);
  return {
    start: (head, isEnd) =>
      head.length < 3 && !isEnd
        ? undefined
        : { decoder: jsonFormat.decoder(options), byte: byteOrderMarkBytes(head), line: 1 },
  };
}

function csvFiles(config: FilesConfig, options: DecoderOptions): TextFormat {
  const format = csvFormat(config.csv);
  if (config.csv.hasHeader === false) {
    const header = { names: options.schema.fields.map((field) => field.name), bytesRead: 0 };
    return {
      start: (head, isEnd, path) =>
        head.length < 3 && !isEnd
          ? undefined
          : {
              decoder: format.decoder(options, { path, header }),
              byte: byteOrderMarkBytes(head),
              line: 1,
            },
    };
  }
  return {
    start(head, isEnd, path) {
      const header = format.readHeader(head, isEnd);
      if (header === undefined) return undefined;
      const decoder = format.decoder(options, { path, header });
      const line = 1 + countLines(head, header.bytesRead);
      return { decoder, byte: header.bytesRead, line };
    },
  };
}

/** Line ends in the first `end` bytes. */
export function countLines(bytes: Uint8Array, end: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0 && at < end; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}
