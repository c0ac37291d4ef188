import { randomBytes } from 'node:crypto';
import { DEMO } from '../contract/demo.ts';

export interface Service {
  readonly id: string;
  readonly name: string;
  readonly duration_min: number;
}

export interface Slot {
  readonly id: string;
  readonly serviceId: string;
  readonly doctor: string;
  /** ISO 8601 */
  readonly start: string;
}

export interface Appointment {
  readonly id: string;
  readonly slotId: string;
  readonly user: string;
  readonly status: 'booked';
}

export interface Hit {
  readonly type: 'doctor' | 'service';
  readonly id: string;
  readonly name: string;
}

const SERVICE_NAMES = [
  'Dental check-up',
  'Dental cleaning',
  'Eye check-up',
  'Vaccination advice',
  'Travel vaccination',
  'Skin check-up',
  'Physiotherapy',
  'Blood test',
];
const FAMILY_NAMES = ['Adler', 'Berg', 'Costa', 'Duarte', 'Evans', 'Fischer', 'Garcia', 'Haddad', 'Ito', 'Jensen'];
const DOCTORS = FAMILY_NAMES.map((name) => `Dr ${name}`);

/** Enough that 100 users who each hold a slot for some seconds rarely meet, and meet now and then. */
const SLOTS_PER_SERVICE = 400;
const SLOT_MIN = 15;
const FIRST_SLOT_HOUR = 8;
const SLOTS_A_DAY = 36;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Tokens and bookings of users who never come back must not fill the memory of a long test. */
const MOST_TOKENS = 20_000;
const MOST_APPOINTMENTS = 20_000;
const TOKEN_BYTES = 18;

/** The state of the clinic, in memory. Bookings beyond the limit free the oldest one's slot. */
export class ClinicState {
  readonly services: readonly Service[] = SERVICE_NAMES.map((name, index) => ({
    id: `service-${index + 1}`,
    name,
    duration_min: SLOT_MIN,
  }));
  readonly #slots = new Map<string, Slot>();
  readonly #slot_ids_by_service = new Map<string, readonly string[]>();
  readonly #taken = new Set<string>();
  readonly #appointments = new Map<string, Appointment>();
  readonly #users_by_token = new Map<string, string>();
  readonly #catalogue: readonly Hit[];
  #next_appointment = 1;
  #turn = 0;

  /** @param now_ms slots begin on the day after */
  constructor(now_ms: number) {
    for (const service of this.services) {
      const slots = Array.from({ length: SLOTS_PER_SERVICE }, (_, index) => slot(service, index, now_ms));
      for (const one of slots) this.#slots.set(one.id, one);
      this.#slot_ids_by_service.set(
        service.id,
        slots.map((one) => one.id),
      );
    }
    this.#catalogue = [
      ...this.services.map(({ id, name }): Hit => ({ type: 'service', id, name })),
      ...DOCTORS.map((name, index): Hit => ({ type: 'doctor', id: `doctor-${index + 1}`, name })),
    ];
  }

  /** @returns a token, or null for wrong credentials */
  login(email: string, password: string): string | null {
    const index = Number(/^user(\d+)@/.exec(email)?.[1]);
    const known = index >= 1 && index <= DEMO.users.count && email === `user${index}@${DEMO.users.domain}`;
    if (!known || password !== DEMO.users.password) return null;
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    dropOldest(this.#users_by_token, MOST_TOKENS);
    this.#users_by_token.set(token, email);
    return token;
  }

  userOf(token: string): string | null {
    return this.#users_by_token.get(token) ?? null;
  }

  /** Free slots, each caller at another place in the calendar, as patients with different wishes see it. */
  available(service: string | undefined, limit: number): Slot[] {
    const services = service ? [service] : this.services.map(({ id }) => id);
    this.#turn += 1;
    const found: Slot[] = [];
    for (const id of services) {
      const ids = this.#slot_ids_by_service.get(id) ?? [];
      const wanted = Math.ceil(limit / services.length);
      found.push(...this.#freeFrom(ids, (this.#turn * limit) % Math.max(1, ids.length), wanted));
    }
    return found.slice(0, limit);
  }

  #freeFrom(ids: readonly string[], from: number, wanted: number): Slot[] {
    const found: Slot[] = [];
    for (let step = 0; step < ids.length && found.length < wanted; step += 1) {
      const id = ids[(from + step) % ids.length] ?? '';
      const one = this.#slots.get(id);
      if (one && !this.#taken.has(id)) found.push(one);
    }
    return found;
  }

  /** @returns the appointment; 'taken' or 'unknown' where the slot is */
  book(user: string, slotId: string): Appointment | 'taken' | 'unknown' {
    if (!this.#slots.has(slotId)) return 'unknown';
    if (this.#taken.has(slotId)) return 'taken';
    const dropped = dropOldest(this.#appointments, MOST_APPOINTMENTS);
    if (dropped) this.#taken.delete(dropped.slotId);
    const appointment: Appointment = { id: `appointment-${this.#next_appointment}`, slotId, user, status: 'booked' };
    this.#next_appointment += 1;
    this.#taken.add(slotId);
    this.#appointments.set(appointment.id, appointment);
    return appointment;
  }

  /** Somebody else's appointment does not exist for a user. */
  appointment(user: string, id: string): Appointment | null {
    const found = this.#appointments.get(id);
    return found?.user === user ? found : null;
  }

  appointments(user: string): Appointment[] {
    return [...this.#appointments.values()].filter((appointment) => appointment.user === user);
  }

  cancel(user: string, id: string): boolean {
    const found = this.appointment(user, id);
    if (!found) return false;
    this.#taken.delete(found.slotId);
    return this.#appointments.delete(id);
  }

  search(text: string, page: number, size: number): { total: number; hits: Hit[] } {
    const needle = text.toLowerCase();
    const hits = this.#catalogue.filter((hit) => hit.name.toLowerCase().includes(needle));
    return { total: hits.length, hits: hits.slice((page - 1) * size, page * size) };
  }
}

function slot(service: Service, index: number, now_ms: number): Slot {
  const day = Math.floor(now_ms / DAY_MS) + 1 + Math.floor(index / SLOTS_A_DAY);
  const start_ms = day * DAY_MS + (FIRST_SLOT_HOUR * 60 + (index % SLOTS_A_DAY) * SLOT_MIN) * MINUTE_MS;
  return {
    id: `${service.id}-slot-${index + 1}`,
    serviceId: service.id,
    doctor: DOCTORS[index % DOCTORS.length] ?? '',
    start: new Date(start_ms).toISOString(),
  };
}

/** Maps keep the order of insertion. @returns what was dropped */
function dropOldest<T>(map: Map<string, T>, most: number): T | undefined {
  if (map.size < most) return undefined;
  const [oldest] = map;
  if (!oldest) return undefined;
  map.delete(oldest[0]);
  return oldest[1];
}
