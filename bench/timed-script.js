// Latencies as k6 measures them, beside those that the target states, as a thousand percentiles each.

import { sleep } from 'k6';
import http from 'k6/http';
import { Trend } from 'k6/metrics';

const stated = new Trend('stated_ms', true);
const steps = Number(__ENV.STEPS);

export const options = {
  vus: Number(__ENV.VUS),
  duration: __ENV.DURATION,
  summaryTrendStats: Array.from({ length: steps }, (_, index) => `p(${(100 * index) / steps})`),
};

export default function () {
  stated.add(Number(http.get(__ENV.TARGET, { tags: { name: 'GET /' } }).headers['X-Ms']));
  sleep(0.05 + 0.1 * Math.random());
}

export function handleSummary({ metrics }) {
  const values = (metric) => Object.values(metrics[metric].values).sort((a, b) => a - b);
  return { [__ENV.SUMMARY]: JSON.stringify({ measured: values('http_req_duration'), stated: values('stated_ms') }) };
}
