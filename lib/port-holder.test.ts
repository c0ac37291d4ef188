import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from './free-port.ts';
import { portHolder } from './port-holder.ts';

it.runIf(process.platform === 'linux')('names the process that listens, and nobody where nobody does', async () => {
  const port = await freePort();
  expect(await portHolder(port)).toBeNull();
  const server = createServer();
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  const found = await portHolder(port);
  server.close();
  expect(found).toContain(`pid ${process.pid} (`);
  expect(found).toContain(`in ${process.cwd()}`);
});
