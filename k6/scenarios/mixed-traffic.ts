import { defineScenario, mixOf } from '@loadstar-hq/loadstar/k6';
import availability from './appointment-availability.ts';
import booking from './appointment-booking.ts';
import reschedule from './appointment-reschedule.ts';
import checkout from './cart-checkout.ts';
import { checksPass, FEW_ERRORS_OR_END, requestBudgets, STEADY_THROUGHPUT } from './clinic/slos.ts';
import dashboard from './dashboard-loading.ts';
import prescription from './prescription-upload.ts';
import search from './search.ts';
import services from './service-listing.ts';
import login from './user-login.ts';

const mix = mixOf([availability, booking, services, dashboard, checkout, search, prescription, login, reschedule]);

export default defineScenario({
  title: 'Mixed traffic',
  journey: 'All journeys at once, each as often as in production.',
  ...mix,
  slos: [
    { indicator: 'p95_ms', limit: 500, reason: 'most requests belong to pages, which have half a second' },
    {
      indicator: 'p99_ms',
      limit: 1_500,
      reason: 'uploads and payments are the slowest hundredth, and have limits of their own',
    },
    FEW_ERRORS_OR_END,
    checksPass('every journey needs 99 % of its checks'),
    STEADY_THROUGHPUT,
    // A short run may not get to the rarest journeys.
    ...requestBudgets(mix.requests).map((slo) => ({ ...slo, rare: true }) as const),
  ],
});
