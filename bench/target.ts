/** The target of the benchmark: answers at once, in a process of its own. Prints its port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOOPBACK } from '../contract/ports.ts';

const server = createServer((_request, response) => response.end('ok'));
server.listen(0, LOOPBACK, () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
