import { writeFile } from "node:fs/promises";
import { isMillraceError, type Log, type MillraceError, systemClock } from "@millrace/core";
import { kafkaOptions, openLog } from "../../src/run/open-log.ts";
import { kafkaOfEnvironment } from "../../src/run/kafka-of-environment.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithOwnCluster } from "../../../../dev/services/describe.mjs";
import { type ClusterOptions, kafkaTool } from "../../../../dev/services/services.mjs";
import { buildPackages, checkExit, Workspace } from "../cli/workspace.ts";
import { Certificates } from "./certificates.ts";

const password = "pass-7f3a word";
const wrongPassword = "guess-55c1";

let certificates: Certificates;

/** Listeners of one broker beside the plain one, by the number that is added to its port. */
const listeners = { TLS: 1, SASLTLS: 2, MUTUAL: 4, SASLPLAIN: 5, EXPIRED: 6 };

const jaas = {
  plain: `PlainLoginModule required user_alice="${password}";`,
  "scram-sha-256": "ScramLoginModule required;",
  "scram-sha-512": "ScramLoginModule required;",
  oauthbearer: 'OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
};
const packages: Readonly<Record<string, string>> = {
  plain: "plain",
  "scram-sha-256": "scram",
  "scram-sha-512": "scram",
  oauthbearer: "oauthbearer",
};

function saslSettings(listener: string): Record<string, string> {
  const settings: Record<string, string> = {};
  const name = `listener.name.${listener.toLowerCase()}`;
  settings[`${name}.sasl.enabled.mechanisms`] = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER";
  for (const [mechanism, line] of Object.entries(jaas)) {
    const module = `org.apache.kafka.common.security.${packages[mechanism]}.${line}`;
    settings[`${name}.${mechanism}.sasl.jaas.config`] = module;
  }
  return settings;
}

/** One broker with all listeners. */
async function secured(): Promise<ClusterOptions> {
  certificates = await Certificates.make();
  const added = Object.entries(listeners).map(([name, port]) => {
    return `${name}://127.0.0.1:{port+${port}}`;
  });
  const plain = "PLAINTEXT://127.0.0.1:{port+0}";
  const protocols = "TLS:SSL,EXPIRED:SSL,MUTUAL:SSL,SASLTLS:SASL_SSL,SASLPLAIN:SASL_PLAINTEXT";
  return {
    nodes: 1,
    settings: {
      listeners: [plain, "CONTROLLER://127.0.0.1:{port+3}", ...added].join(","),
      "advertised.listeners": [plain, ...added].join(","),
      "listener.security.protocol.map": `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,${protocols}`,
      "ssl.keystore.type": "PEM",
      "ssl.keystore.certificate.chain": await certificates.property("server.pem"),
      "ssl.keystore.key": await certificates.property("server.key"),
      "ssl.truststore.type": "PEM",
      "ssl.truststore.certificates": await certificates.property("authority.pem"),
      "listener.name.mutual.ssl.client.auth": "required",
      "listener.name.expired.ssl.keystore.certificate.chain":
        await certificates.property("expired.pem"),
      "listener.name.expired.ssl.keystore.key": await certificates.property("expired.key"),
      "listener.name.saslplain.plain.connections.max.reauth.ms": sessionMs,
      ...saslSettings("SASLTLS"),
      ...saslSettings("SASLPLAIN"),
    },
  };
}

/** A token as Kafka takes it without a server that gives tokens: signed by nobody. */
function unsignedToken(subject: string, lifeSeconds = 3600): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { sub: subject, iat: now - 10, exp: now + lifeSeconds };
  return `${part({ alg: "none" })}.${part(claims)}.`;
}

/** How long the broker lets plain users in, on one of its listeners. */
const sessionMs = 1500;

type Variables = Readonly<Record<string, string>>;

