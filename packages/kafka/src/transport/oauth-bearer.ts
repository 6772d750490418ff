import { readFile } from "node:fs/promises";
import type { KafkaSasl } from "./options.ts";

type Bearer = Extract<KafkaSasl, { mechanism: "oauthbearer" }>;

/** How kafkajs lets a mechanism of ours send its messages; each begins with its length. */
interface Exchange {
  saslAuthenticate(message: {
    readonly request: { encode(): Promise<Buffer> };
    readonly response: { decode(answer: Buffer): Buffer; parse(answer: Buffer): Buffer };
  }): Promise<Buffer>;
}

/**
 * OAUTHBEARER (RFC 7628) in kafkajs' form. Its own takes the broker's refusal for consent: a broker
 * refuses with an answer that is not empty, and says why after the client has confirmed it.
 */
export function bearerSasl(sasl: Bearer): object {
  const authenticationProvider = ({ saslAuthenticate }: Exchange): object => ({
    authenticate: async () => {
      const token = await readToken(sasl);
      const refusal = await saslAuthenticate(message(`n,,\x01auth=Bearer ${token}\x01\x01`));
      if (refusal.length === 0) return;
      const answered = saslAuthenticate(message("\x01"));
      const reason = await answered.then(String, (error: Error) => error.message);
      throw new Error(`SASL: the broker does not accept the token: ${reason}`);
    },
  });
  return { mechanism: sasl.mechanism, authenticationProvider };
}

async function readToken(sasl: Bearer): Promise<string> {
  if ("token" in sasl) return sasl.token;
  try {
    return (await readFile(sasl.tokenFile, "utf8")).trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`SASL: the token file cannot be read (${code})`, { cause: error });
  }
}

function message(text: string): Parameters<Exchange["saslAuthenticate"]>[0] {
  const withLength = Buffer.alloc(4 + Buffer.byteLength(text));
  withLength.writeInt32BE(withLength.length - 4);
  withLength.write(text, 4);
  const content = (answer: Buffer): Buffer => answer.subarray(4);
  return {
    request: { encode: () => Promise.resolve(withLength) },
    response: { decode: content, parse: (answer) => answer },
  };
}
