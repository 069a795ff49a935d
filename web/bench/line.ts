// A line between the browser and the server that takes its time, and can be cut: what a far server and a closed lid are.

import { connect, createServer, type Server as NetServer, type Socket } from 'node:net';

export class Line {
  private readonly server: NetServer;
  private readonly open = new Set<Socket>();
  private isCut = false;
  port = 0;
  /** Connections that became WebSockets and still stand. */
  readonly webSockets = new Set<Socket>();

  /** `wayMs`: how long everything takes in one direction. */
  constructor(private readonly to: number, private readonly wayMs: number) {
    this.server = createServer((near) => {
      if (this.isCut) return void near.destroy();
      const far = connect(this.to, '127.0.0.1');
      let isFirst = true;
      near.on('data', (data) => {
        if (isFirst && /upgrade: websocket/i.test(data.toString('latin1'))) this.webSockets.add(near);
        isFirst = false;
        this.later(() => far.write(data));
      });
      far.on('data', (data) => this.later(() => near.write(data)));
      for (const [one, other] of [[near, far], [far, near]] as const) {
        this.open.add(one);
        one.setNoDelay(true);
        one.on('error', () => undefined);
        one.on('close', () => {
          this.open.delete(one);
          this.webSockets.delete(one);
          this.later(() => other.end());
        });
      }
    });
  }

  private later(run: () => void): void {
    if (this.wayMs === 0) run();
    else setTimeout(run, this.wayMs);
  }

  async start(): Promise<this> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    this.port = (this.server.address() as { port: number }).port;
    return this;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.open) socket.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  end(): void {
    this.cut();
    this.server.close();
  }
}
