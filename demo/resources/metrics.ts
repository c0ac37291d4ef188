import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** From 1 ms to 10 s. */
export const SHORT_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

let of_process: Registry | null = null;

/** CPU, memory, event loop and garbage collection: of the process, however many clinics a test opens in it. */
export function processMetrics(): Registry {
  if (!of_process) {
    of_process = new Registry();
    collectDefaultMetrics({ register: of_process });
  }
  return of_process;
}

/** Gauges that are read when somebody asks. */
export function addGauges(
  registry: Registry,
  gauges: Readonly<Record<string, readonly [help: string, read: () => number]>>,
): void {
  for (const [name, [help, read]] of Object.entries(gauges)) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  }
}
