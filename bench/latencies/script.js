import http from 'k6/http';

/** Eight routes of four servers, each at a steady rate of its own. */
const RATE = 9;
const { DEMO, GATEWAY, REPORTS, INFLUX } = __ENV;
const JSON_BODY = { headers: { 'content-type': 'application/json' } };

function scenario(exec) {
  return { executor: 'constant-arrival-rate', exec, rate: RATE, duration: __ENV.DURATION, preAllocatedVUs: 20 };
}

export const options = {
  scenarios: Object.fromEntries(
    ['login', 'search', 'checkout', 'cached', 'session', 'render', 'report', 'flux'].map((it) => [it, scenario(it)]),
  ),
};

function get(name, url) {
  http.get(url, { tags: { name } });
}

export function login() {
  const body = JSON.stringify({
    email: `user${1 + Math.floor(Math.random() * 200)}@example.com`,
    password: 'loadstar-demo',
  });
  http.post(`${DEMO}/api/auth/login`, body, { ...JSON_BODY, tags: { name: 'login' } });
}

export function search() {
  get('search', `${DEMO}/api/search?q=check`);
}

export function checkout() {
  get('checkout', `${GATEWAY}/checkout`);
}

export function cached() {
  get('cached', `${GATEWAY}/cached?key=${Math.floor(Math.random() * 60)}`);
}

export function session() {
  get('session', `${GATEWAY}/session?key=${Math.floor(Math.random() * 40)}`);
}

export function render() {
  get('render', `${GATEWAY}/render`);
}

export function report() {
  get('report', `${REPORTS}/report?day=${Math.floor(Math.random() * 240)}`);
}

export function flux() {
  const query = `from(bucket: "bench") |> range(start: -20m) |> group(columns: ["host"]) |> aggregateWindow(every: 1m, fn: mean)`;
  const headers = { 'content-type': 'application/vnd.flux', authorization: `Token ${__ENV.INFLUX_TOKEN}` };
  http.post(`${INFLUX}/api/v2/query?org=bench`, query, { headers, tags: { name: 'flux' } });
}
