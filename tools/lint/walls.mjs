/**
 * Which package may import which: the arrows of ARCHITECTURE.md. `millrace` wires everything and is
 * imported by nothing, so it may import all.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const mayImport = {
  core: [],
  plan: ["core"],
  columnar: ["core", "plan"],
  sketches: ["core"],
  kafka: ["core"],
  formats: ["core", "columnar"],
  log: ["core", "columnar", "kafka"],
  dsl: ["core", "plan"],
  planner: ["core", "plan"],
  operators: ["core", "plan", "columnar", "sketches"],
  models: ["core", "columnar", "sketches"],
  connectors: ["core", "columnar", "formats"],
  runtime: ["core", "plan", "columnar"],
  observe: ["core", "runtime"],
  conformance: ["core", "columnar"],
  report: ["core"],
  simulate: ["core", "log", "runtime", "conformance"],
  cli: ["core", "plan", "planner", "runtime"],
  millrace: [
    "core",
    "plan",
    "columnar",
    "sketches",
    "kafka",
    "formats",
    "log",
    "dsl",
    "planner",
    "operators",
    "models",
    "connectors",
    "runtime",
    "conformance",
    "report",
    "simulate",
    "observe",
    "cli",
  ],
};

/** The package and the path inside it of a file: `{ package: "core", path: "src/index.ts" }`. */
export function placeOf(filename) {
  const match = /(?:^|\/)packages\/([^/]+)\/(.+)$/.exec(filename.replaceAll("\\", "/"));
  return match === null ? undefined : { package: match[1], path: match[2] };
}

/** The package that a specifier names: `@millrace/core/x` → `{ package: "core", subpath: "x" }`. */
function packageOf(specifier) {
  const scoped = /^@millrace\/([^/]+)(?:\/(.*))?$/.exec(specifier);
  if (scoped !== null) return { package: scoped[1], subpath: scoped[2] ?? "" };
  const main = /^millrace(?:\/(.*))?$/.exec(specifier);
  return main === null ? undefined : { package: "millrace", subpath: main[1] ?? "" };
}

/**
 * What is wrong with an import, as a sentence; undefined when nothing is.
 *
 * @param {string} filename the importing file
 * @param {string} specifier as written
 */
export function importProblem(filename, specifier) {
  const from = placeOf(filename);
  const to = packageOf(specifier);
  if (to !== undefined && /^(src|dist|internal)(\/|$)/.test(to.subpath)) {
    return `Import ${specifier.split("/").slice(0, 2).join("/")} by its public name.`;
  }
  if (from === undefined || !from.path.startsWith("src/")) return undefined;
  if (to !== undefined) return packageProblem(from.package, to.package);
  return relativeProblem(from, specifier);
}

function packageProblem(from, to) {
  if (from === to) return "Inside a package import the file, not the package.";
  const allowed = mayImport[from];
  if (allowed === undefined) return `Give the package ${from} a line in tools/lint/walls.mjs.`;
  return allowed.includes(to) ? undefined : `${from} may not import ${to}: see the layers.`;
}

function relativeProblem(from, specifier) {
  if (!specifier.startsWith(".")) return undefined;
  const target = new URL(specifier, `file:///${from.path}`).pathname.slice(1);
  if (!target.startsWith("src/")) return `${specifier} leaves the package's sources.`;
  return target === "src/index.ts" ? "Inside a package import the file, not the index." : undefined;
}
