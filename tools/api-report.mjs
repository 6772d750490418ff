// Compares the public API of each package with its committed report, docs/api/<package>.api.md:
// `node tools/api-report.mjs [package …]`. With --update the reports are written.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";
import { build } from "../dev/build.mjs";
import { root } from "../dev/run.mjs";

const reports = join(root, "docs/api");

/** Docstring style is tidy's matter; here only the shape of the API counts. */
const silent = { default: { logLevel: "none" } };

function configOf(name, reportTempFolder) {
  const projectFolder = join(root, "packages", name);
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder,
      mainEntryPointFilePath: join(projectFolder, "dist/index.d.ts"),
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "es2022",
            lib: ["es2022"],
            module: "nodenext",
            moduleResolution: "nodenext",
            allowImportingTsExtensions: true,
            noEmit: true,
            strict: true,
            skipLibCheck: true,
            types: ["node"],
          },
          files: [join(projectFolder, "dist/index.d.ts")],
        },
      },
      newlineKind: "lf",
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: reports,
        reportTempFolder,
        includeForgottenExports: false,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      messages: {
        compilerMessageReporting: silent,
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(projectFolder, "package.json"),
  });
}

/** Whether the package's report is right; with `isUpdate` it is made so. */
function checkPackage(name, isUpdate, temporary) {
  const problems = [];
  let result = { apiReportChanged: false };
  try {
    result = Extractor.invoke(configOf(name, temporary), {
      localBuild: isUpdate,
      messageCallback(message) {
        message.handled = true;
        if (message.logLevel === "error") problems.push(message.text);
      },
    });
  } catch (error) {
    // It throws where a declaration cannot be resolved, which a failed build leads to.
    problems.push(error.unformattedMessage ?? error.message);
  }
  if (problems.length > 0) process.stdout.write(`${name}: ${problems.join("; ")}\n`);
  if (result.apiReportChanged) {
    const end = isUpdate
      ? "was updated"
      : "differs from the API: node tools/api-report.mjs --update";
    process.stdout.write(`docs/api/${name}.api.md ${end}\n`);
  }
  return problems.length === 0 && (isUpdate || !result.apiReportChanged);
}

const isUpdate = process.argv.includes("--update");
const named = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
// A build that fails is the types step's finding; what was built before is still compared.
await build();
const packages = (named.length > 0 ? named : readdirSync(join(root, "packages"))).filter((name) =>
  existsSync(join(root, "packages", name, "dist/index.d.ts")),
);
mkdirSync(reports, { recursive: true });
const temporary = mkdtempSync(join(root, "node_modules", ".api-report-"));
try {
  const right = packages.map((name) => checkPackage(name, isUpdate, temporary));
  process.exitCode = right.every(Boolean) ? 0 : 1;
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
