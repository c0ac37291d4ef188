/** The command lines of the docker engine. No engine is asked here: what they do there is another matter. */
import { expect, it } from 'vitest';
import type { EngineContext } from '../engine/engine.ts';
import { createDockerK6, runArgs, toContainerPath } from './k6-launcher.ts';
import { chosenNetwork } from './network.ts';

const place = { results_dir: '/repo/results', state_dir: '/repo/.loadstar' };

it('names secrets in the arguments, and never holds them', () => {
  const args = runArgs('/repo', 'c1', 'project', { args: ['run', 'x.js'], env: { K6_INFLUXDB_PASSWORD: 'SECRET' } });
  expect(args.join(' ')).toBe(
    'compose --project-directory /repo --file /repo/docker-compose.yml --profile k6 run --rm --no-deps --no-TTY ' +
      '--name c1 --env K6_INFLUXDB_PASSWORD k6 run x.js',
  );
});

it('gives k6 the files that a script opens, which it may only read', () => {
  const args = runArgs('/repo', 'c1', 'host', { args: ['inspect', 'x.js'], env: {}, reads: '/team' });
  expect(args).toContain('/repo/docker-compose.host-network.yml');
  expect(args.join(' ')).toContain(' --volume /team:/team:ro k6 inspect x.js');
});

it('maps the mounted directories, and nothing else', () => {
  expect(toContainerPath(place, '/repo/results/r1/summary.json')).toBe('/loadstar/results/r1/summary.json');
  expect(toContainerPath(place, '/repo/.loadstar/bundles/run-1/search.js')).toBe('/loadstar/bundles/run-1/search.js');
  expect(() => toContainerPath(place, '/repo/.loadstar/secrets.json')).toThrow('not mounted');
});

it('refuses an unknown DOCKER_NETWORK', () => {
  expect(chosenNetwork({ DOCKER_NETWORK: ' project ' })).toBe('project');
  expect(chosenNetwork({})).toBe(null);
  expect(() => chosenNetwork({ DOCKER_NETWORK: 'bridge' })).toThrow('host or project');
});

it('offers xk6-influxdb unless its image is built without it', () => {
  const context = { ...place, root: '/repo' } as EngineContext;
  const k6 = { version: '2.2.0', network: 'host', demo: 'demo-1' } as const;
  expect(createDockerK6(context, {}, k6).outputs).toContain('xk6-influxdb');
  expect(createDockerK6(context, { WITH_XK6_OUTPUT_INFLUXDB: 'false' }, k6).outputs).toEqual(['loadstar', 'influxdb']);
});
