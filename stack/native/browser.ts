import { userInfo } from 'node:os';
import { findProgram, isExecutable } from '../binaries/which.ts';
import type { EngineContext } from '../engine/engine.ts';

/** Names of Chromium in distributions. */
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const PATH_VARIABLE = 'K6_BROWSER_EXECUTABLE_PATH';
const ROOT_UID = 0;

/** Environment of k6's browser module; null if this machine has no Chromium. */
export async function findBrowser({ env }: Pick<EngineContext, 'env'>): Promise<Record<string, string> | null> {
  const path = await findBrowserPath(env);
  if (!path) return null;
  // Chromium's sandbox does not work for root, the user of many containers and CI jobs.
  const arguments_ = userInfo().uid === ROOT_UID ? { K6_BROWSER_ARGS: 'no-sandbox' } : {};
  return { [PATH_VARIABLE]: path, K6_BROWSER_HEADLESS: 'true', ...arguments_ };
}

async function findBrowserPath(env: EngineContext['env']): Promise<string | null> {
  const named = env[PATH_VARIABLE];
  if (named) return (await isExecutable(named)) ? named : null;
  for (const program of PROGRAMS) {
    const path = await findProgram(program, env);
    if (path) return path;
  }
  return null;
}
