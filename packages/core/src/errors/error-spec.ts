/** Who has to act: the user's pipeline or data, a system outside, or Millrace itself. */
export type ErrorDomain = "user" | "external" | "internal";

/** Exit code of `pipe`: 1 runtime, 2 invalid pipeline, 3 environment. */
export type ErrorExitCode = 1 | 2 | 3;

/** One entry of the catalogue. `Params` are what the message needs; nothing secret goes in. */
export interface ErrorSpec<Params> {
  readonly domain: ErrorDomain;
  /** `backoff`: the same call may succeed later; `never`: something has to change first. */
  readonly retry: "never" | "backoff";
  readonly exitCode: ErrorExitCode;
  readonly message: (params: Params) => string;
  /** What to do about it, as one or two sentences. */
  readonly hint: string;
}

/** Keeps each entry's parameter type while checking its form. */
export function errorSpec<Params>(spec: ErrorSpec<Params>): ErrorSpec<Params> {
  return spec;
}

/** A value in an error text: quoted JSON, at most 200 characters. */
export function quote(value: unknown): string {
  const text =
    typeof value === "bigint" ? value.toString() : (JSON.stringify(value) ?? String(value));
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
