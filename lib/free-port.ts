import { type AddressInfo, createServer, type Server } from 'node:net';
import { LOOPBACK } from '../contract/ports.ts';

/** Finds a free loopback port. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

/** Finds different free loopback ports: each is kept open until all are found. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, startListening));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

async function startListening(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((ready, failed) => {
    server.once('error', failed);
    server.listen(0, LOOPBACK, () => ready());
  });
  return server;
}

/** How programs, and Docker, say that another program took their port, such as after it was found free. */
export const PORT_TAKEN = /address already in use|port is already allocated/i;
