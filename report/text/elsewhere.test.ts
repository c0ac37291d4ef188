import { expect, it } from 'vitest';
import { PASSED_RUN } from '../example-run.ts';
import { linkNote, reportCommands } from './elsewhere.ts';

const inside = { namespace: 'load', influx: { url: 'http://loadstar-influxdb:8086', org: 'loadstar' } };
const token = `"$(kubectl --namespace load get secret loadstar-tokens --output jsonpath='{.data.cli}' | base64 --decode)"`;

it('a report of the InfluxDB in the cluster is written through a forwarded port', () => {
  expect(reportCommands('run-1', inside)).toEqual([
    'kubectl --namespace load port-forward service/loadstar-influxdb 8086 &',
    `ENGINE=external INFLUX_URL=http://127.0.0.1:8086 INFLUX_TOKEN=${token} npx @loadstar-hq/loadstar report run-1`,
  ]);
});

it('an InfluxDB that a team already has is asked at its own address', () => {
  const influx = { url: 'https://influx.example.com', org: 'team' };
  expect(reportCommands('run-1', { ...inside, influx })).toEqual([
    `ENGINE=external INFLUX_URL=https://influx.example.com INFLUX_ORG=team INFLUX_TOKEN=${token} npx @loadstar-hq/loadstar report run-1`,
  ]);
});

it('a link to the name of a Service is said to be one, and no other', () => {
  const linked = (grafana: string | null) =>
    linkNote({ ...PASSED_RUN, links: { ...PASSED_RUN.links, grafana } }, 'load');
  expect(linked('http://loadstar-grafana:3000/d/x?y')).toMatch(
    /port-forward service\/loadstar-grafana 3000.*PUBLIC_GRAFANA_URL/,
  );
  expect(linked('http://loadstar-grafana.load.svc.cluster.local:3000/d/x')).toContain('name inside the cluster');
  expect(linked('https://grafana.example.com/d/x')).toBeNull();
  expect(linked(null)).toBeNull();
});
