import { expect, it } from 'vitest';
import { type DockerAnswers, judgeDocker } from './probe.ts';

const yes = (stdout: string) => ({ ok: true, stdout, reason: '' });
const no = (reason: string) => ({ ok: false, stdout: '', reason });
const answers = (other: Partial<DockerAnswers>): DockerAnswers => ({
  server: yes('28.2.2\n'),
  compose: yes('2.40.3\n'),
  security: yes('["name=seccomp,profile=default"]'),
  address: 'unix:///var/run/docker.sock',
  ...other,
});

it('is ready with an engine of this machine and a compose plugin that is new enough', () => {
  expect(judgeDocker(answers({}), {})).toEqual({ state: 'ready', found: 'engine 28.2.2, compose 2.40.3' });
  for (const address of [
    'tcp://127.0.0.1:2375',
    'npipe:////./pipe/docker_engine',
    'unix:///run/user/1000/docker.sock',
  ]) {
    expect(judgeDocker(answers({ address }), {}).state).toBe('ready');
  }
  expect(judgeDocker(answers({ compose: yes('dev') }), {}).state).toBe('ready');
});

// The reasons are the words of Docker's client 28.2.
it.each([
  [
    { server: no('permission denied while trying to connect to the Docker daemon socket at unix:///s') },
    'permission',
    'usermod',
  ],
  [
    { server: no('Cannot connect to the Docker daemon at unix:///s. Is the docker daemon running?') },
    'no engine',
    'context ls',
  ],
  [
    { server: no('error during connect: Get "http://bad:2375/v1.50/version": no such host') },
    'no engine',
    'context ls',
  ],
  [
    {
      server: no(
        'Failed to initialize: unable to resolve docker endpoint: context "rootless": context not found: open x: no such file',
      ),
    },
    'context',
    'context ls',
  ],
  [{ server: no('Command timed out after 5000 milliseconds') }, 'no answer', 'context ls'],
  [{ server: yes('') }, 'no answer', 'context ls'],
  [{ compose: no('docker: unknown command: docker compose') }, 'without the compose plugin', 'compose/install'],
  [{ compose: yes('2.21.0') }, '2.21.0, but it has to be ≥ 2.22', 'compose/install'],
  [{ security: yes('["name=seccomp,profile=default","name=rootless"]') }, 'rootless', 'ENGINE=native'],
  [{ security: yes('["name=userns"]') }, 'userns', 'ENGINE=native'],
  [{ address: 'tcp://docker:2375', server: no('no such host') }, 'another machine', 'ENGINE=native'],
  [{ address: 'tcp://docker:2375' }, 'another machine', 'ENGINE=native'],
  [{ address: 'ssh://user@build' }, 'another machine', 'ENGINE=native'],
] as const)('says what is missing: %j', (other, found, next) => {
  const state = judgeDocker(answers(other), {});
  expect(state).toMatchObject({ state: 'unusable' });
  expect(state.found).toContain(found);
  expect('next' in state && state.next).toContain(next);
});

it('names DOCKER_HOST where that is the reason', () => {
  const server = no('Cannot connect to the Docker daemon at tcp://127.0.0.1:1. Is the docker daemon running?');
  const env = { DOCKER_HOST: 'tcp://127.0.0.1:1' };
  const state = judgeDocker(answers({ server, address: env.DOCKER_HOST }), env);
  expect('next' in state && state.next).toContain('DOCKER_HOST=tcp://127.0.0.1:1');
});
