import type { Socket } from "node:net";
import { type MillraceError, millraceError } from "@millrace/core";
import { formatAddress, type KafkaAddress } from "./options.ts";

/** How far the opening of a socket has come, which tells what failed. */
export interface OpeningProgress {
  /** Whether somebody listens there. */
  isOpen: boolean;
  /** Whether TLS is agreed on; true from the start for a socket without it. */
  isSecure: boolean;
  /** Whether a request in the open was answered by an alert of TLS. */
  hasGotAlert: boolean;
}

/** Type and version, which an alert of TLS starts with. An answer of that size has 336 MiB. */
const alertStart = [21, 3] as const;

/** Watches a socket until its listeners are removed. */
export function watchOpening(socket: Socket, withTls: boolean): OpeningProgress {
  const progress = { isOpen: false, isSecure: !withTls, hasGotAlert: false };
  socket.once("connect", () => (progress.isOpen = true));
  socket.once("secureConnect", () => (progress.isSecure = true));
  socket.once("data", (bytes: Buffer) => {
    progress.hasGotAlert = !withTls && bytes[0] === alertStart[0] && bytes[1] === alertStart[1];
  });
  return progress;
}

/**
 * Why a socket could not be opened.
 *
 * @returns KAFKA_AUTHENTICATION_FAILED, KAFKA_TLS_FAILED or KAFKA_UNREACHABLE
 */
export function openingFailed(
  address: KafkaAddress,
  error: unknown,
  progress: OpeningProgress | undefined,
): MillraceError {
  const broker = formatAddress(address);
  const { name, message, code } = error as Error & { readonly code?: unknown };
  const problem = opensslReason(message.replace(/^Connection error: /, "")).replace(/[.\s]+$/, "");
  if (progress?.hasGotAlert === true) {
    const answer = "it speaks TLS, and was spoken to without";
    return millraceError("KAFKA_TLS_FAILED", { broker, problem: answer });
  }
  if (progress?.isOpen === true && (!progress.isSecure || String(code).startsWith("ERR_SSL"))) {
    return millraceError("KAFKA_TLS_FAILED", { broker, problem });
  }
  const isRefused = /SASL|Authentication/i.test(name) || message.includes("SASL");
  return isRefused
    ? millraceError("KAFKA_AUTHENTICATION_FAILED", { broker, problem })
    : millraceError("KAFKA_UNREACHABLE", { broker, problem });
}

/**
 * The words of an error of OpenSSL's, which stands between the names of a function and of a file.
 */
function opensslReason(text: string): string {
  return /^[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(text)?.[1] ?? text;
}
