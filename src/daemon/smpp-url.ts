/**
 * The `url` of an SMPP line: `smpp://system_id:password@host:port`, `smpps://` for TLS, or `sim:`. What stands in it is
 * percent-decoded; what is wrong with it is told without repeating it, because the password is in it.
 */
export type SmppUrl =
  | { readonly is: "simulated" }
  | {
      readonly is: "socket";
      readonly host: string;
      readonly port: number;
      readonly secure: boolean;
      readonly systemId: string;
      readonly password: string;
    }
  /** What is wrong, then the mend. */
  | { readonly is: "wrong"; readonly text: string };

/** IANA: smpp. TLS has no port of its own; most carriers have it here. */
const PORT = 2775;
const SECURE_PORT = 3550;

const ESCAPES = "write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23 and % as %25 in the password";

export function readSmppUrl(text: string): SmppUrl {
  if (text === "sim:") return { is: "simulated" };
  if (!URL.canParse(text)) return wrong(whyNoUrl(text));
  const { protocol, username, password, hostname, port, pathname, search, hash } = new URL(text);
  if (search !== "" || hash !== "" || (pathname !== "" && pathname !== "/"))
    return wrong(`there is something behind the port; ${ESCAPES}`);
  if (hostname === "") return wrong("the host is missing; write smpp://system_id:password@host:2775");
  if (username === "")
    return wrong(
      "the system_id and the password are missing; write them before the host: smpp://system_id:password@host:2775",
    );
  if (port === "0") return wrong("nobody listens at port 0; write the carrier's, or leave it out for 2775");
  const secure = protocol === "smpps:";
  try {
    return {
      is: "socket",
      host: hostname.replace(/^\[(.*)\]$/, "$1"),
      port: port === "" ? (secure ? SECURE_PORT : PORT) : Number(port),
      secure,
      systemId: decodeURIComponent(username),
      password: decodeURIComponent(password),
    };
  } catch {
    return wrong(`a % in it is not followed by two hexadecimal digits; ${ESCAPES}`);
  }
}

function whyNoUrl(text: string): string {
  const place = text.slice(text.lastIndexOf("@") + 1);
  if (/^(:\d*)?\/?$/.test(place)) return "the host is missing; write smpp://system_id:password@host:2775";
  const port = /^(?:[^:]+|\[.*\]):(\d+)\/?$/.exec(place)?.[1];
  if (port !== undefined && Number(port) > 65_535) return "a port is 1 to 65535; leave it out for 2775";
  return `this is no url; ${ESCAPES}`;
}

/** For people: no password, no system_id. */
export function shownSmppUrl(text: string): string {
  const url = readSmppUrl(text);
  if (url.is !== "socket") return text === "sim:" ? "sim:" : "smpp";
  const host = url.host.includes(":") ? `[${url.host}]` : url.host;
  return `${url.secure ? "smpps" : "smpp"}://${host}:${url.port}`;
}

function wrong(text: string): SmppUrl {
  return { is: "wrong", text };
}
