import { resolve } from 'node:path';
import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { count } from '../../contract/format.ts';
import { type HistoryBranch, saveHistory, withHistory } from '../../history/history-branch.ts';
import type { CommandContext } from '../../lib/context.ts';
import { usageError } from '../../lib/errors.ts';
import { commentBody, marker } from '../../report/ci/comment.ts';
import { readSummaries } from '../../report/files/read-summary.ts';
import { upsertComment } from './ci/github.ts';
import { planCommand } from './ci/plan.ts';
import { ciRunCommand } from './ci/run.ts';
import type { CommandFactory } from './lib/command-factory.ts';
import { importFile } from './runs-portable.ts';

const DEFAULT_BRANCH = 'loadstar-history';
const GITHUB_API = 'https://api.github.com';

interface BranchFlags {
  readonly remote?: string;
  readonly branch: string;
}

/** `loadstar ci`: steps of the CI workflows, as tested code instead of shell in YAML. */
export const ciCommand: CommandFactory = (context, report) =>
  new Command('ci')
    .description('Steps of a CI job: run load tests, keep the history on a branch, comment on a pull request.')
    .addCommand(planCommand(context, report))
    .addCommand(ciRunCommand(context, report))
    .addCommand(restoreCommand(context, report))
    .addCommand(saveCommand(context, report))
    .addCommand(commentCommand(context, report));

const restoreCommand: CommandFactory = (context, report) =>
  addBranchOptions(new Command('restore').description('Import the history from the branch into InfluxDB.')).action(
    async (flags: BranchFlags) => {
      const place = historyBranch(context, flags);
      await withHistory(place, async (file) => {
        if (file === null) context.ui.result.line(`no branch ${place.branch} yet: the history starts with this run`);
        else await importFile(context, file, `the branch ${place.branch}`);
      });
      report(EXIT.passed);
    },
  );

const saveCommand: CommandFactory = (context, report) =>
  addBranchOptions(
    new Command('save').description('Add exported runs to the branch. Create the branch if it is missing.'),
  )
    .argument('<file>', 'file that `loadstar runs export` wrote')
    .action(async (name: string, flags: BranchFlags) => {
      const place = historyBranch(context, flags);
      const { runs, fresh } = await saveHistory(place, resolve(context.cwd, name));
      context.ui.result.line(`the branch ${place.branch} has ${count(runs)} runs, ${count(fresh)} of them new`);
      report(EXIT.passed);
    });

const commentCommand: CommandFactory = (context, report) =>
  new Command('comment')
    .description('Create or update the comment of a pull request with the results of its runs.')
    .requiredOption('--pull-request <number>', 'number of the pull request')
    .option('--results <directory>', 'directory that holds one directory per run', context.results_dir)
    .option('--name <name>', 'name of the comment, if a pull request has several load tests', 'load test')
    .option('--print', 'print the comment instead of posting it')
    .action(async (flags: CommentFlags) => {
      await writeComment(context, flags);
      report(EXIT.passed);
    });

interface CommentFlags {
  readonly pullRequest: string;
  readonly results: string;
  readonly name: string;
  readonly print?: true;
}

async function writeComment(context: CommandContext, flags: CommentFlags): Promise<void> {
  const { environment, ui } = context;
  const number = Number(flags.pullRequest);
  if (!Number.isInteger(number) || number < 1)
    throw usageError('the number of a pull request', `\`${flags.pullRequest}\``, 'for example --pull-request 12');
  const summaries = await readSummaries(resolve(context.cwd, flags.results));
  const body = commentBody(summaries, { name: flags.name, results_url: environment.RESULTS_URL ?? null });
  if (flags.print) {
    context.print(body);
    return;
  }
  const { GITHUB_TOKEN: token, GITHUB_REPOSITORY: repository, GITHUB_API_URL: api_url = GITHUB_API } = environment;
  if (!token || !repository) {
    const missing = [token ? '' : 'GITHUB_TOKEN', repository ? '' : 'GITHUB_REPOSITORY'].filter(Boolean).join(' and ');
    throw usageError(
      'GITHUB_TOKEN and GITHUB_REPOSITORY',
      `no ${missing}`,
      'run it in a job of GitHub Actions, or use --print',
    );
  }
  const done = await upsertComment({ api_url, repository, number, token }, marker(flags.name), body);
  ui.result.line(`${done} the comment on #${number} of ${repository}`);
}

function addBranchOptions(command: Command): Command {
  return command
    .option('--remote <url>', 'git repository of the history (default: GITHUB_REPOSITORY)')
    .option('--branch <name>', 'branch of the history', DEFAULT_BRANCH);
}

function historyBranch(context: CommandContext, { remote, branch }: BranchFlags): HistoryBranch {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, HISTORY_TOKEN } = context.environment;
  const own = GITHUB_SERVER_URL && GITHUB_REPOSITORY ? `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}.git` : undefined;
  const address = remote ?? own;
  if (!address) throw usageError('a git repository', 'no --remote and no GITHUB_REPOSITORY', 'add --remote');
  if (address.startsWith('-') || !/^[\w][\w./-]*$/.test(branch)) {
    throw usageError('a git repository and a branch', `\`${address}\`, \`${branch}\``, 'check --remote and --branch');
  }
  if (URL.canParse(address) && new URL(address).password) {
    throw usageError(
      '--remote without a password, because other processes can see it',
      'a password in it',
      'set HISTORY_TOKEN instead',
    );
  }
  return {
    remote: address,
    branch,
    token: HISTORY_TOKEN ?? GITHUB_TOKEN ?? null,
    env: context.env,
    signal: context.stop,
  };
}
