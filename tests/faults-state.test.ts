/** What a state directory may hold that no call of this version has left there whole: of others, of a later version, of a power cut. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STATE_FORMAT } from '../contract/state.ts';
import { storedTotals } from '../influxdb/totals.ts';
import type { Stack } from '../stack/engine/engine.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { type Machine, machine } from './lib/machine.ts';
import { servicePid } from './lib/processes.ts';

let here: Machine;
let stack: Stack;
beforeAll(async () => {
  here = await machine();
  stack = await nativeEngine(here.context).up();
});
afterAll(() => here.dispose());

const inState = (...names: string[]) => join(here.state_dir, ...names);
function write(text: string | Buffer, ...names: string[]): void {
  mkdirSync(inState(...names.slice(0, -1)), { recursive: true });
  writeFileSync(inState(...names), text);
}

describe('a state without its format file', () => {
  it('gets one, and its services go on', async () => {
    const pid = servicePid(here, 'influxdb');
    rmSync(inState('format.json'), { force: true });
    const call = await here.loadstar(['runs', '--json']);
    expect(call.code, call.stderr).toBe(0);
    expect(servicePid(here, 'influxdb')).toBe(pid);
    expect(JSON.parse(readFileSync(inState('format.json'), 'utf8'))).toEqual({ format: STATE_FORMAT });
  });
});

describe('a state of a later version', () => {
  it.each([
    [JSON.stringify({ format: STATE_FORMAT + 1 }), 'of a later version of loadstar', 'LOADSTAR_HOME'],
    ['', 'no number', 'format.json'],
  ])('%j is refused with what to do, and not touched', async (text, found, next) => {
    write(text, 'format.json');
    const before = readdirSync(here.state_dir);
    for (const args of [['run'], ['runs'], ['up']]) {
      const call = await here.loadstar(args);
      expect(call.code, call.stderr).toBe(4);
      expect(call.stderr).toContain(found);
      expect(call.stderr).toContain(next);
    }
    expect(readdirSync(here.state_dir)).toEqual(before);
    rmSync(inState('format.json'));
  });
});

describe('what a power cut leaves', () => {
  it('batches that are cut off, of a bucket that is none of ours, or without a word whose they are, keep nobody else from delivery', async () => {
    const line = `http_reqs,testid=cut-off value=7,count=7i ${Date.now()}000000\n`;
    const whole = gzipSync(line);
    const meta = (testid: string, bucket = 'k6') => JSON.stringify({ bucket, testid, closed: true });
    write(meta('a', 'no-such-bucket'), 'spool', 'a-gone', 'meta.json');
    write(whole, 'spool', 'a-gone', '01000000.lp.gz');
    write(meta('cut-off'), 'spool', 'b-cut', 'meta.json');
    write(whole.subarray(0, 12), 'spool', 'b-cut', '00999999.lp.gz');
    write(whole, 'spool', 'b-cut', '01000000.lp.gz');
    write('', 'spool', 'b-cut', '01000001.lp.gz.draft');
    write('{"bu', 'spool', 'c-half-a-word', 'meta.json');

    const call = await here.loadstar(['runs', '--json']);
    expect(call.code, call.stderr).toBe(0);
    expect(call.stderr).toContain('of run cut-off: delivered 1 batches');
    expect(call.stderr).toContain('refuses 1 batches of run cut-off for good');
    expect(readdirSync(inState('spool', 'refused', 'b-cut'))).toEqual(['00999999.lp.gz']);
    expect(existsSync(inState('spool', 'b-cut'))).toBe(false);
    expect(existsSync(inState('spool', 'a-gone', '01000000.lp.gz'))).toBe(true);
    const connection = { url: stack.influx.url, org: stack.influx.org, token: stack.influx.tokens.cli };
    const place = { bucket: 'k6', schema: 'loadstar' } as const;
    expect((await storedTotals(connection, place, 'cut-off', new Date())).get('http_reqs')?.count).toBe(7);
    for (const name of ['a-gone', 'c-half-a-word']) rmSync(inState('spool', name), { recursive: true });
  });

  it('locks, services and runs of processes whose pid somebody else has now are seen through', async () => {
    const stranger = { pid: process.pid, birth: '1@another-boot' };
    write(JSON.stringify({ ...stranger, since: '2026-01-01T00:00:00Z', doing: 'bringing the stack up' }), 'stack.lock');
    write(JSON.stringify(stranger), 'grafana', 'pid.json');
    const none = { branch: null, app_version: null, app_commit: null };
    const now = new Date();
    const named = { testid: 'never-recorded', scenario: 'search', profile: 'smoke', target: 'demo', engine: 'native' };
    const run = { ...named, ...none, started: now, planned_end: now, outputs: ['loadstar'] };
    const files = { results_dir: 'results', target: { base_url: '', name: '' }, k6_version: '', slos: [] };
    const runs = [{ run, ...files, k6: [{ kind: 'process', ...stranger, rest: '' }] }];
    const entry = { call: stranger, target: 'demo', since: now, stopping: false, runs };
    write(JSON.stringify(entry), 'runs', 'never-recorded.json');
    write('', 'runs', 'empty.json');

    // Were the stranger's pid taken for Grafana's, this would end the test itself.
    const down = await here.loadstar(['down']);
    expect(down.code, down.stderr).toBe(0);
    expect(existsSync(inState('stack.lock'))).toBe(false);
    const call = await here.loadstar(['runs', '--json']);
    expect(call.code, call.stderr).toBe(0);
    expect(call.stderr).not.toContain('warning');
    expect(existsSync(inState('runs', 'never-recorded.json'))).toBe(false);
  });
});
