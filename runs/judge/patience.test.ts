import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../lib/free-port.ts';
import { createUi } from '../../lib/ui.ts';
import { Patience } from './patience.ts';

const ui = createUi({ write: () => true }, false);
const servers: Server[] = [];
let port: number;
beforeEach(async () => {
  port = await freePort();
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Something that is healthy. */
async function healthy(): Promise<void> {
  const server = createServer((_, response) => response.end('{}'));
  servers.push(server);
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
}

/** Work that fails so often. */
function failing(times: number) {
  let tries = 0;
  const work = async () => {
    tries += 1;
    if (tries <= times) throw new Error(`failure ${tries}`);
    return tries;
  };
  return { work, tries: () => tries };
}

const patience = (budget_ms: number) => new Patience(`http://127.0.0.1:${port}`, budget_ms, ui);

describe('patience', () => {
  it('waits for what does not answer, and asks again when it does', async () => {
    setTimeout(() => void healthy(), 300);
    expect(await patience(10_000).with(failing(1).work)).toBe(2);
  });

  it('asks once more what answers, and then takes its word', async () => {
    await healthy();
    expect(await patience(10_000).with(failing(1).work)).toBe(2);
    const { work, tries } = failing(9);
    await expect(patience(10_000).with(work)).rejects.toThrow('failure 2');
    expect(tries()).toBe(2);
  });

  it('is spent once, whatever is asked', async () => {
    const one = patience(300);
    await expect(one.with(failing(9).work)).rejects.toThrow('failure 1');
    const { work, tries } = failing(9);
    await expect(one.with(work)).rejects.toThrow('failure 1');
    expect(tries()).toBe(1);
  });
});
