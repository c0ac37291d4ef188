import { describe, expect, it } from 'vitest';
import { type AskedQuery, MOST_SERIES_OF_QUERY } from '../../contract/telemetry.ts';
import { queryAnswer, readFrames } from './read-frames.ts';

const QUERY: AskedQuery = {
  component: 'db',
  name: 'CPU',
  kind: 'utilisation',
  unit: 'share',
  data_source: 'CloudWatch',
  query: 'x',
  factor: 0.01,
  limit: 1,
};

const time = (...values: readonly (number | null)[]) => ({ field: { name: 'Time', type: 'time' }, values });
const value = (labels: Readonly<Record<string, string>>, values: readonly (number | null)[], name = 'Value') => ({
  field: { name, type: 'number', labels },
  values,
});
const text = (name: string, ...values: readonly string[]) => ({ field: { name, type: 'string' }, values });

/** As Grafana sends it. */
function read(frames: readonly (readonly { readonly field: object; readonly values: readonly unknown[] }[])[]) {
  const answer = {
    results: {
      A: {
        status: 200,
        frames: frames.map((columns) => ({
          schema: { refId: 'A', meta: { typeVersion: [0, 0] }, fields: columns.map(({ field }) => field) },
          data: { values: columns.map(({ values }) => values) },
        })),
      },
    },
  };
  const { results } = queryAnswer.parse(JSON.parse(JSON.stringify(answer)));
  const told_apart = new Set<string>();
  const { series, ...more } = readFrames(QUERY, results.A?.frames ?? [], told_apart);
  const shown = series.map(({ instance, points }) => [
    instance,
    ...points.map(({ at_ms, value: of }) => `${at_ms}=${of}`),
  ]);
  return { ...more, shown, series, told_apart };
}

describe('an answer of Grafana', () => {
  it('of one series has no instance, whatever its labels; factor and limit count', () => {
    const { series } = read([[time(1000, 2000), value({ host: 'a', job: 'x' }, [50, 100])]]);
    const { query, data_source, factor, limit, name, ...identity } = QUERY;
    expect(series).toEqual([
      {
        ...identity,
        series: name,
        instance: '',
        points: [
          { at_ms: 1000, value: 0.5, limit: 1 },
          { at_ms: 2000, value: 1, limit: 1 },
        ],
      },
    ]);
  });

  it('of several frames, as Prometheus has it, is told apart by the labels that differ', () => {
    const { shown } = read([
      [time(1000), value({ host: 'a', job: 'x' }, [100])],
      [time(1000), value({ host: 'b', job: 'x' }, [200])],
    ]);
    expect(shown).toEqual([
      ['a', '1000=1'],
      ['b', '1000=2'],
    ]);
  });

  it('of one wide frame is told apart by labels, or by its columns', () => {
    expect(
      read([[time(1), value({ host: 'a' }, [100]), value({ host: 'b' }, [200])]]).shown.map(([name]) => name),
    ).toEqual(['a', 'b']);
    expect(
      read([[time(1), value({}, [100], 'reads'), value({}, [200], 'writes')]]).shown.map(([name]) => name),
    ).toEqual(['reads', 'writes']);
  });

  it('of one long frame, as SQL has it, is told apart by its texts', () => {
    const { shown } = read([[time(1, 1, 2), text('host', 'a', 'b', 'a'), value({}, [100, 200, 300])]]);
    expect(shown).toEqual([
      ['a', '1=1', '2=3'],
      ['b', '1=2'],
    ]);
  });

  it('has a gap where a value is none: NaN, infinite and missing are null in its JSON', () => {
    expect(read([[time(1, 2, null, 4), value({}, [100, null, 100, 400])]]).shown).toEqual([['', '1=1', '4=4']]);
  });

  it('is left out beyond the most series, and counted; a table without time too', () => {
    const wide = Array.from({ length: MOST_SERIES_OF_QUERY + 3 }, (_, place) => [
      time(1),
      value({ pod: `${place}` }, [1]),
    ]);
    const { series, left_out } = read(wide);
    expect([series.length, left_out]).toEqual([MOST_SERIES_OF_QUERY, 3]);
    expect(read([[text('host', 'a'), value({}, [1])]])).toMatchObject({ series: [], without_time: 1 });
    expect(read([[]])).toMatchObject({ series: [], without_time: 0 });
  });

  it('keeps the name of an instance during a run, once there were several', () => {
    const both = [
      [time(1000), value({ host: 'a' }, [100])],
      [time(1000), value({ host: 'b' }, [200])],
    ];
    const { told_apart } = read(both);
    const alone = queryAnswer.parse({
      results: {
        A: {
          frames: [
            { schema: { fields: [time().field, value({ host: 'a' }, []).field] }, data: { values: [[1], [1]] } },
          ],
        },
      },
    });
    expect(readFrames(QUERY, alone.results.A?.frames ?? [], told_apart).series[0]?.instance).toBe('a');
  });
});
