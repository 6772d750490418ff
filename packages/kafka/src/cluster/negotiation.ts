import { millraceError } from "@millrace/core";
import { decodeAnswer, encodeRequest, type KafkaApi } from "../requests/api.ts";
import { apiVersions, type ApiVersionsAnswer } from "../requests/api-versions.ts";
import { kafkaError } from "../requests/kafka-errors.ts";
import { formatAddress, type KafkaAddress } from "../transport/options.ts";
import type { KafkaTransport, SendOptions } from "../transport/transport.ts";
import { isConnectionError, refusedByKafka } from "./retry.ts";

/** How a request is sent; `versionMax` keeps to an older version than both sides know. */
export interface CallOptions extends SendOptions {
  readonly versionMax?: number;
}

/**
 * Sends requests in the newest version that we and the broker know. What a broker knows is asked
 * once, and again after its connection was lost: it may come back as another version.
 */
export class Negotiation {
  private readonly transport: KafkaTransport;
  private readonly offers = new Map<string, Promise<ApiVersionsAnswer>>();

  constructor(transport: KafkaTransport) {
    this.transport = transport;
  }

  /**
   * Sends a request once and reads its answer.
   *
   * @throws KAFKA_BROKER_TOO_OLD, KAFKA_ANSWER_INVALID, and what the transport throws
   */
  async call<Request, Answer>(
    broker: KafkaAddress,
    api: KafkaApi<Request, Answer>,
    request: Request,
    options: CallOptions,
  ): Promise<Answer> {
    const name = formatAddress(broker);
    const version = chooseVersion(api, await this.offer(broker), name, options.versionMax);
    try {
      const raw = encodeRequest(api, request, version);
      const bytes = await this.transport.send(broker, raw, options);
      return decodeAnswer(api, bytes, version);
    } catch (error) {
      if (isConnectionError(error)) this.offers.delete(name);
      throw error;
    }
  }

  /** What a broker knows, and which features its cluster has. */
  offer(broker: KafkaAddress): Promise<ApiVersionsAnswer> {
    const name = formatAddress(broker);
    const present = this.offers.get(name);
    if (present !== undefined) return present;
    const asked = this.ask(broker).catch((error: unknown) => {
      this.offers.delete(name);
      throw error;
    });
    this.offers.set(name, asked);
    return asked;
  }

  private async ask(broker: KafkaAddress): Promise<ApiVersionsAnswer> {
    const version = apiVersions.versionMax;
    const raw = encodeRequest(apiVersions, {}, version);
    const bytes = await this.transport.send(broker, raw, { lane: "control", timeoutMs: 10_000 });
    const answer = decodeAnswer(apiVersions, bytes, version);
    if (answer.error === 0) return answer;
    const error = kafkaError(answer.error);
    if (error.name !== "UNSUPPORTED_VERSION") throw refusedByKafka(apiVersions.name, error);
    throw tooOld(apiVersions, formatAddress(broker), version);
  }
}

function chooseVersion(
  api: KafkaApi<never, unknown>,
  offer: ApiVersionsAnswer,
  broker: string,
  versionMax: number = api.versionMax,
): number {
  const range = offer.versions.get(api.key) ?? { min: 0, max: -1 };
  const version = Math.min(api.versionMax, versionMax, range.max);
  if (version < Math.max(api.versionMin, range.min)) throw tooOld(api, broker, api.versionMin);
  return version;
}

function tooOld(api: KafkaApi<never, unknown>, broker: string, version: number): Error {
  return millraceError("KAFKA_BROKER_TOO_OLD", { broker, request: api.name, version });
}
