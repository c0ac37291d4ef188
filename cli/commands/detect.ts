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
  readonly direction: Direction;
  readonly last?: true;
  readonly json?: true;
}

const DIRECTIONS: readonly Direction[] = ['up', 'down', 'both'];

/** `loadstar detect`: change points, and the verdict on the newest value, of a history kept elsewhere. */
export const detectCommand: CommandFactory = (context, report) =>
  new Command('detect')
    .description('Find where the level of a column of a CSV file has shifted (a row a run, oldest first).')
    .argument('<file>', 'CSV file whose first line names the columns')
    .requiredOption('--column <name>', 'column with the numbers')
    .addOption(
      new Option('--direction <way>', 'which way is worse: only shifts that way are reported; both reports all')
        .choices(DIRECTIONS)
        .default('both'),
    )
    .option('--last', `judge the last value by those before it; exit code ${EXIT.regression} where it has regressed`)
    .option('--json', 'as JSON on stdout')
    .action(async (file: string, flags: Flags) => {
      const column = await readCsvColumn(resolve(context.cwd, file), flags.column);
      sayMissing(context, flags.column, column);
      report(flags.last ? last(context, file, column, flags) : whole(context, column, flags));
    });

const MOST_LINES = 5;

function sayMissing({ ui }: CommandContext, name: string, { missing_lines, values }: CsvColumn): void {
  if (missing_lines.length === 0) return;
  const some = missing_lines.slice(0, MOST_LINES).join(', ');
  const lines = missing_lines.length > MOST_LINES ? `${some}, …` : some;
  const plural = missing_lines.length === 1 ? 'row has no value' : 'rows have no value';
  ui.warn(`${missing_lines.length} ${plural} in ${name} (line ${lines}): left out, ${values.length} remain`);
}

function whole(context: CommandContext, column: CsvColumn, { direction, json, column: name }: Flags): ExitCode {
  const found = changePoints(column.values, { direction });
  if (json) {
    const by_row = found.map((point) => ({ ...point, index: column.rows[point.index] }));
    context.print(JSON.stringify(by_row, null, 2));
  } else if (found.length === 0) {
    context.ui.line(`no shift of the level among ${column.values.length} values of ${name}`);
  } else {
    context.print(table(found, column));
  }
  return EXIT.passed;
}

function table(found: readonly ChangePoint[], { rows, lines }: CsvColumn): string {
  const head = ['index', 'line', 'before', 'after', 'change', 'confidence'];
  const cells = found.map(({ index, before, after, change, confidence }) => [
    String(rows[index]),
    String(lines[index]),
    number(before),
    number(after),
    before === 0 ? '–' : `${change > 0 ? '+' : '−'}${percent(Math.abs(change))}`,
    percent(confidence),
  ]);
  return plainTable(head, cells, 0);
}

function last(context: CommandContext, file: string, column: CsvColumn, { direction, json }: Flags): ExitCode {
  const { values, rows } = column;
  const newest = values.at(-1);
  if (newest === undefined) throw usageError(`at least one value in ${file}`, 'none');
  const judgement = judge(values.slice(0, -1), newest, { direction });
  if (json) {
    const since = judgement.since === null ? null : (rows[judgement.since] ?? null);
    const by_row: ValueJudgement = { ...judgement, since };
    context.print(JSON.stringify(by_row, null, 2));
  } else {
    context.print(`${judgement.verdict}: ${judgement.sentence}`);
  }
  return judgement.verdict === 'regressed' ? EXIT.regression : EXIT.passed;
}
