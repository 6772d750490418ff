// The evaluations of the models on public data; only where MILLRACE_DATA names the data's folder.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "../../dev/run.mjs";

const directory = join(root, "packages", "models", "evaluation");
const evaluations = readdirSync(directory)
  .filter((file) => file.endsWith(".mjs") && file !== "data-folder.mjs")
  .toSorted();

export const name = "model-evaluations";
export const rounds = process.env.MILLRACE_DATA === undefined ? 0 : evaluations.length;

export async function runRound(seed) {
  const file = evaluations[seed - 1];
  const { code, output } = await run(process.execPath, [join(directory, file)]);
  return { ok: code === 0, detail: `${file}\n${output}` };
}
