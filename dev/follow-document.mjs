// Does what a page of documentation says and compares what it shows.
//
// F1. A fence with a file name, such as "ts pipeline.ts", is written to that file.
// F2. A fence "sh" is run by bash, where the fence before left off, and must succeed.
// F3. A fence "text" after it is what the commands print; a line "…" stands for any lines. Seconds
//   and rates are not compared, nor are lines of progress, which only a slow machine has time for.
// F4. Other fences are only read by people.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const fence = /^```(\w+)(?: ([^\n]+))?\n([\s\S]*?)^```$/gm;

/**
 * The fences of a page, in order.
 *
 * @returns {{ language: string, name: string | undefined, text: string, line: number }[]}
 */
export function readFences(markdown) {
  return [...markdown.matchAll(fence)].map((match) => ({
    language: match[1],
    name: match[2],
    text: match[3],
    line: markdown.slice(0, match.index).split("\n").length,
  }));
}

/** Runs a script of bash; the next one starts in the directory in which this one ends. */
async function runScript(script, directory) {
  const place = join(directory.start, ".directory");
  const child = spawn("bash", ["-e", "-c", `${script}\nprintf %s "$PWD" > "${place}"`], {
    cwd: directory.current,
    env: {
      ...process.env,
      NO_COLOR: "1",
      npm_config_prefer_offline: "true",
      npm_config_audit: "false",
      npm_config_fund: "false",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  child.stderr.on("data", (chunk) => (output += String(chunk)));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code === 0) directory.current = readFileSync(place, "utf8");
  return { code, output };
}

/**
 * `12 % · 1,234 rows · 0 rows/s · …`, as `pipe run` prints every few seconds, and `6 of 12 seeds`,
 * as `pipe test` does.
 */
const progressLine = /^(\d+ % · )?[\d,]+ (rows · [\d,]+ rows\/s( · |$)|of [\d,]+ seeds$)/;

/** Without what differs from run to run. */
export function comparable(text, start) {
  return text
    .replaceAll(realpathSync(start), "")
    .replaceAll(/\d+\.\d+ s\b/g, "0.0 s")
    .replaceAll(/[\d,]+ rows\/s/g, "0 rows/s")
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => !progressLine.test(line))
    .join("\n")
    .trim();
}

/** Whether the output is what is shown, with any lines where a line "…" stands. */
export function showsOutput(shown, output) {
  const parts = shown.split(/^…$/m).map((part) => part.trim());
  let from = 0;
  for (const [index, part] of parts.entries()) {
    const found = output.indexOf(part, from);
    if (found === -1 || (index === 0 && found !== 0)) return false;
    from = found + part.length;
  }
  return parts.at(-1) === "" || output.slice(from).trim() === "";
}

/**
 * Follows a page.
 *
 * @param {string} markdown
 * @param {{ directory: string, replace?: (script: string) => string }} options an empty directory;
 *   `replace` puts other places into commands
 * @throws Error with the fence's line where a command fails or prints something else
 */
export async function followDocument(markdown, options) {
  const directory = { start: options.directory, current: options.directory };
  let printed;
  for (const { language, name, text, line } of readFences(markdown)) {
    if (language === "sh") {
      const script = options.replace?.(text) ?? text;
      const { code, output } = await runScript(script, directory);
      if (code !== 0) throw new Error(`line ${line}: exit code ${code}\n${script}\n${output}`);
      printed = output;
    } else if (language === "text" && printed !== undefined) {
      const output = comparable(printed, directory.start);
      if (!showsOutput(comparable(text, directory.start), output)) {
        throw new Error(`line ${line}: shown is\n${text}\nprinted is\n${output}`);
      }
      printed = undefined;
    } else if (name !== undefined) {
      const file = join(directory.current, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }
}
