import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { missingFor } from "../missing.mjs";

const version = "4.3.1";

describe.skipIf(process.platform !== "linux")("what a machine lacks for Kafka", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-missing-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const missing = () =>
    missingFor("kafka", {
      PATH: directory,
      MILLRACE_SERVICES: directory,
      MILLRACE_KAFKA_VERSION: version,
    });

  /** A `java` that says its version. */
  async function putJava(text: string): Promise<void> {
    const script = `#!/bin/sh\necho 'openjdk version "${text}" 2025-04-15' >&2\n`;
    await writeFile(join(directory, "java"), script, { mode: 0o755 });
  }

  it("is Java where there is none", () => {
    expect(missing()).toBe("Java 17 is needed, and no java is on the PATH");
  });

  it("is a newer Java where there is an old one", async () => {
    await putJava("11.0.2");
    expect(missing()).toBe("Java 17 is needed, and java on the PATH is 11");
  });

  it("is Maven where Kafka is not installed", async () => {
    await putJava("17.0.15");
    expect(missing()).toBe("Maven is needed to install the server, and no mvn is on the PATH");
    await symlink(
      execFileSync("which", ["env"], { encoding: "utf8" }).trim(),
      join(directory, "mvn"),
    );
    expect(missing()).toBeUndefined();
  });

  it("is Python for PostgreSQL, where that is not installed", async () => {
    const env = { PATH: directory, MILLRACE_SERVICES: directory, MILLRACE_POSTGRES_VERSION: "18" };
    const reason =
      "Python 3 with pip is needed to install PostgreSQL, and no python3 is on the PATH";
    expect(missingFor("postgres", env)).toBe(reason);
    await mkdir(join(directory, "postgres", "18"), { recursive: true });
    await writeFile(join(directory, "postgres", "18", ".complete"), "");
    expect(missingFor("postgres", env)).toBeUndefined();
  });

  it("is Python for MongoDB, and a server for Redis that root could install", async () => {
    const env = { PATH: directory, MILLRACE_SERVICES: directory };
    expect(missingFor("mongodb", env)).toMatch("Python 3 with pip is needed to run SecantusDB");
    expect(missingFor("redis", env)).toMatch("no redis-server is on the PATH");
    await writeFile(join(directory, "redis-server"), "#!/bin/sh\n", { mode: 0o755 });
    expect(missingFor("redis", env)).toBeUndefined();
  });

  it("is nothing where Java is and Kafka is installed", async () => {
    await putJava("21");
    await mkdir(join(directory, "kafka", version), { recursive: true });
    await writeFile(join(directory, "kafka", version, ".complete"), "");
    expect(missing()).toBeUndefined();
  });
});
