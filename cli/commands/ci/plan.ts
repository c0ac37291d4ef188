import { Command } from 'commander';
import { EXIT } from '../../../contract/exit-codes.ts';
import { VERSIONS } from '../../../contract/versions.ts';
import { INFLUXD_CACHE_KEY } from '../../../stack/binaries/influxd.ts';
import { k6CacheKeys } from '../../../stack/binaries/k6.ts';
import type { CommandFactory } from '../lib/command-factory.ts';

/**
 * `loadstar ci plan`: what later steps of a job need to know of the installed version, as lines `name=value` for
 * GITHUB_OUTPUT.
 */
export const planCommand: CommandFactory = (context, report) =>
  new Command('plan')
    .description('Print what later steps of a job need, as lines name=value: cache key, Go version, artifact suffix.')
    .option('--name <name>', 'name of the load test, if a repository has several: a part of the names of artifacts')
    .action(async ({ name }: { readonly name?: string }) => {
      const [k6] = await k6CacheKeys(context);
      context.print(`binaries=${k6}-${INFLUXD_CACHE_KEY}`);
      context.print(`go_version=${VERSIONS.influxdb_go_min}`);
      context.print(`suffix=${artifactSuffix(name ?? '')}`);
      report(EXIT.passed);
    });

/** `apps/shop` → `-apps-shop`. Names of artifacts hold no slashes, colons and so on; `.` is the whole repository. */
export function artifactSuffix(name: string): string {
  const words = name.match(/[\w.]+/g)?.filter((word) => !/^\.+$/.test(word)) ?? [];
  return words.map((word) => `-${word}`).join('');
}
