import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { type ChangePoint, changePoints, type Direction, judge, type ValueJudgement } from '../../analysis/index.ts';
import { EXIT, type ExitCode } from '../../contract/exit-codes.ts';
import { number, percent } from '../../contract/format.ts';
import type { CommandContext } from '../../lib/context.ts';
import { usageError } from '../../lib/errors.ts';
import { plainTable } from '../../report/terminal/table.ts';
import type { CommandFactory } from './lib/command-factory.ts';
import { type CsvColumn, readCsvColumn } from './lib/csv-column.ts';

interface Flags {
  readonly column: string;
  readonly direction?: Direction;
  readonly last?: true;
  readonly json?: true;
}

const DIRECTIONS: readonly Direction[] = ['up', 'down', 'both'];

/** `loadstar detect`: finds change points in a CSV file, or judges its newest value. */
export const detectCommand: CommandFactory = (context, report) =>
  new Command('detect')
    .description('Find change points in a column of a CSV file with one row per run, oldest first.')
    .argument('<file>', 'CSV file with column names in the first line')
    .requiredOption('--column <name>', 'column that holds the values')
    .addOption(
      new Option(
        '--direction <way>',
        'direction in which values get worse; shifts the other way are not reported (default: both; required by --last)',
      ).choices(DIRECTIONS),
    )
    .option(
      '--last',
      `judge the last value by the earlier ones, given --direction; exit with code ${EXIT.regression} if it has regressed`,
    )
    .option('--json', 'print the result as JSON')
    .action(async (file: string, flags: Flags) => {
      const column = await readCsvColumn(resolve(context.cwd, file), flags.column);
      warnOfMissing(context, flags.column, column);
      report(flags.last ? judgeLast(context, file, column, flags) : findShifts(context, column, flags));
    });

const MOST_LINES = 5;

function warnOfMissing({ ui }: CommandContext, name: string, { missing_lines, values }: CsvColumn): void {
  if (missing_lines.length === 0) return;
  const some = missing_lines.slice(0, MOST_LINES).join(', ');
  const lines = missing_lines.length > MOST_LINES ? `${some}, …` : some;
  const plural = missing_lines.length === 1 ? 'row has no value' : 'rows have no value';
  ui.warn(`${missing_lines.length} ${plural} in ${name} (line ${lines}): ignored, ${values.length} values remain`);
}

function findShifts(
  context: CommandContext,
  column: CsvColumn,
  { direction = 'both', json, column: name }: Flags,
): ExitCode {
  const found = changePoints(column.values, { direction });
  if (json) {
    const by_row = found.map((point) => ({ ...point, index: column.rows[point.index] }));
    context.print(JSON.stringify(by_row, null, 2));
  } else if (found.length === 0) {
    context.ui.result.line(`no change point in ${column.values.length} values of ${name}`);
  } else {
    context.ui.result.line(shiftTable(found, column));
  }
  return EXIT.passed;
}

function shiftTable(found: readonly ChangePoint[], { rows, lines }: CsvColumn): string {
  const head = ['index', 'line', 'before', 'after', 'change'];
  const cells = found.map(({ index, before, after, change }) => [
    String(rows[index]),
    String(lines[index]),
    number(before),
    number(after),
    before === 0 ? '–' : `${change > 0 ? '+' : '−'}${percent(Math.abs(change))}`,
  ]);
  return plainTable(head, cells, 0);
}

function judgeLast(context: CommandContext, file: string, column: CsvColumn, { direction, json }: Flags): ExitCode {
  // Otherwise an improvement would be an alarm.
  if (!direction) {
    const next = 'add --direction up (latency, errors) or down (throughput); both, if any lasting change is an alarm';
    throw usageError('--direction beside --last: which way values get worse', 'none', next);
  }
  const { values, rows } = column;
  const newest = values.at(-1);
  if (newest === undefined)
    throw usageError(`at least one value in ${file}`, 'none', 'add a line below the header for each value');
  const judgement = judge(values.slice(0, -1), newest, { direction });
  if (json) {
    const since = judgement.since === null ? null : (rows[judgement.since] ?? null);
    const by_row: ValueJudgement = { ...judgement, since };
    context.print(JSON.stringify(by_row, null, 2));
  } else {
    context.ui.result.line(`${judgement.verdict}: ${judgement.sentence}`);
  }
  return judgement.verdict === 'regressed' ? EXIT.regression : EXIT.passed;
}
