import type { Environment } from '../lib/environment.ts';
import { judgeJob, projectConfigMap } from './judge.ts';
import { merger } from './merger.ts';
import { runPolicies } from './network.ts';
import { hasMerger, type RunPlan } from './plan.ts';
import type { ScriptFiles } from './script.ts';
import { caConfigMap, type RunSetting, scriptConfigMap, testRun } from './test-run.ts';

/** One run, on whatever servers are there. File name → manifests. */
export function runManifests(
  plan: RunPlan,
  setting: RunSetting,
  script: ScriptFiles,
  environment: Environment,
): Map<string, object[]> {
  const project = projectConfigMap(plan, setting);
  return new Map<string, object[]>([
    ...(setting.script === 'configmap' ? [toEntry('script.yaml', scriptConfigMap(setting, script))] : []),
    ...(plan.ca ? [toEntry('ca.yaml', caConfigMap(setting, plan.ca))] : []),
    ...(project ? [toEntry('project.yaml', project)] : []),
    ['network.yaml', runPolicies(setting, new URL(plan.base_url), hasMerger(plan))],
    ...(hasMerger(plan) ? [['merger.yaml', merger(plan, setting)] as [string, object[]]] : []),
    ['testrun.yaml', [testRun(plan, setting, script)]],
    ['finish.yaml', [judgeJob(plan, setting, environment)]],
  ]);
}

function toEntry(file: string, manifest: object): [string, object[]] {
  return [file, [manifest]];
}
