import type { ScriptedFault } from "@millrace/log/simulated";

/**
 * A script from which no fault can be left out without the failure going away as well.
 *
 * **Cost** at most as many runs as the square of the number of faults
 *
 * @param fails whether a script makes it fail
 */
export async function shrinkFaults(
  faults: readonly ScriptedFault[],
  fails: (script: readonly ScriptedFault[]) => Promise<boolean>,
): Promise<readonly ScriptedFault[]> {
  let script = faults;
  for (let at = 0; at < script.length;) {
    const shorter = script.filter((_, index) => index !== at);
    if (await fails(shorter)) {
      script = shorter;
      at = 0;
    } else at += 1;
  }
  return script;
}
