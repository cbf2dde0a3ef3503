/**
 * What to do when Redis refuses a connection or a command.
 *
 * @module
 */
import { ClusterError } from "../core/errors.ts";
import { addressName, type RedisAddress } from "./address.ts";

/** What the runtime or Redis says, and what that means. */
const REFUSALS: readonly (readonly [sign: RegExp, advice: string])[] = [
  [/WRONGPASS/, "the user or the password is wrong: see `username` and `password` of `redis`, or its URL"],
  [/NOAUTH/, "it wants a password: give `redis` a `password`, or redis://user:password@host"],
  [/NOPERM/, "its user may not do that: the page of clusters in the documentation has the rights that it needs"],
  [
    /certificate_?required/i,
    "it wants a certificate of its clients: give `redis` an object with `tls: { ca, cert, key }`",
  ],
  [
    /ALTNAME|NotValidForName/,
    "its certificate is for another name: give `redis` the host's name, or `tls: { servername }`",
  ],
  [
    /SELF_SIGNED|UNABLE_TO_|UnknownIssuer|CERT_|unknown_?ca/i,
    "its certificate is not signed by an authority that this process trusts: give `redis` an object with `tls: { ca }`",
  ],
  [
    /ERR_SSL|InvalidContentType|corrupt message/,
    "it does not speak TLS on this port: use redis:// without `tls`, or its port for TLS",
  ],
];

/** There was no answer in time. */
export class NoAnswer extends Error {}

/** Whether trying again is of no use. */
export function isFinal(error: unknown): boolean {
  return adviceFor(error) !== undefined;
}

/** The error for a Redis that cannot be used. */
export function unreachable(address: RedisAddress, cause: unknown): ClusterError {
  const name = addressName(address);
  const known = adviceFor(cause);
  if (known) return new ClusterError(`Cannot use Redis at ${name}: ${known}`, { cause });
  const { message = "" } = cause as Error;
  if (cause instanceof NoAnswer) {
    const reasons = "it may be loading its data, or want a certificate of its clients (`tls: { ca, cert, key }`)";
    return new ClusterError(`Cannot use Redis at ${name}: it is connected and does not answer: ${reasons}`, { cause });
  }
  const advice = /ECONNRESET|EPIPE|closed/i.test(message)
    ? "it closes the connection: if it speaks TLS, use rediss:// or `tls`"
    : "is it running, and may this script reach it (--allow-net)?";
  return new ClusterError(`Cannot reach Redis at ${name}: ${advice}`, { cause });
}

function adviceFor(error: unknown): string | undefined {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return REFUSALS.find(([sign]) => sign.test(`${code} ${message}`))?.[1];
}
