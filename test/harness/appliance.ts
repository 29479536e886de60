/** A running daemon as its user meets it: a base URL, a SID and a token. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, type Program, type Site } from "./program.ts";

export type Answer = { readonly status: number; readonly json: Record<string, unknown> };

export class ApplianceClient {
  readonly base: string;
  readonly sid: string;
  readonly token: string;

  constructor(base: string, credentials: string) {
    this.base = base;
    const [sid = "", token = ""] = credentials.split(":");
    this.sid = sid;
    this.token = token;
  }

  async call(method: string, path: string, form?: Record<string, string>): Promise<Answer> {
    const answer = await fetch(this.base + path.replace("{AC}", `/2010-04-01/Accounts/${this.sid}`), {
      method,
      headers: { Authorization: `Basic ${btoa(`${this.sid}:${this.token}`)}` },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
    const text = await answer.text();
    const json: unknown = text === "" ? {} : JSON.parse(text);
    return { status: answer.status, json: json as Record<string, unknown> };
  }

  async get(path: string): Promise<Record<string, unknown>> {
    return (await this.call("GET", path)).json;
  }

  post(path: string, form: Record<string, string>): Promise<Answer> {
    return this.call("POST", path, form);
  }

  /** The statuses a message has been seen in, ending with `last`. */
  async statuses(sid: string, last: string): Promise<string[]> {
    const seen: string[] = [];
    return eventually(async () => {
      const status = String((await this.get(`{AC}/Messages/${sid}.json`))["status"]);
      if (seen.at(-1) !== status) seen.push(status);
      return status === last ? seen : null;
    });
  }

  async numberSid(phoneNumber: string): Promise<string> {
    const list = await this.get(
      `{AC}/IncomingPhoneNumbers.json?PhoneNumber=${encodeURIComponent(phoneNumber)}`,
    );
    const [first] = list["incoming_phone_numbers"] as { sid: string }[];
    if (first === undefined) throw new Error(`there is no number ${phoneNumber}`);
    return first.sid;
  }

  async line(name: string): Promise<Record<string, unknown>> {
    const lines = (await this.get("/appliance/v1/Lines"))["lines"] as Record<string, unknown>[];
    return lines.find((line) => line["name"] === name) ?? {};
  }
}

/** Writes `config` and starts a daemon on it, on a port of its own. */
export async function startDaemon(
  site: Site,
  config: string,
  env: Record<string, string> = {},
): Promise<{ daemon: Program; client: ApplianceClient; configFile: string }> {
  const configFile = join(site.folder, "pylone.yaml");
  writeFileSync(configFile, config);
  const daemon = site.run("main.js", ["serve", "--config", configFile], {
    PYLONE_HTTP_HOST: "127.0.0.1",
    PYLONE_HTTP_PORT: "0",
    ...env,
  });
  const { port } = await daemon.logged("ready");
  const asked = site.run("main.js", ["credentials", "--config", configFile]);
  await asked.ended;
  return {
    daemon,
    configFile,
    client: new ApplianceClient(`http://127.0.0.1:${port}`, asked.lines[0] ?? ""),
  };
}
