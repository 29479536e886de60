/** What went wrong on the way to an app, in Twilio's codes (contract §12.3). Unlisted errors are 11200 or 11205. */
export type NetworkTrouble = {
  readonly code: number;
  /** For the operator: what, never whom. */
  readonly why: string;
  /** Whether the connection, with TLS where there is one, had come about. */
  readonly phase: "connect" | "read";
};

const CODES: Readonly<Record<string, readonly [code: number, why: string]>> = {
  ENOTFOUND: [11210, "the host name is not known"],
  EAI_AGAIN: [11210, "the host name could not be looked up"],
  ECONNREFUSED: [11202, "the connection was refused"],
  ECONNRESET: [11200, "the connection was reset before there was an answer"],
  EPIPE: [11200, "the connection was closed before there was an answer"],
  EHOSTUNREACH: [11205, "the host cannot be reached"],
  ENETUNREACH: [11205, "the network cannot be reached"],
  ETIMEDOUT: [11201, "the connection timed out"],
  EPROTO: [11220, "the TLS handshake failed"],
  ERR_TLS_CERT_ALTNAME_INVALID: [11235, "the certificate is for another name"],
  CERT_HAS_EXPIRED: [11236, "the certificate has expired"],
  CERT_NOT_YET_VALID: [11236, "the certificate is not valid yet"],
  DEPTH_ZERO_SELF_SIGNED_CERT: [11237, "the certificate is self-signed"],
  SELF_SIGNED_CERT_IN_CHAIN: [11237, "the certificate is self-signed"],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [11237, "the certificate's issuer is not trusted"],
  UNABLE_TO_GET_ISSUER_CERT: [11237, "the certificate's issuer is not trusted"],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [11237, "the certificate's issuer is not trusted"],
};

export function networkTroubleOf(error: unknown, phase: NetworkTrouble["phase"]): NetworkTrouble {
  const errno = errnoOf(error);
  if (errno.startsWith("HPE_")) return { code: 11206, why: `the answer is not HTTP (${errno})`, phase };
  if (errno.startsWith("ERR_SSL_")) return { code: 11220, why: `the TLS handshake failed (${errno})`, phase };
  if (errno === "ECONNRESET" && phase === "connect") {
    return { code: 11205, why: "the connection was reset before it came about", phase };
  }
  const [code, why] = CODES[errno] ?? [phase === "connect" ? 11205 : 11200, `network error ${errno}`];
  return { code, why, phase };
}

function errnoOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string") {
    return error.code;
  }
  return "unknown";
}
