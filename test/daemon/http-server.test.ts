import { createServer as createHttpServer, type RequestListener } from "node:http";
import { connect, createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { HttpServer, whyNotListening } from "../../src/daemon/http-server.ts";
import { type Clock, systemClock } from "../../src/runtime/clock.ts";
import { FakeClock } from "../harness/fake-clock.ts";

const http = { host: "127.0.0.1", port: 0 };
const servers: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

function server(onRequest: RequestListener, on = http, clock: Clock = systemClock): HttpServer {
  const made = new HttpServer({ http: on, clock, server: createHttpServer(onRequest) });
  servers.push(made);
  return made;
}

describe("the HTTP server", () => {
  it("tells the port it took", async () => {
    const one = server((_request, response) => response.end("here"));
    const port = await one.start();
    expect(one.port).toBe(port);
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe("here");
  });

  it("lets a request that is in finish when it stops, and takes no other", async () => {
    let answer = () => {};
    const arrived = new Promise<void>((resolve) => {
      const slow = server((_request, response) => {
        answer = () => response.end("done");
        resolve();
      });
      servers.splice(0, servers.length, slow);
    });
    const port = await servers[0]?.start();
    const asked = fetch(`http://127.0.0.1:${port}`);
    await arrived;
    const stopped = servers[0]?.stop();
    answer();
    expect(await (await asked).text()).toBe("done");
    await stopped;
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
  });

  it("does not wait for ever for a request that never ends", async () => {
    const clock = new FakeClock();
    const one = server(() => {}, http, clock);
    const socket = connect(await one.start(), "127.0.0.1");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await new Promise((resolve) => socket.write("GET / HTTP/1.1\r\n", resolve));
    const stopped = one.stop();
    await clock.advance(2_000);
    await stopped;
    await closed;
  });

  it("names the address, the key and the mend when the address is taken", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    const taken = { host: "127.0.0.1", port };
    const error: unknown = await server(() => {}, taken)
      .start()
      .catch((reason: unknown) => reason);
    expect(whyNotListening(error, taken)).toBe(
      `cannot listen on 127.0.0.1:${port} (http.host, http.port): another program has this address; stop it, or choose another http.port or PYLONE_HTTP_PORT`,
    );
    await new Promise((resolve) => other.close(resolve));
  });
});
