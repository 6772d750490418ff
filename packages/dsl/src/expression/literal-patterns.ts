import { reportProblem } from "./scope.ts";

/** The source of a regular expression that can be used with flag `u`; reports one that cannot. */
export function checkedPattern(step: string, pattern: RegExp | string): string {
  const source = typeof pattern === "string" ? pattern : pattern.source;
  const flags = typeof pattern === "string" ? "" : pattern.flags.replace("u", "");
  if (flags !== "") {
    reportProblem("PLAN_ARGUMENT_INVALID", {
      problem: `${step}: the flag ${flags} is not possible`,
    });
  }
  try {
    RegExp(source, "u");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem: `${step}: ${error.message}` });
  }
  return source;
}

/** Reports a group that a pattern does not have; 0 is the whole match. */
export function checkGroup(step: string, source: string, group: number): void {
  const groups = groupsOf(source);
  if (groups === undefined || (Number.isSafeInteger(group) && group >= 0 && group <= groups))
    return;
  const problem = `${step}: the pattern has no group ${group}, only 0 to ${groups}`;
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
}

/** How many groups a pattern has; undefined for one that is none. */
function groupsOf(source: string): number | undefined {
  try {
    // An alternative that always matches gives all groups of the pattern, none of which took part.
    return (RegExp(`${source}|`, "u").exec("")?.length ?? 1) - 1;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/** Reports what a pattern of times cannot have. */
export function checkTimePattern(step: string, pattern: string): void {
  const rest = pattern.replaceAll(/yyyy|MM|dd|HH|mm|ss|SSS|'(?:[^']|'')*'|[^A-Za-z']/gu, "");
  if (rest === "") return;
  const known = "yyyy, MM, dd, HH, mm, ss, SSS, text in single quotes and signs";
  const problem = `${step}: the pattern has ${rest.slice(0, 20)}; it may have ${known}`;
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
}
