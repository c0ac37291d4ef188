/** A target of about 60 ms that says how long each request took it (header `x-ms`): what k6 adds is the rest. Prints its port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Random } from '../analysis/testing/histories.ts';
import { LOOPBACK } from '../contract/ports.ts';

const USUAL_MS = 60;
const SPREAD = 0.25;
const random = new Random(1);

const server = createServer((_request, response) => {
  const began = performance.now();
  const answer = () => response.setHeader('x-ms', (performance.now() - began).toFixed(3)).end('ok');
  setTimeout(answer, USUAL_MS * Math.exp(SPREAD * random.normal()));
});
server.listen(0, LOOPBACK, () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
