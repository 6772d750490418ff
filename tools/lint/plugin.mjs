// Millrace's own lint rules, run by oxlint. Each has a test in tools/lint/test.
import { ioHasCrashPoint } from "./crash-points.mjs";
import { importProblem, placeOf } from "./walls.mjs";

const clock = "Take a Clock instead: time is passed in, so that runs can be repeated.";
const random = "Take a Random instead: a seed must give the same run.";
const settings = "Read settings at the edge (cli, dev) and pass them in.";

/** Files that may touch the machine itself. */
const homes = [
  /^core\/src\/time\/clock\.ts$/,
  /^core\/src\/random\.ts$/,
  /^cli\/src\//,
  // Secrets are read where they are needed, so that nothing passes them on.
  /^formats\/src\/registry\/secret\.ts$/,
  /^connectors\/src\/store\/store-url\.ts$/,
];

function isHome(filename) {
  const place = placeOf(filename);
  if (place === undefined) return true;
  if (!place.path.startsWith("src/")) return true;
  return homes.some((home) => home.test(`${place.package}/${place.path}`));
}

const isIdentifier = (node, name) => node.type === "Identifier" && node.name === name;

/** The name of `object.property` or `object["property"]`, else undefined. */
function memberName(node) {
  if (node.computed) {
    return node.property.type === "Literal" ? String(node.property.value) : undefined;
  }
  return node.property.name;
}

const importWalls = {
  create(context) {
    const check = (node, source) => {
      if (typeof source?.value !== "string") return;
      const message = importProblem(context.filename, source.value);
      if (message !== undefined) context.report({ node, message });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal),
    };
  },
};

const bannedMembers = new Map(
  Object.entries({
    "Date.now": clock,
    "Math.random": random,
    "process.env": settings,
    "performance.now": clock,
  }),
);

const bannedGlobals = new Map(
  Object.entries({ setTimeout: clock, setInterval: clock, setImmediate: clock }),
);

const noAmbient = {
  create(context) {
    if (isHome(context.filename)) return {};
    return {
      MemberExpression(node) {
        if (node.object.type !== "Identifier") return;
        const owner = node.object.name === "globalThis" ? "" : `${node.object.name}.`;
        const name = memberName(node);
        const message =
          owner === "" ? bannedGlobals.get(name) : bannedMembers.get(`${owner}${name}`);
        if (message !== undefined) context.report({ node, message: `${owner}${name}: ${message}` });
      },
      CallExpression(node) {
        if (node.callee.type !== "Identifier") return;
        const message = bannedGlobals.get(node.callee.name);
        if (message !== undefined) {
          context.report({ node, message: `${node.callee.name}: ${message}` });
        }
      },
      NewExpression(node) {
        if (isIdentifier(node.callee, "Date") && node.arguments.length === 0) {
          context.report({ node, message: `new Date(): ${clock}` });
        }
      },
      ImportDeclaration(node) {
        if (node.source.value !== "node:timers" && node.source.value !== "node:timers/promises")
          return;
        context.report({ node, message: `${node.source.value}: ${clock}` });
      },
    };
  },
};

const noEmptyCatch = {
  create(context) {
    const isSwallowing = (callback) =>
      callback !== undefined &&
      /^(Arrow)?FunctionExpression$/.test(callback.type) &&
      callback.body.type === "BlockStatement" &&
      callback.body.body.length === 0;
    return {
      CatchClause(node) {
        if (node.body.body.length > 0) return;
        context.report({ node, message: "An error is swallowed here: act on it or let it pass." });
      },
      CallExpression(node) {
        if (node.callee.type !== "MemberExpression" || memberName(node.callee) !== "catch") return;
        if (!isSwallowing(node.arguments[0])) return;
        context.report({
          node,
          message: "A rejection is swallowed here: act on it or let it pass.",
        });
      },
    };
  },
};

export default {
  meta: { name: "millrace" },
  rules: {
    "import-walls": importWalls,
    "io-has-crash-point": ioHasCrashPoint,
    "no-ambient": noAmbient,
    "no-empty-catch": noEmptyCatch,
  },
};
