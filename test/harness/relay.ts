/** A TCP connection with a break in it: what the client says may get lost while it hears everything. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class Relay {
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  #losesWhatIsSaid = false;

  private constructor(port: number) {
    this.#server = createServer({ noDelay: true }, (client) => this.#relay(client, port));
  }

  /** To `port` of this machine. */
  static async start(port: number): Promise<Relay> {
    const relay = new Relay(port);
    await new Promise<void>((resolve) => relay.#server.listen(0, "127.0.0.1", resolve));
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on nothing that the client says arrives; a new connection is whole again. */
  loseWhatIsSaid(): void {
    this.#losesWhatIsSaid = true;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const client of this.#clients) client.destroy();
    await closed;
  }

  #relay(client: Socket, port: number): void {
    this.#losesWhatIsSaid = false;
    this.#clients.add(client);
    const server = connect({ port, host: "127.0.0.1", noDelay: true });
    client.on("data", (bytes) => {
      if (!this.#losesWhatIsSaid) server.write(bytes);
    });
    server.on("data", (bytes) => client.write(bytes));
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on("error", () => {});
      one.on("close", () => other.destroy());
    }
    client.on("close", () => this.#clients.delete(client));
  }
}
