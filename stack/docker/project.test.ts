import { mkdtempSync, realpathSync, renameSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findComposeProject, keepComposeProject, projectNameOf } from './project.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'loadstar-project-')));
});
afterEach(() => rm(root, { recursive: true }));

const find = (state_dir: string, env = {}) => findComposeProject({ state_dir, env });

it('gives each state directory a project of its own, even before it exists', async () => {
  const [one, two] = [join(root, 'one'), join(root, 'two')];
  expect(await find(one)).toEqual({ name: projectNameOf(one), earlier: null });
  expect(projectNameOf(one)).toMatch(/^loadstar-[0-9a-f]{8}$/);
  expect(projectNameOf(one)).not.toBe(projectNameOf(two));
});

it('keeps the project of a directory that moves, and gives a copy its own', async () => {
  const [original, moved, copy] = [join(root, 'original'), join(root, 'moved'), join(root, 'copy')];
  await mkdir(original);
  const { name } = await find(original);
  await keepComposeProject(original, name);
  renameSync(original, moved);
  expect(await find(moved)).toEqual({ name, earlier: null });
  await keepComposeProject(moved, name);
  await cp(moved, copy, { recursive: true });
  expect(await find(copy)).toEqual({ name: projectNameOf(copy), earlier: null });
});

it('takes COMPOSE_PROJECT_NAME, names the project that it replaces, and refuses what compose refuses', async () => {
  const state_dir = join(root, 'state');
  await mkdir(state_dir);
  await keepComposeProject(state_dir, 'shop');
  expect(await find(state_dir)).toEqual({ name: 'shop', earlier: null });
  expect(await find(state_dir, { COMPOSE_PROJECT_NAME: 'clinic' })).toEqual({ name: 'clinic', earlier: 'shop' });
  await expect(find(state_dir, { COMPOSE_PROJECT_NAME: 'My Shop' })).rejects.toThrow('COMPOSE_PROJECT_NAME');
});
