import { withGeneratedPart } from './markers.ts';

/** docs/architecture.md: written by hand except for the table of rooms. */
export function architecturePage(room_table: string): string {
  return withGeneratedPart('docs/architecture.md', 'tools/rooms.ts', room_table);
}
