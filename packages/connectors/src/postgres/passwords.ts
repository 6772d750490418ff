// A descriptor is plain data: it is printed by `pipe explain`, and saved state depends on it. So
// the password of a url is kept beside it, for the process that it was written in.
const key: unique symbol = Symbol.for("millrace.postgres.passwords");

/** One for all copies of this module in a process. */
const passwords = ((globalThis as { [key]?: Map<string, string> })[key] ??= new Map());

/** Takes the password out of a url and keeps it. @returns the url without it */
export function keepPassword(url: string): string {
  const parsed = new URL(url);
  const { password } = parsed;
  if (password === "") return url;
  parsed.password = "";
  passwords.set(parsed.href, password);
  return parsed.href;
}

/** The url with the password that was kept for it, if there is one. */
export function withPassword(url: string): string {
  const password = passwords.get(url);
  if (password === undefined) return url;
  const parsed = new URL(url);
  parsed.password = password;
  return parsed.href;
}
