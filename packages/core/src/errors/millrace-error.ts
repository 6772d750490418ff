import { catalogue } from "./catalogue/index.ts";
import type { ErrorDomain, ErrorExitCode, ErrorSpec } from "./error-spec.ts";

/** Every code of the catalogue. */
export type ErrorCode = keyof typeof catalogue;

/** What the message of a code needs. */
export type ErrorParams<Code extends ErrorCode> =
  (typeof catalogue)[Code] extends ErrorSpec<infer Params> ? Params : never;

/** Where it happened; parts are added on the way up. */
export interface ErrorPlace {
  readonly pipeline?: string;
  readonly operatorId?: string;
  readonly task?: string;
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: string;
  /** A file of input data or of the pipeline. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 0-based row of a table-like input. */
  readonly row?: number;
  readonly column?: string;
}

const brand = Symbol.for("millrace.error");

/**
 * An error with a code of the catalogue. Recognise it with `isMillraceError`, also across duplicate
 * installs.
 */
export class MillraceError extends Error {
  override readonly name = "MillraceError";
  readonly code: ErrorCode;
  readonly domain: ErrorDomain;
  readonly retry: "never" | "backoff";
  readonly exitCode: ErrorExitCode;
  readonly hint: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** All problems found together, where the code is one that collects them. */
  readonly problems: readonly MillraceError[];
  where: ErrorPlace;

  constructor(
    code: ErrorCode,
    params: Readonly<Record<string, unknown>>,
    options: { cause?: unknown; where?: ErrorPlace; problems?: readonly MillraceError[] } = {},
  ) {
    const spec = catalogue[code] as ErrorSpec<unknown>;
    super(spec.message(params), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.domain = spec.domain;
    this.retry = spec.retry;
    this.exitCode = spec.exitCode;
    this.hint = spec.hint;
    this.params = params;
    this.where = options.where ?? {};
    this.problems = options.problems ?? [];
    Object.defineProperty(this, brand, { value: true });
  }

  /** The command that explains the code; its page is `docs/errors/<CODE>.md` of the repository. */
  get docs(): string {
    return `npx pipe explain-error ${this.code}`;
  }

  /** Adds to the place; parts that are known already stay. */
  at(place: ErrorPlace): this {
    this.where = { ...place, ...this.where };
    return this;
  }

  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      message: this.message,
      domain: this.domain,
      retry: this.retry,
      hint: this.hint,
      docs: this.docs,
      where: this.where,
      ...(this.problems.length > 0 ? { problems: this.problems.map((p) => p.toJSON()) } : {}),
    };
  }
}

/** Makes an error of the catalogue; `params` are typed by the code. */
export function millraceError<Code extends ErrorCode>(
  code: Code,
  params: ErrorParams<Code>,
  options: { cause?: unknown; where?: ErrorPlace; problems?: readonly MillraceError[] } = {},
): MillraceError {
  return new MillraceError(code, params as Readonly<Record<string, unknown>>, options);
}

/** Whether a value is a `MillraceError`, of this or another copy of the package. */
export function isMillraceError(value: unknown): value is MillraceError {
  return typeof value === "object" && value !== null && brand in value;
}

/**
 * `pipeline/operator [topic/partition@offset] file:line row column`, or "" when nothing is known.
 */
export function formatPlace(where: ErrorPlace): string {
  const parts: string[] = [];
  const path = [where.pipeline, where.operatorId ?? where.task].filter((p) => p !== undefined);
  if (path.length > 0) parts.push(path.join("/"));
  if (where.topic !== undefined) {
    const offset = where.offset === undefined ? "" : `@${where.offset}`;
    parts.push(`[${where.topic}/${where.partition ?? 0}${offset}]`);
  }
  if (where.file !== undefined) {
    parts.push(where.line === undefined ? where.file : `${where.file}:${where.line}`);
  }
  if (where.row !== undefined) parts.push(`row ${where.row}`);
  if (where.column !== undefined) parts.push(`column ${JSON.stringify(where.column)}`);
  return parts.join(" ");
}

/** The printed form: code, what happened, where; then hint and docs, one line each. */
export function formatError(error: MillraceError): string {
  const place = formatPlace(error.where);
  const what = place === "" ? error.message : `${error.message.replace(/\.$/, "")} at ${place}`;
  const head = `${error.code}  ${what}`;
  if (error.problems.length > 0) {
    return [head, ...error.problems.map((p) => formatError(p).replaceAll(/^/gm, "  "))].join("\n");
  }
  return [head, `hint: ${error.hint}`, `docs: ${error.docs}`].join("\n");
}
