/**
 * An exception: so many findings of a rule in a file are accepted, for a reason.
 *
 * @typedef {{ rule: string, path: string, count: number, reason: string }} Exception
 */

/**
 * Leaves out what the exceptions accept. The list is a ratchet: an exception that accepts more than
 * there is, or has no reason, is itself a finding.
 *
 * @param {readonly { rule: string, path: string, line: number, text: string }[]} findings
 * @param {readonly Exception[]} exceptions
 */
export function applyExceptions(findings, exceptions) {
  const left = [...findings];
  for (const { rule, path, count, reason } of exceptions) {
    const matching = left.filter((f) => f.rule === rule && f.path === path);
    if (matching.length <= count) for (const f of matching) left.splice(left.indexOf(f), 1);
    if (matching.length < count) {
      const text = `accepts ${count} of ${rule}, found ${matching.length}: lower it`;
      left.push({ rule: "allow-list", path, line: 1, text });
    }
    if ((reason ?? "").trim() === "") {
      left.push({
        rule: "allow-list",
        path,
        line: 1,
        text: `${rule} is accepted without a reason`,
      });
    }
  }
  return left;
}
