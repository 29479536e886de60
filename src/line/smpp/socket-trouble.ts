/** What is wrong with the connection to an SMSC, for a person: what, where, and the mend. OpenSSL's own text is none. */
import { Fault } from "../../runtime/fault.ts";

export function troubleAt(where: string, error: Error): Fault {
  return new Fault({
    code: "line.closed",
    disposition: "line",
    message: sentenceOf(where, error),
    cause: error,
  });
}

const OWN_CERTIFICATE = "give `tls.cert` and `tls.key`";

/** `where`: the url without its user. */
export function sentenceOf(where: string, error: Error): string {
  const isSecure = where.startsWith("smpps:");
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  switch (code) {
    case "ECONNREFUSED":
      return `${where} refuses the connection: correct host and port in \`url\`, or ask the carrier whether this address may connect`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${where} cannot be found: correct the host in \`url\`, or mend the name service`;
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return `${where} cannot be reached: check the network, the host in \`url\` and the firewall`;
    case "ECONNRESET":
    case "EPIPE":
      return error.message.includes("before secure TLS connection")
        ? `${where} ends the connection before TLS stands: if no TLS is spoken there write smpp://, else ask the carrier whether this address may connect`
        : `${where} cut the connection (${code}): should it go on, check the network${isSecure ? "" : ", write smpps:// if it speaks TLS"}, and ask the carrier whether this address may connect`;
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
    case "ERR_SSL_HTTP_REQUEST":
      return `no TLS is spoken at ${where}: write smpp:// in \`url\`, or correct the port`;
    case "ERR_SSL_UNSUPPORTED_PROTOCOL":
    case "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION":
      return `${where} speaks only a version of TLS that is no longer safe: ask the carrier for TLS 1.2 or later`;
    case "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED":
      return `${where} wants a certificate of ours: ${OWN_CERTIFICATE}`;
    case "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE":
      return `${where} refuses the handshake of TLS: if the carrier wants a certificate of ours ${OWN_CERTIFICATE}, else ask it which ciphers it takes`;
    case "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE":
    case "ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE":
    case "ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED":
    case "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED":
    case "ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN":
    case "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA":
    case "ERR_SSL_TLSV1_ALERT_ACCESS_DENIED":
      return `${where} does not take our certificate (${plain(error)}): ${OWN_CERTIFICATE} as the carrier issued them`;
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return `${where} has a certificate nobody here trusts (${code}): give its authority as \`tls.ca\``;
    case "CERT_HAS_EXPIRED":
      return `${where} has a certificate that has expired: ask the carrier, and check this machine's clock`;
    case "CERT_NOT_YET_VALID":
      return `${where} has a certificate that is not valid yet: check this machine's clock, and ask the carrier`;
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `${where} has a certificate for another name: correct the host in \`url\``;
    default:
      return isSecure && code.startsWith("ERR_SSL_")
        ? `${where} and this machine do not agree on TLS (${plain(error)}): ask the carrier what it wants`
        : `${where} cannot be opened: ${plain(error)}`;
  }
}

/** One line: OpenSSL's own has file names, numbers of lines and a line break. */
function plain(error: Error): string {
  const text = "reason" in error && typeof error.reason === "string" ? error.reason : error.message;
  return text.replace(/\s+/g, " ").trim();
}
