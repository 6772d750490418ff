import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const openssl = (words: readonly string[]): Promise<unknown> =>
  promisify(execFile)("openssl", [...words]);
const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Certificates in a directory of a test's own, as PEM files. */
export class Certificates {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /**
   * Two authorities; the first one has signed those of a server at 127.0.0.1 and of a client, and
   * one of that server which has expired.
   */
  static async make(): Promise<Certificates> {
    const made = new Certificates(await mkdtemp(join(tmpdir(), "millrace-tls-")));
    await made.#makeAuthority("authority");
    await made.#makeAuthority("stranger");
    await made.#sign("server", "subjectAltName=IP:127.0.0.1");
    await made.#sign("client", "extendedKeyUsage=clientAuth");
    await made.#sign("expired", "subjectAltName=IP:127.0.0.1", -1);
    return made;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** A PEM file as a value of Kafka's properties, which may not have lines. */
  async property(name: string): Promise<string> {
    return (await readFile(this.path(name), "utf8")).trim().replaceAll("\n", "\\n");
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  async #makeAuthority(name: string): Promise<void> {
    const files = ["-keyout", this.path(`${name}.key`), "-out", this.path(`${name}.pem`)];
    await openssl(["req", "-x509", ...newKey, ...files, "-days", "2", "-subj", `/CN=${name}`]);
  }

  async #sign(name: string, extension: string, days = 2): Promise<void> {
    const [request, extensions] = [this.path(`${name}.csr`), this.path(`${name}.ext`)];
    const files = ["-keyout", this.path(`${name}.key`), "-out", request];
    await openssl(["req", ...newKey, ...files, "-subj", `/CN=${name}`]);
    await writeFile(extensions, extension);
    const authority = ["-CA", this.path("authority.pem"), "-CAkey", this.path("authority.key")];
    const signed = ["-in", request, "-out", this.path(`${name}.pem`), "-extfile", extensions];
    await openssl(["x509", "-req", ...authority, "-CAcreateserial", "-days", `${days}`, ...signed]);
  }
}
