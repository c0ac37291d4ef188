/**
 * The one place that pins what Loadstar runs. The compose file, the Dockerfile, the native engine and the
 * documentation are checked against it by tests/parity.test.ts.
 */
export const VERSIONS = {
  /** The last of v1, built where the Go proxy lacks v2. Tests of the output and its images use it. */
  k6: '1.8.1',
  /** Built wherever it can be downloaded. */
  k6_v2: '2.2.0',
  influxdb: '2.9.1',
  grafana: '12.4.12',
  /** The newest that the Go proxy has. */
  telegraf: '1.37.2',
  /** Only in the Docker image, with k6 v1. */
  xk6_output_influxdb: '0.7.0',
  /** With k6 v2: its main line, which no release has yet. */
  xk6_output_influxdb_v2: '0.7.1-0.20260723212643-24889a7d12f7',
  /** Its CRD is kubernetes/testing/vendor/; `spec.args` of a TestRun begins with it. */
  k6_operator: '1.6.0',
  docker_compose: '2.40.3',
  /** Lists the Go modules of a released binary (SBOM). */
  cyclonedx_gomod: '1.10.0',
  actionlint: '1.7.12',
  node_min: '20.18.1',
  /** k6 v1.8.1 and v2.2.0 declare `go 1.25.0` in their go.mod. */
  go_min: '1.25.0',
  /** InfluxDB v2.9.1 declares `go 1.25.10` in its go.mod. */
  influxdb_go_min: '1.25.10',
  /** Telegraf v1.37.2 declares `go 1.25.5` in its go.mod. */
  telegraf_go_min: '1.25.5',
  /** Go downloads this toolchain where the installed one is too old. */
  go_toolchain: '1.27.3',
  /** Links InfluxDB to its Rust library. */
  influxdb_pkg_config: '0.3.0',
} as const;

/**
 * What the tags of images meant when they were pinned: the digests of their indexes, for all architectures. Read in public
 * repositories that pin the same tags, not in the registry itself: docs/decisions/0120-grafana-versions.md. Base images in
 * Dockerfiles have a tag alone: no such repository was found, and Renovate (`docker:pinDigests`) adds their digests.
 */
export const IMAGE_DIGESTS = {
  [`influxdb:${VERSIONS.influxdb}`]: 'sha256:db0bdab1e5ad5ee899c127b8c13d9c986a3ced78cd9200dd80a1064bf1533b6e',
  [`telegraf:${VERSIONS.telegraf}`]: 'sha256:f0f601d453f65e1964d9f3784448a35095587053130e4a8b0482275656edf885',
  [`grafana/grafana:${VERSIONS.grafana}`]: 'sha256:83be3e511ede559bee80e2215bb1987cb1246075461cb961beb515b0341e7aea',
} as const satisfies Readonly<Record<string, `sha256:${string}`>>;
