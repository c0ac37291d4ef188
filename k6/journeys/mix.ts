import { SCENARIOS, type Scenario, type ScenarioName } from '../../contract/scenarios.ts';
import type { Clinic } from '../clinic/clinic.ts';
import { itemAt } from '../runtime/data.ts';
import { lookForAppointments } from './availability.ts';
import { bookAppointment } from './booking.ts';
import { orderMedicine } from './checkout.ts';
import { loadDashboard } from './dashboard.ts';
import { useAccount } from './login.ts';
import { sendPrescription } from './prescription.ts';
import { rescheduleAppointment } from './reschedule.ts';
import { searchClinic } from './search.ts';
import { readServices } from './services.ts';

type Journey = (clinic: Clinic) => void;

/** The journeys of the mix. How often each is walked stands in the catalogue. */
const JOURNEYS: Readonly<Partial<Record<ScenarioName, Journey>>> = {
  'appointment-availability': lookForAppointments,
  'service-listing': readServices,
  search: searchClinic,
  'dashboard-loading': loadDashboard,
  'appointment-booking': bookAppointment,
  'user-login': useAccount,
  'cart-checkout': orderMedicine,
  'appointment-reschedule': rescheduleAppointment,
  'prescription-upload': sendPrescription,
};

/** @throws Error in k6's init phase where a journey has no weight, or a weight no journey. */
export function weightedJourneys(): (readonly [Journey, number])[] {
  const weights = Object.entries(SCENARIOS as Record<string, Scenario>).filter(([, { weight }]) => weight);
  if (weights.length !== Object.keys(JOURNEYS).length) throw new Error('expected a weight for each journey of the mix');
  return weights.map(([name, { weight = 0 }]) => {
    const journey = JOURNEYS[name as ScenarioName];
    if (!journey) throw new Error(`expected a journey for ${name}, which has a weight`);
    return [journey, weight] as const;
  });
}

/** The golden ratio's conjugate: its multiples fill the unit interval evenly from the start on (Weyl, 1916). */
const GOLDEN = 0.618_033_988_749_895;

/** Which journey an iteration walks: by weight, and without the luck of the draw, so that short runs have their share too. */
export function journeyOf(journeys: readonly (readonly [Journey, number])[], iteration: number): Journey {
  return itemAt(journeys, (iteration * GOLDEN) % 1);
}
