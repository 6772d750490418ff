import { openKeeper } from "./keeper.mjs";

/** For vitest: the test files of a run find its keeper by this variable, which they inherit. */
export async function setup() {
  const keeper = await openKeeper();
  process.env.MILLRACE_SERVICES_SOCKET = keeper.socket;
  return keeper.end;
}
