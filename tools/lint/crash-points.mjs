import { placeOf } from "./walls.mjs";

// Where a process that dies could lose or double something, each step of I/O has a crash point
// (packages/core/src/crash-points.ts), so that a test can make it die there.

/** What is written: wherever tasks do it. */
const writes = {
  any: ["truncate", "createTopic", "deleteTopics", "openWriter", "readToken", "startAfresh"],
  writer: ["commit"],
  sink: ["write"],
};
/** What is read in order to go on. */
const restores = { any: ["bounds", "openReader"], reader: ["read"] };

/** Calls that need a point, by the files that they are in; the last name of a receiver counts. */
const rules = [
  { files: /^runtime\/src\/(?!run\/group\/)/, calls: writes },
  { files: /^runtime\/src\/(state\/|output\/|input\/shuffle-input)/, calls: restores },
  { files: /^log\/src\/embedded\/lmdb\//, calls: { any: ["transactionSync"] } },
  {
    files: /^kafka\/src\/transactions\/transactional-producer/,
    calls: { any: ["sendBatches", "moveOffsets"] },
  },
];

/** The files of connectors: a store's transaction ends within two points. */
const stores = /^connectors\/src\//;

const nameOf = (node) => {
  if (node.type === "Identifier" || node.type === "PrivateIdentifier") return node.name;
  return node.type === "MemberExpression" ? nameOf(node.property) : "";
};

function needsPoint(file, node) {
  if (node.callee.type !== "MemberExpression") return false;
  const method = nameOf(node.callee);
  const receiver = nameOf(node.callee.object);
  const [first] = node.arguments;
  if (stores.test(file)) return first?.type === "Literal" && first.value === "COMMIT";
  return rules.some(({ files, calls }) => {
    if (!files.test(file)) return false;
    return calls.any.includes(method) || (calls[receiver] ?? []).includes(method);
  });
}

const functionTypes = /^(FunctionDeclaration|FunctionExpression|MethodDefinition)$/;

/** Within the call given to `atCrashPoints`, or in a function that names points itself. */
function hasPoint(node, source) {
  for (let outer = node.parent; outer; outer = outer.parent) {
    if (outer.type === "CallExpression" && nameOf(outer.callee) === "atCrashPoints") return true;
    if (!functionTypes.test(outer.type)) continue;
    return /\bcrashPoint\("before-[\w-]+"\)/.test(source.getText(outer));
  }
  return false;
}

/** Steps of I/O of tasks, stores and logs have crash points. */
export const ioHasCrashPoint = {
  create(context) {
    const place = placeOf(context.filename);
    if (place === undefined) return {};
    const file = `${place.package}/${place.path}`;
    return {
      CallExpression(node) {
        if (!needsPoint(file, node) || hasPoint(node, context.sourceCode)) return;
        const message = `${nameOf(node.callee)}: give this step of I/O a name by atCrashPoints.`;
        context.report({ node, message });
      },
    };
  },
};
