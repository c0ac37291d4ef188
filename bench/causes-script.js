// A patient's journey on the demo clinic, eight requests, at a constant rate: each resource of the clinic is used by some.
// The limits are two to four times the p95 that a request has without a fault.
import http from 'k6/http';

const PASSWORD = 'loadstar-demo';
const USERS = 200;
const TERMS = ['dental', 'check-up', 'dr', 'vaccination'];

export const options = {
  scenarios: {
    patients: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.JOURNEYS_PER_S),
      duration: __ENV.DURATION,
      preAllocatedVUs: 100,
      maxVUs: 400,
      gracefulStop: '5s',
    },
  },
  thresholds: {
    http_req_duration: ['p(95)<220'],
    'http_req_duration{name:POST /api/auth/login}': ['p(95)<320'],
    'http_req_duration{name:GET /api/services}': ['p(95)<110'],
    'http_req_duration{name:GET /api/appointments/available}': ['p(95)<180'],
    'http_req_duration{name:POST /api/appointments}': ['p(95)<320'],
    'http_req_duration{name:DELETE /api/appointments/:id}': ['p(95)<120'],
    'http_req_duration{name:GET /api/search}': ['p(95)<200'],
  },
};

export default function () {
  const call = (method, route, { path = route, body = null, token = '' } = {}) => {
    const headers = {
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    };
    const params = { headers, tags: { name: `${method} ${route}` } };
    return http.request(method, `${__ENV.BASE_URL}${path}`, body ? JSON.stringify(body) : null, params);
  };
  const pick = (list) => list[Math.floor(Math.random() * list.length)];

  const email = `user${1 + Math.floor(Math.random() * USERS)}@example.com`;
  const token = call('POST', '/api/auth/login', { body: { email, password: PASSWORD } }).json('token');
  if (!token) return;
  const service = pick(call('GET', '/api/services').json('services') ?? [{ id: '' }]).id;
  const available = '/api/appointments/available';
  const slots = call('GET', available, { path: `${available}?service=${service}` }).json('slots') ?? [];
  if (slots.length > 0) {
    const id = call('POST', '/api/appointments', { body: { slotId: pick(slots).id }, token }).json('id');
    const path = `/api/appointments/${id}`;
    if (id) call('GET', '/api/appointments/:id', { path, token });
    if (id) call('DELETE', '/api/appointments/:id', { path, token });
  }
  call('GET', '/api/search', { path: `/api/search?q=${pick(TERMS)}` });
  call('POST', '/api/auth/logout', { token });
}