describeWithOwnCluster("a Kafka that lets in only whom it knows", secured, (kafka) => {
  beforeAll(async () => {
    // Kafka takes one mechanism of a user at a time.
    for (const mechanism of ["SCRAM-SHA-256", "SCRAM-SHA-512"]) {
      const user = ["--entity-type", "users", "--entity-name", "alice"];
      const change = ["--alter", "--add-config", `${mechanism}=[password=${password}]`];
      const place = ["--bootstrap-server", kafka.brokers.join()];
      await kafkaTool("kafka.admin.ConfigCommand", [...place, ...user, ...change]);
    }
    await writeFile(certificates.path("token"), `${unsignedToken("alice")}\n`);
  }, 60_000);
  afterAll(() => certificates.remove());

  function url(listener: keyof typeof listeners, query = ""): string {
    const port = Number(kafka.brokers[0]?.split(":")[1]) + listeners[listener];
    return `kafka://127.0.0.1:${port}${query}`;
  }

  const trusted = (): Variables => ({ MILLRACE_KAFKA_CA_FILE: certificates.path("authority.pem") });
  const alice = (mechanism: string): Variables => ({
    MILLRACE_KAFKA_USERNAME: "alice",
    MILLRACE_KAFKA_PASSWORD: password,
    MILLRACE_KAFKA_MECHANISM: mechanism,
  });

  /** What a record takes, and the mark of its transaction. */
  const recordAndMark = 2n;

  const open = (place: string, variables: Variables): Promise<Log> =>
    openLog(kafkaOptions(place, kafkaOfEnvironment(variables)));

  /** Opens the log and writes a record through it. @returns how many offsets that took */
  async function reach(place: string, variables: Variables): Promise<bigint> {
    const log = await open(place, variables);
    try {
      const topic = `secured-${process.pid}-${Math.round(performance.now() * 1000)}`;
      await log.createTopic({ name: topic, partitions: 1, kind: "records" });
      const writer = await log.openAppender();
      writer.append(topic, 0, new Uint8Array([1]));
      await writer.commit();
      const { start, end } = await log.bounds(topic, 0);
      return end - start;
    } finally {
      await log.close();
    }
  }

  async function refusal(place: string, variables: Variables): Promise<MillraceError> {
    const error = await reach(place, variables).catch((reason: unknown) => reason);
    if (!isMillraceError(error)) throw error instanceof Error ? error : new Error("no refusal");
    const texts = `${error.message} ${JSON.stringify(error.toJSON())} ${String(error.stack)}`;
    for (const secret of [password, wrongPassword, unsignedToken("alice").slice(0, 40)]) {
      expect(texts).not.toContain(secret);
    }
    return error;
  }

  test("TLS with an authority of one's own", async () => {
    expect(await reach(url("TLS"), trusted())).toBe(recordAndMark);
    expect(await reach(url("TLS", "?ssl=true"), trusted())).toBe(recordAndMark);
  });

  test("TLS with a certificate of one's own", async () => {
    const own = {
      MILLRACE_KAFKA_CERT_FILE: certificates.path("client.pem"),
      MILLRACE_KAFKA_KEY_FILE: certificates.path("client.key"),
    };
    expect(await reach(url("MUTUAL"), { ...trusted(), ...own })).toBe(recordAndMark);
  });

  test.each(["plain", "scram-sha-256", "scram-sha-512"])("SASL %s", async (mechanism) => {
    expect(await reach(url("SASLTLS"), { ...trusted(), ...alice(mechanism) })).toBe(recordAndMark);
    expect(await reach(url("SASLPLAIN"), alice(mechanism))).toBe(recordAndMark);
  });

  test("a connection is made anew before its session ends", async () => {
    const log = await open(url("SASLPLAIN"), alice("plain"));
    for (let request = 0; request < 20; request += 1) {
      expect(await log.topics()).toEqual(expect.any(Array));
      await systemClock.sleep((3 * sessionMs) / 20);
    }
    await log.close();
  });

  test("SASL oauthbearer with a token file", async () => {
    const token = { MILLRACE_KAFKA_TOKEN_FILE: certificates.path("token") };
    expect(await reach(url("SASLTLS"), { ...trusted(), ...token })).toBe(recordAndMark);
  });

  test.each(["plain", "scram-sha-256", "scram-sha-512"])(
    "a wrong password is told, without it (%s)",
    async (mechanism) => {
      const wrong = { ...alice(mechanism), MILLRACE_KAFKA_PASSWORD: wrongPassword };
      const error = await refusal(url("SASLTLS"), { ...trusted(), ...wrong });
      expect(error.code).toBe("KAFKA_AUTHENTICATION_FAILED");
      expect(error.message).toMatch(/does not let us in: .*[Ii]nvalid/);
    },
  );

  test("a token that has expired, or is not there, is told", async () => {
    await writeFile(certificates.path("old-token"), unsignedToken("alice", -5));
    const told = async (file: string): Promise<MillraceError> => {
      const token = { MILLRACE_KAFKA_TOKEN_FILE: certificates.path(file) };
      return refusal(url("SASLTLS"), { ...trusted(), ...token });
    };
    const [expired, absent] = [await told("old-token"), await told("no-token")];
    expect(expired.code).toBe("KAFKA_AUTHENTICATION_FAILED");
    expect(expired.message).toContain("invalid_token");
    expect(absent.code).toBe("KAFKA_AUTHENTICATION_FAILED");
    expect(absent.message).toContain("the token file cannot be read (ENOENT)");
  });

  test("an unknown authority is told", async () => {
    const variables = { MILLRACE_KAFKA_CA_FILE: certificates.path("stranger.pem") };
    for (const refused of [
      await refusal(url("TLS"), variables),
      await refusal(url("TLS", "?ssl=true"), {}),
    ]) {
      expect(refused.code).toBe("KAFKA_TLS_FAILED");
      expect(refused.message).toContain("certificate");
    }
  });

  test("a certificate that has expired is told", async () => {
    const error = await refusal(url("EXPIRED"), trusted());
    expect(error.code).toBe("KAFKA_TLS_FAILED");
    expect(error.message).toContain("expired");
  });

  test("a listener that wants a certificate of ours tells so", async () => {
    const error = await refusal(url("MUTUAL"), trusted());
    expect(error.code).toBe("KAFKA_TLS_FAILED");
    expect(error.message).toContain("bad certificate");
  });

  test("plain text to a TLS listener is told", async () => {
    const error = await refusal(url("TLS"), {});
    expect(error.code).toBe("KAFKA_TLS_FAILED");
    expect(error.message).toContain("it speaks TLS");
  });

  test("TLS to a listener of plain text is told", async () => {
    const error = await refusal(url("SASLPLAIN", "?ssl=true"), alice("plain"));
    expect(error.code).toBe("KAFKA_TLS_FAILED");
  });

  test("a listener that wants to know who we are and is not told", async () => {
    const error = await refusal(url("SASLTLS"), trusted());
    expect(error.code).toBe("KAFKA_CONNECTION_LOST");
    expect(error.hint).toContain("who they are");
  });

  test("pipe runs a pipeline over TLS as a user", async () => {
    await buildPackages();
    const workspace = await Workspace.make();
    try {
      await workspace.write("hot.ts", hotFile);
      const env = { ...trusted(), ...alice("scram-sha-512") };
      const words = ["topics", "write", "readings", "--log", url("SASLTLS")];
      const writing = workspace.start(words, { env });
      writing.child.stdin?.end('{"celsius":95}\n{"celsius":20}\n');
      checkExit(await writing.ended, 0);
      const ran = await workspace.pipe(["run", "hot.ts", "--log", url("SASLTLS")], { env });
      checkExit(ran, 0);
      expect(ran.stdout).toContain("out         1 row\n");
      const wrong = { ...env, MILLRACE_KAFKA_PASSWORD: wrongPassword };
      const told = await workspace.pipe(["run", "hot.ts", "--log", url("SASLTLS")], { env: wrong });
      checkExit(told, 3);
      expect(told.stderr).toMatch(/^KAFKA_AUTHENTICATION_FAILED/);
      expect(told.stderr).not.toContain(wrongPassword);
    } finally {
      await workspace.remove();
    }
  }, 120_000);
});

