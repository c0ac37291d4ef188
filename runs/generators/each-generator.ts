import { reportedLoad } from '../../contract/load-span.ts';
import type { EachGenerator } from '../../contract/results.ts';
import type { GeneratorEnd, GeneratorFigures, GeneratorLife } from '../../influxdb/generators.ts';

/** Of each generator that was seen, what it said of itself: merged figures do not tell them apart. */
export function eachGenerator(
  lives: readonly GeneratorLife[],
  ends: readonly GeneratorEnd[],
  figures: ReadonlyMap<string, Partial<GeneratorFigures>>,
): EachGenerator[] {
  return lives.map((life): EachGenerator => {
    const { instance } = life;
    const end = ends.find((it) => it.instance === instance);
    const { requests = 0, failed = 0, p95_ms = null, peak_machine_cpu = null } = figures.get(instance) ?? {};
    const delayed = end?.report.generator.delayed;
    return {
      instance,
      state: end ? 'ended' : 'lost',
      last_sign: (end?.ended ?? life.last).toISOString(),
      load: loadOf(life, end),
      requests,
      failed,
      p95_ms,
      peak_machine_cpu: end?.report.generator.peak_machine_cpu ?? peak_machine_cpu,
      ...(delayed ? { delayed } : {}),
    };
  });
}

/** One that was killed has said when its load began, and lived until its last sign. */
function loadOf({ load_began, last }: GeneratorLife, end: GeneratorEnd | undefined): EachGenerator['load'] {
  const load = end ? reportedLoad(end.report) : load_began && { from: load_began, to: last };
  return load && { from: load.from.toISOString(), to: load.to.toISOString() };
}
