import type { PipelineSink, Stream } from "@millrace/dsl";

/** Whether a pipeline's callback returned sources and sinks by name. */
type HasParts<Parts> = unknown extends Parts
  ? false
  : Parts extends PipelineSink<object> | { readonly sink: unknown }
    ? false
    : Parts extends object
      ? true
      : false;

type SourceRow<Part> = Part extends Stream<infer Row> ? Row : never;

type SinkRow<Part> = Part extends PipelineSink<infer Row> ? Row : never;

/** Names of the streams that a pipeline's callback returned; any text where it returned none. */
export type SourceName<Parts> =
  HasParts<Parts> extends true
    ? {
        [Name in keyof Parts]: [SourceRow<Parts[Name]>] extends [never] ? never : Name;
      }[keyof Parts] &
        string
    : string;

/** Names of the sinks that a pipeline's callback returned; any text where it returned none. */
export type SinkName<Parts> =
  HasParts<Parts> extends true
    ? {
        [Name in keyof Parts]: [SinkRow<Parts[Name]>] extends [never] ? never : Name;
      }[keyof Parts] &
        string
    : string;

/** Rows that a source takes; any objects where its type is not known. */
export type SentRow<Parts, Name> =
  HasParts<Parts> extends true
    ? Name extends keyof Parts
      ? SourceRow<Parts[Name]>
      : never
    : object;

/** Rows that a sink gets; objects with any columns where its type is not known. */
export type ReceivedRow<Parts, Name> =
  HasParts<Parts> extends true
    ? Name extends keyof Parts
      ? SinkRow<Parts[Name]>
      : never
    : Readonly<Record<string, unknown>>;
