import { COMMAND } from '../../contract/package-name.ts';
import type { RunSummary } from '../../contract/results.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Ui } from '../../lib/ui.ts';
import { type ReportPlace, writePages } from './write.ts';

/**
 * The pages at the end of a run. One that cannot be written is said, and changes nothing else.
 * @returns whether the page of the run is there
 */
export async function reportToPages(ui: Ui, place: ReportPlace, summary: RunSummary): Promise<boolean> {
  try {
    const { notes } = await writePages(place, summary);
    for (const note of notes) ui.warn(note);
    return true;
  } catch (error) {
    ui.warn(
      `the report could not be written: ${messageOf(error)}. \`${COMMAND} report ${summary.testid}\` tries again`,
    );
    return false;
  }
}
