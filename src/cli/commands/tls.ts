import { EXIT } from "../../daemon/exit-codes.ts";
import { CONFIG, declare, JSON_OUT, Misuse } from "../command.ts";
import { isCertifiable } from "./certifiable.ts";

export const tlsCommand = declare({
  name: "tls",
  summary: "make the API a certificate, and the authority apps import",
  about: `Makes server.crt and server.key, signed by an authority of this site's own: ca.crt and ca.key, made where \
there are none. Apps import ca.crt once. Run it again before the certificate ends, or for another name: the names of the \
one before are kept, and the running daemon takes the new one by itself. It uses the machine's \`openssl\`.`,
  options: {
    out: {
      type: "string",
      value: "DIR",
      about: "where the four files are (default: tls in the data folder)",
    },
    name: {
      type: "string",
      value: "NAME",
      multiple: true,
      about: "a further DNS name or address that apps call the box by",
    },
    config: CONFIG,
    json: JSON_OUT,
  },
  exits: {
    [EXIT.unavailable]: "there is no OpenSSL 3 on this machine",
    [EXIT.noInput]:
      "the authority there is cannot sign: half of it is missing, or it ends soon; or there is no folder above --out",
    [EXIT.noPermission]: "this user may not write there: run it with sudo",
    [EXIT.config]: "the configuration is wrong",
  },
  examples: ["sudo pylone tls --name sms.example.org", "sudo pylone tls   # renew it"],
  read: ({ out = null, name: names = [], config = null, json = false }) => {
    const wrong = names.find((name) => !isCertifiable(name));
    if (wrong !== undefined)
      throw new Misuse(`\`${wrong}\` is neither a DNS name nor an address: sms.example.org, 192.168.1.10`);
    return { out, names: names.map((name) => name.toLowerCase()), config, json };
  },
  load: async () => (await import("../tls.ts")).tls,
});
