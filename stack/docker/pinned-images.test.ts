import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { IMAGE_DIGESTS, VERSIONS } from '../../contract/versions.ts';
import { createUi } from '../../lib/ui.ts';
import { findMissingGrafana, GRAFANA_IMAGE, pullPinnedImages, TELEGRAF_IMAGE } from './pinned-images.ts';

let bin: string;
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'loadstar-docker-'));
});
afterEach(() => rmSync(bin, { recursive: true }));

const INFLUXDB = `influxdb:${VERSIONS.influxdb}`;
const GRAFANA = `grafana/grafana:${VERSIONS.grafana}`;

/** @param body of a `docker` that notes how it is called */
function contextWith(body: string) {
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\necho "$*" >> "${bin}/calls"\n${body}\n`, { mode: 0o755 });
  const ui = createUi({ write: () => true }, false);
  return { env: { PATH: `${bin}:/usr/bin:/bin` }, signal: new AbortController().signal, ui };
}

/** @returns the calls of `docker`, without the questions what is there */
async function callWith(body: string, beforePull?: () => Promise<void>): Promise<string[]> {
  await pullPinnedImages(contextWith(body), [INFLUXDB, GRAFANA], beforePull);
  const calls = readFileSync(join(bin, 'calls'), 'utf8').trim().split('\n');
  return calls.filter((call) => !call.startsWith('image inspect'));
}

it('pulls what is missing by its digest, under the tag of docker-compose.yml', async () => {
  const missing_grafana = `[ "$1 $2 $5" != "image inspect ${GRAFANA}" ]`;
  const pinned = `grafana/grafana@${IMAGE_DIGESTS[GRAFANA]}`;
  expect(await callWith(missing_grafana)).toEqual([`pull --quiet ${pinned}`, `tag ${pinned} ${GRAFANA}`]);
});

it('pulls nothing if something else fails before', async () => {
  const missing = '[ "$1" != image ]';
  const taken = () => Promise.reject(new Error('port taken'));
  await expect(callWith(missing, taken)).rejects.toThrow('port taken');
  expect(readFileSync(join(bin, 'calls'), 'utf8')).not.toContain('pull');
});

it('asks no registry for images that are there', async () => {
  expect(await callWith('exit 0')).toEqual([]);
});

it('says what could not be pulled, and how to do without a registry', async () => {
  const offline = '[ "$1" != image ] && echo "dial tcp: no such host" >&2; exit 1';
  await expect(callWith(offline)).rejects.toMatchObject({
    exit_code: 4,
    message: `docker to pull ${INFLUXDB} (influxdb@${IMAGE_DIGESTS[INFLUXDB]})`,
    found: 'dial tcp: no such host',
    next: expect.stringContaining('docker load'),
  });
});

it('says why there is no Grafana, which a run can do without', async () => {
  expect(await findMissingGrafana(contextWith('exit 0'))).toBe(null);
  const offline = '[ "$1" != image ] && echo "dial tcp: no such host" >&2; exit 1';
  const missing = await findMissingGrafana(contextWith(offline));
  expect(missing).toContain(`${GRAFANA_IMAGE} is missing and cannot be pulled (dial tcp: no such host)`);
  expect(missing).toContain('docker load');
});

it('has a digest for each of them', () => {
  expect(Object.keys(IMAGE_DIGESTS)).toEqual([INFLUXDB, TELEGRAF_IMAGE, GRAFANA]);
  for (const digest of Object.values(IMAGE_DIGESTS)) expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
});
