import { defineScenario, pick, think } from '@loadstar-hq/loadstar/k6';
import { check, group } from 'k6';
import { STATUS } from './clinic/answer.ts';
import { Clinic } from './clinic/clinic.ts';
import { checksPass, FEW_ERRORS_OR_END, withBudgets } from './clinic/slos.ts';

const READING_S = 1;
const REQUESTS = ['GET /api/services', 'GET /api/services/:id'];

export default defineScenario({
  title: 'Service listing',
  journey: 'A visitor reads the list of services, opens one, and returns to the list, which is cached.',
  weight: 20,
  requests: REQUESTS,
  slos: withBudgets(REQUESTS, [
    { indicator: 'p95_ms', limit: 300, reason: 'public pages that a cache can answer, and that search engines rank' },
    FEW_ERRORS_OR_END,
    checksPass('without cache headers, every visitor costs as much as the first'),
  ]),
  run({ client }) {
    const { catalogue } = new Clinic(client);
    const { services, etag } = group('list', () => {
      const { response, data } = catalogue.services();
      check(response, {
        'services: not empty': () => (data?.services.length ?? 0) > 0,
        'services: may be cached': ({ headers }) => /max-age=[1-9]/.test(headers['Cache-Control'] ?? ''),
        'services: have an ETag': ({ headers }) => Boolean(headers.Etag),
      });
      return { services: data?.services ?? [], etag: response.headers.Etag };
    });
    think(READING_S);

    const wanted = pick(services);
    if (!wanted) return;
    group('one of them', () => {
      const { response, data } = catalogue.service(wanted.id);
      check(response, { 'service: is the one of the list': () => data?.id === wanted.id && data.name === wanted.name });
    });
    think(READING_S);

    if (!etag) return;
    group('back to the list', () => {
      const response = catalogue.servicesUnlessSame(etag);
      check(response, {
        'services again: status is 304': ({ status }) => status === STATUS.not_modified,
        'services again: nothing is sent': ({ body }) => !body,
      });
    });
  },
});
