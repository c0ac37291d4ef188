import { check, group } from 'k6';
import { STATUS } from '../clinic/answer.ts';
import type { Clinic } from '../clinic/clinic.ts';
import { pick } from '../runtime/data.ts';
import { think } from '../runtime/think-time.ts';

const READING_S = 1;

/** Somebody reads what the clinic offers, opens a service and comes back to the list, which is cached. */
export function readServices(clinic: Clinic): void {
  const { services, etag } = group('list', () => {
    const { response, data } = clinic.catalogue.services();
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
    const { response, data } = clinic.catalogue.service(wanted.id);
    check(response, { 'service: is the one of the list': () => data?.id === wanted.id && data.name === wanted.name });
  });
  think(READING_S);

  if (!etag) return;
  group('back to the list', () => {
    const response = clinic.catalogue.servicesUnlessSame(etag);
    check(response, {
      'services again: status is 304': ({ status }) => status === STATUS.not_modified,
      'services again: nothing is sent': ({ body }) => !body,
    });
  });
}
