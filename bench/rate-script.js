// A fixed rate of requests, whatever the output does: an output that blocks shows as dropped iterations.
import http from 'k6/http';

export const options = {
  scenarios: {
    rate: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE),
      timeUnit: '1s',
      duration: __ENV.DURATION,
      preAllocatedVUs: 50,
      maxVUs: 200,
    },
  },
  // As a scenario of Loadstar has them: each keeps a sum of its own.
  thresholds: __ENV.THRESHOLDS
    ? {
        http_req_duration: ['p(95)<60000', 'p(99)<60000'],
        'http_req_duration{name:GET /}': ['p(95)<60000'],
        'http_req_duration{scenario:rate}': ['p(99)<60000'],
        http_req_failed: ['rate<=1'],
        http_reqs: ['count>0'],
      }
    : {},
  systemTags: ['scenario', 'name', 'method', 'status', 'group', 'check', 'error_code'],
};

export default function () {
  http.get(__ENV.TARGET, { tags: { name: 'GET /' } });
}

export function handleSummary(data) {
  const count = (name) => (data.metrics[name] ? data.metrics[name].values.count : 0);
  return { [__ENV.SUMMARY]: JSON.stringify({ requests: count('http_reqs'), dropped: count('dropped_iterations') }) };
}
