/** A real HTTPS server on the loopback whose certificate files change under it. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TlsWatch } from "../../src/daemon/tls-watch.ts";
import type { NewEvent } from "../../src/runtime/event.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { RENEWED, SELF_SIGNED } from "../harness/self-signed.ts";

let folder: string;
let server: Server;
let events: NewEvent[];
let clock: FakeClock;
const open: TLSSocket[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "pylone-tls-"));
  events = [];
  clock = new FakeClock();
  server = createServer(SELF_SIGNED, (_request, response) => response.end("here"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);

function write({ cert, key }: { cert?: string; key?: string }): void {
  if (cert !== undefined) writeFileSync(at("c.pem"), cert);
  if (key !== undefined) writeFileSync(at("k.pem"), key);
}

function watching(): TlsWatch {
  return new TlsWatch({
    files: { cert: at("c.pem"), key: at("k.pem") },
    served: { cert: Buffer.from(SELF_SIGNED.cert), key: Buffer.from(SELF_SIGNED.key) },
    serve: (pair) => server.setSecureContext(pair),
    clock,
    onEvent: (event) => events.push(event),
  });
}

/** A connection, kept open. */
function connected(): Promise<TLSSocket> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => resolve(socket));
    socket.once("error", reject);
    open.push(socket);
  });
}

async function served(): Promise<string | undefined> {
  return (await connected()).getPeerX509Certificate()?.subject;
}

function answerOver(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("data", (data) => resolve(String(data).split("\r\n", 1).join()));
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  });
}

const toldOf = () => events.map(({ type, level }) => `${level} ${type}`);

describe("a certificate that changes", () => {
  it("is no news while its files are as they were", async () => {
    write(SELF_SIGNED);
    const watch = watching();
    await watch.look();
    expect(events).toEqual([]);
    expect(watch.check).toEqual({ status: "pass", text: "valid until 2120-01-01" });
  });

  it("is shown to whoever connects from then on; who is connected goes on", async () => {
    write(SELF_SIGNED);
    const watch = watching();
    const before = await connected();
    expect(await served()).toBe("CN=app.test");
    write(RENEWED);
    await watch.look();
    expect(await served()).toBe("CN=renewed.test");
    expect(await answerOver(before)).toBe("HTTP/1.1 200 OK");
    expect(events).toMatchObject([
      {
        type: "tls.taken",
        level: "info",
        text: "The new certificate of http.tls is served, valid until 2120-01-01.",
      },
    ]);
    await watch.look();
    expect(events).toHaveLength(1);
  });

  it("is seen behind a link that is pointed elsewhere, whatever the dates of the files", async () => {
    for (const [name, { cert, key }] of Object.entries({ old: SELF_SIGNED, new: RENEWED })) {
      writeFileSync(at(`${name}.crt`), cert);
      writeFileSync(at(`${name}.key`), key);
    }
    symlinkSync("old.crt", at("c.pem"));
    symlinkSync("old.key", at("k.pem"));
    const watch = watching();
    await watch.look();
    expect(events).toEqual([]);
    for (const name of ["c.pem", "k.pem"]) unlinkSync(at(name));
    symlinkSync("new.crt", at("c.pem"));
    symlinkSync("new.key", at("k.pem"));
    await watch.look();
    expect(await served()).toBe("CN=renewed.test");
  });

  it("is waited for while only one of its files has been replaced", async () => {
    write(SELF_SIGNED);
    const watch = watching();
    write({ cert: RENEWED.cert });
    await watch.look();
    expect(events).toEqual([]);
    write({ key: RENEWED.key });
    await watch.look();
    expect(toldOf()).toEqual(["info tls.taken"]);
  });

  it.each([
    ["does not fit its key", () => write({ cert: RENEWED.cert }), /key values mismatch/i],
    ["is no PEM", () => write({ cert: "rubbish" }), /PEM/],
    ["is gone", () => unlinkSync(at("c.pem")), /ENOENT/],
  ])(
    "that %s is told of once, and the old one is served on until it is mended",
    async (_name, spoil, why) => {
      write(SELF_SIGNED);
      const watch = watching();
      spoil();
      for (let look = 0; look < 4; look++) await watch.look();
      expect(toldOf()).toEqual(["error tls.refused"]);
      expect(events[0]?.text).toMatch(why);
      expect(watch.check).toEqual({
        status: "warn",
        text: "valid until 2120-01-01; its files were changed to what is refused (/appliance/v1/Events says why)",
      });
      expect(await served()).toBe("CN=app.test");
      write(RENEWED);
      await watch.look();
      expect(toldOf()).toEqual(["error tls.refused", "info tls.taken"]);
      expect(watch.check.status).toBe("pass");
      expect(await served()).toBe("CN=renewed.test");
    },
  );

  it("that was refused and is put back as it was is well again", async () => {
    write(SELF_SIGNED);
    const watch = watching();
    write({ key: RENEWED.key });
    for (let look = 0; look < 2; look++) await watch.look();
    write({ key: SELF_SIGNED.key });
    await watch.look();
    expect(toldOf()).toEqual(["error tls.refused", "info tls.taken"]);
    expect(watch.check.status).toBe("pass");
    expect(readFileSync(at("c.pem"), "utf8")).toBe(SELF_SIGNED.cert);
  });
});

describe("a certificate that ends", () => {
  const END = Date.UTC(2120, 0, 1);
  const DAY = 86_400_000;

  it("is warned of thirty days before, once, and told of as an error when it has", async () => {
    write(SELF_SIGNED);
    clock = new FakeClock(END - 31 * DAY);
    const watch = watching();
    await watch.look();
    expect(events).toEqual([]);
    clock.jump(DAY + 1);
    for (let look = 0; look < 3; look++) await watch.look();
    expect(toldOf()).toEqual(["warning tls.expiring"]);
    expect(watch.check).toEqual({ status: "warn", text: "valid until 2120-01-01" });
    clock.jump(30 * DAY);
    for (let look = 0; look < 3; look++) await watch.look();
    expect(toldOf()).toEqual(["warning tls.expiring", "error tls.expiring"]);
    expect(watch.check).toEqual({ status: "fail", text: "expired: valid until 2120-01-01" });
  });

  it("is warned of again when what follows it ends as soon", async () => {
    write(SELF_SIGNED);
    clock = new FakeClock(END - 2 * DAY);
    const watch = watching();
    await watch.look();
    write(RENEWED);
    await watch.look();
    expect(toldOf()).toEqual(["warning tls.expiring", "info tls.taken", "warning tls.expiring"]);
  });
});
