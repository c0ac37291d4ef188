// As many requests as the virtual users can make: what measuring costs shows best where nothing waits.
import http from 'k6/http';

export const options = {
  vus: Number(__ENV.VUS),
  duration: __ENV.DURATION,
  systemTags: ['scenario', 'name', 'method', 'status', 'group', 'check', 'error_code'],
  noConnectionReuse: false,
};

export default function () {
  http.get(__ENV.TARGET, { tags: { name: 'GET /' } });
}

export function handleSummary(data) {
  return { [__ENV.SUMMARY]: JSON.stringify({ requests: data.metrics.http_reqs.values }) };
}