const hotFile = `import { pipeline, t } from "millrace";
import { json, topic } from "millrace/log";

const Reading = t.row({ celsius: t.float64() });

export default pipeline("hot", (p) => {
  p.source("readings", topic("readings", json(Reading), { until: "end" }))
    .where((reading) => reading.celsius.gt(90))
    .sink("out", topic("hot", json(Reading)));
});
`;

test.each<[Variables, RegExp]>([
  [{ MILLRACE_KAFKA_USERNAME: "alice" }, /belong together/],
  [{ MILLRACE_KAFKA_MECHANISM: "plain" }, /belong together/],
  [{ MILLRACE_KAFKA_MECHANISM: "gssapi" }, /plain, scram-sha-256 or scram-sha-512/],
  [{ MILLRACE_KAFKA_MECHANISM: "oauthbearer" }, /MILLRACE_KAFKA_TOKEN_FILE/],
  [{ MILLRACE_KAFKA_TOKEN_FILE: "t", MILLRACE_KAFKA_PASSWORD: password }, /stands for/],
  [{ MILLRACE_KAFKA_TOKEN_FILE: "t", MILLRACE_KAFKA_MECHANISM: "plain" }, /is oauthbearer/],
  [{ MILLRACE_KAFKA_CERT_FILE: "c" }, /belong together/],
  [{ MILLRACE_KAFKA_CA_FILE: "not-there.pem" }, /not-there\.pem/],
])("settings that do not fit are refused: %j", (variables, text) => {
  expect(() => kafkaOfEnvironment(variables)).toThrow(text);
});

test("an empty variable is none, and nothing is said by nothing", () => {
  expect(kafkaOfEnvironment({ MILLRACE_KAFKA_USERNAME: "", HOME: "/" })).toEqual({});
});
