import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { peersDirectory } from "../repository.ts";
import type { SoftwareName } from "../peer.ts";

/** One command of an installation. */
export interface Step {
  readonly program: string;
  readonly args: readonly string[];
  /** Where it is run; by default here. */
  readonly cwd?: string;
}

/** How software comes into a directory of the cache. */
export interface Recipe {
  /** Files of the project whose content decides whether it is installed anew. */
  readonly files: readonly string[];
  /** Programs that the machine must have. */
  readonly needs: readonly string[];
  /** Copies what the steps work on. */
  prepare?(directory: string): void;
  steps(directory: string): readonly Step[];
}

function filesIn(...path: readonly string[]): string[] {
  const directory = join(peersDirectory, ...path);
  return readdirSync(directory)
    .toSorted()
    .map((name) => join(directory, name));
}

const node: Recipe = {
  files: filesIn("node"),
  needs: ["npm"],
  prepare(directory) {
    cpSync(join(peersDirectory, "node"), directory, { recursive: true });
  },
  steps: (directory) => [
    {
      program: "npm",
      args: ["install", "--ignore-scripts", "--no-audit", "--no-fund"],
      cwd: directory,
    },
  ],
};

const copyDependencies = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";

function javaRecipe(name: "kafka-streams" | "flink"): Recipe {
  const sources = join(peersDirectory, "java", name);
  return {
    files: filesIn("java", name),
    needs: ["java", "javac", "mvn"],
    prepare: (directory) => void mkdirSync(join(directory, "classes"), { recursive: true }),
    steps: (directory) => {
      const [lib, classes] = [join(directory, "lib"), join(directory, "classes")];
      const project = ["-q", "-B", "-f", join(sources, "pom.xml")];
      const copied = ["-DincludeScope=runtime", `-DoutputDirectory=${lib}`];
      const places = ["-proc:none", "-cp", join(lib, "*"), "-d", classes];
      const files = filesIn("java", name).filter((file) => file.endsWith(".java"));
      return [
        { program: "mvn", args: [...project, copyDependencies, ...copied] },
        { program: "javac", args: [...places, ...files] },
      ];
    },
  };
}

function pythonRecipe(name: string): Recipe {
  const requirements = join(peersDirectory, "python", `${name}-requirements.txt`);
  return {
    files: [requirements],
    needs: ["python3"],
    steps: (directory) => [
      { program: "python3", args: ["-m", "venv", directory] },
      {
        program: join(directory, "bin", "pip"),
        args: ["install", "--disable-pip-version-check", "--no-compile", "-r", requirements],
      },
    ],
  };
}

/** How each software is installed. */
export const recipes: Readonly<Record<SoftwareName, Recipe>> = {
  node,
  "kafka-streams": javaRecipe("kafka-streams"),
  flink: javaRecipe("flink"),
  pathway: pythonRecipe("pathway"),
  quixstreams: pythonRecipe("quixstreams"),
  bytewax: pythonRecipe("bytewax"),
};
