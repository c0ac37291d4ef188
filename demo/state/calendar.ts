import { EventEmitter } from 'node:events';
import { BoundedMap } from './bounded-map.ts';
import { DOCTORS, SERVICES, type Service, SLOT_MIN } from './catalogue.ts';

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

/** What subscribers are told when a slot changes hands. */
export interface SlotUpdate {
  readonly slotId: string;
  readonly serviceId: string;
  readonly state: 'taken' | 'free';
}

/** Enough that 100 users who each hold a slot for some seconds rarely meet, and meet now and then. */
const SLOTS_PER_SERVICE = 400;
const FIRST_SLOT_HOUR = 8;
const SLOTS_A_DAY = 36;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Three quarters of all slots: bookings of users who never come back give way before nothing is free. */
const MOST_APPOINTMENTS = (SLOTS_PER_SERVICE * SERVICES.length * 3) / 4;

/** Slots and who has booked them. Bookings beyond the limit free the oldest one's slot. */
export class Calendar {
  readonly updates = new EventEmitter<{ slot: [SlotUpdate] }>();
  readonly #slots = new Map<string, Slot>();
  readonly #slot_ids_by_service = new Map<string, readonly string[]>();
  readonly #taken = new Set<string>();
  readonly #appointments = new BoundedMap<Appointment>(MOST_APPOINTMENTS, ({ slotId }) => this.#release(slotId));
  #next_appointment = 1;
  #turn = 0;

  /** @param now_ms slots begin on the day after */
  constructor(now_ms: number) {
    // A listener a connection: their number is the number of users who watch.
    this.updates.setMaxListeners(0);
    for (const service of SERVICES) {
      const slots = Array.from({ length: SLOTS_PER_SERVICE }, (_, index) => slot(service, index, now_ms));
      for (const one of slots) this.#slots.set(one.id, one);
      const ids = slots.map((one) => one.id);
      this.#slot_ids_by_service.set(service.id, ids);
    }
  }

  /** Ids of all slots of one service or of each service, free or taken. */
  roster(service: string | undefined): readonly (readonly string[])[] {
    const services = service ? [service] : SERVICES.map(({ id }) => id);
    return services.map((id) => this.#slot_ids_by_service.get(id) ?? []);
  }

  /** Free slots, each caller at another place in the calendar, as patients with different wishes see it. */
  available(roster: readonly (readonly string[])[], limit: number): Slot[] {
    this.#turn += 1;
    const found: Slot[] = [];
    for (const ids of roster) {
      const wanted = Math.ceil(limit / roster.length);
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
    const obstacle = this.#obstacle(slotId);
    if (obstacle) return obstacle;
    const appointment: Appointment = { id: `appointment-${this.#next_appointment}`, slotId, user, status: 'booked' };
    this.#next_appointment += 1;
    this.#take(slotId);
    this.#appointments.set(appointment.id, appointment);
    return appointment;
  }

  /** Takes the new slot and frees the old one. @returns null where the user has no such appointment */
  reschedule(user: string, id: string, slotId: string): Appointment | 'taken' | 'unknown' | null {
    const before = this.appointment(user, id);
    if (!before) return null;
    const obstacle = this.#obstacle(slotId);
    if (obstacle) return obstacle;
    const moved: Appointment = { ...before, slotId };
    this.#take(slotId);
    this.#appointments.set(id, moved);
    this.#release(before.slotId);
    return moved;
  }

  /** Somebody else's appointment does not exist for a user. */
  appointment(user: string, id: string): Appointment | null {
    const found = this.#appointments.get(id);
    return found?.user === user ? found : null;
  }

  appointments(user: string): Appointment[] {
    return this.#appointments.values().filter((appointment) => appointment.user === user);
  }

  cancel(user: string, id: string): boolean {
    const found = this.appointment(user, id);
    if (!found) return false;
    this.#appointments.delete(id);
    this.#release(found.slotId);
    return true;
  }

  #obstacle(slotId: string): 'taken' | 'unknown' | null {
    if (!this.#slots.has(slotId)) return 'unknown';
    return this.#taken.has(slotId) ? 'taken' : null;
  }

  #take(slotId: string): void {
    this.#taken.add(slotId);
    this.#tell(slotId, 'taken');
  }

  #release(slotId: string): void {
    this.#taken.delete(slotId);
    this.#tell(slotId, 'free');
  }

  #tell(slotId: string, state: SlotUpdate['state']): void {
    this.updates.emit('slot', { slotId, serviceId: this.#slots.get(slotId)?.serviceId ?? '', state });
  }
}

function slot(service: Service, index: number, now_ms: number): Slot {
  const day = Math.floor(now_ms / DAY_MS) + 1 + Math.floor(index / SLOTS_A_DAY);
  const start_ms = day * DAY_MS + (FIRST_SLOT_HOUR * 60 + (index % SLOTS_A_DAY) * SLOT_MIN) * MINUTE_MS;
  return {
    id: `${service.id}-slot-${index + 1}`,
    serviceId: service.id,
    doctor: DOCTORS[index % DOCTORS.length]?.name ?? '',
    start: new Date(start_ms).toISOString(),
  };
}
