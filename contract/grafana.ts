/** Names that Grafana knows Loadstar's things by. */
export const GRAFANA = {
  folder: 'k6',
  /** The data source reads all three buckets; queries name the bucket. */
  datasource: { uid: 'loadstar-influxdb', name: 'Loadstar InfluxDB' },
  dashboards: { live: { uid: 'loadstar-live' } },
} as const;
