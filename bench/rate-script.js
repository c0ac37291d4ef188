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
  systemTags: ['scenario', 'name', 'method', 'status', 'group', 'check', 'error_code'],
};

export default function () {
  http.get(__ENV.TARGET, { tags: { name: 'GET /' } });
}

export function handleSummary(data) {
  const count = (name) => (data.metrics[name] ? data.metrics[name].values.count : 0);
  return { [__ENV.SUMMARY]: JSON.stringify({ requests: count('http_reqs'), dropped: count('dropped_iterations') }) };
}
