import { Calendar } from './calendar.ts';
import { Pharmacy } from './pharmacy.ts';
import { Prescriptions } from './prescriptions.ts';
import { SearchIndex } from './search.ts';
import { Sessions } from './sessions.ts';

/** The state of the clinic, in memory. Each part keeps a bounded number of things. */
export class Clinic {
  readonly calendar: Calendar;
  readonly pharmacy = new Pharmacy();
  readonly prescriptions = new Prescriptions();
  readonly search = new SearchIndex();
  readonly sessions = new Sessions();

  /** @param now_ms slots begin on the day after */
  constructor(now_ms: number) {
    this.calendar = new Calendar(now_ms);
  }
}
