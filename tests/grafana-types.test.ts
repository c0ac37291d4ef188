/** What we give to Grafana against its own types, as its Foundation SDK and its schema packages publish them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type AnySchema, type ValidateFunction } from 'ajv';
import { createGenerator, type Schema } from 'ts-json-schema-generator';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CHANNELS, type ChannelName } from '../contract/channels.ts';
import { OWN_PROJECT } from '../contract/project-name.ts';
import { SCENARIOS } from '../contract/scenarios.ts';
import { provisioningFiles } from '../grafana/generate.ts';
import { contactPoints, policy, ruleGroup, template } from '../stack/grafana-push/resources.ts';
import { ROOT } from './lib/machine.ts';

const SDK = join(ROOT, 'node_modules', '@grafana', 'grafana-foundation-sdk', 'dist');

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly options?: object;
  readonly fieldConfig?: { readonly defaults: { readonly custom?: object } };
}
const dashboards = [...provisioningFiles(OWN_PROJECT)].flatMap(([name, text]) =>
  name.endsWith('.json') ? [[name, JSON.parse(text) as { panels: Panel[] }] as const] : [],
);

const schemaOf = (module: string, type: string, open: readonly string[] = []) =>
  generatorOf(join(SDK, module, 'types.gen.d.ts'))(type, open);

/** Compiles the file once, which takes longer than all its schemas. */
function generatorOf(path: string): (type: string, open?: readonly string[]) => Schema {
  const tsconfig = join(ROOT, 'tsconfig.json');
  const generator = createGenerator({ path, tsconfig, type: '*', skipTypeCheck: true, expose: 'all' });
  /** @param open definitions that may hold anything: a data source's own query has no type there */
  return (type, open = []) => {
    const schema = generator.createSchema(type);
    for (const name of open) if (schema.definitions) schema.definitions[name] = { type: 'object' };
    return schema;
  };
}

function compile(schema: Schema): ValidateFunction {
  return new Ajv({ strict: false, allErrors: true }).compile(schema as AnySchema);
}

const complaints = (validate: ValidateFunction, value: unknown) =>
  validate(value)
    ? []
    : (validate.errors ?? []).map(
        ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
      );

/** Modules of the SDK by the panel's type. */
const MODULE: Readonly<Record<string, string>> = { 'state-timeline': 'statetimeline' };
/** Panels that have no field options of their own. */
const NO_FIELD_CONFIG = ['stat', 'text'];

const PANELS = dashboards.flatMap(([, model]) => model.panels).filter(({ type }) => type !== 'row');
const PANEL_TYPES = [...new Set(PANELS.map(({ type }) => type))];

/** @param file the types of this panel, in some version of Grafana */
function checkPanels(type: string, file: string): void {
  const schema = generatorOf(file);
  const options = compile(partial(schema('Options')));
  const custom = NO_FIELD_CONFIG.includes(type) ? null : compile(partial(schema('FieldConfig')));
  for (const panel of PANELS.filter((it) => it.type === type)) {
    expect(complaints(options, panel.options ?? {}), panel.title).toEqual([]);
    if (custom) expect(complaints(custom, panel.fieldConfig?.defaults.custom ?? {}), panel.title).toEqual([]);
  }
  expect(complaints(options, { removedOption: true }), type).not.toEqual([]);
}

// Compiling types blocks the process, which has to report in between: vitest waits for a minute at most.
beforeEach(() => new Promise<void>((done) => setImmediate(done)));

it('there are panels of several types', () => expect(PANEL_TYPES.length).toBeGreaterThan(4));

describe('dashboards', () => {
  let dashboard: ValidateFunction;
  beforeAll(() => {
    dashboard = compile(schemaOf('dashboard', 'Dashboard', ['Dataquery']));
  }, 60_000);

  it.each(dashboards)('%s is what Grafana takes for a dashboard', (_, model) => {
    expect(complaints(dashboard, model)).toEqual([]);
    expect(complaints(dashboard, { ...model, refresh: 5 })).not.toEqual([]);
  });

  it.each(PANEL_TYPES)(
    'have panels %s whose options are those of their type',
    (type) => {
      checkPanels(type, join(SDK, MODULE[type] ?? type, 'types.gen.d.ts'));
    },
    120_000,
  );
});

/** The package @grafana/schema of each major version that the dashboards are for. */
const MAJORS = [11, 12, 13];

describe.each(MAJORS)('the schema of Grafana %i', (major) => {
  const root = join(ROOT, 'node_modules', `grafana-schema-${major}`);
  /** Version 11 keeps its types elsewhere, and under other names. */
  const typesIn = (...path: string[]) => {
    const directory = join(root, 'dist', major === 11 ? 'esm' : 'types', 'raw', ...path, 'x');
    const [file = ''] = readdirSync(directory).filter((name) => name.endsWith('types.gen.d.ts'));
    return join(directory, file);
  };

  it('is of that version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(version).toMatch(new RegExp(`^${major}\\.`));
  });

  it('takes every dashboard', () => {
    const dashboard = compile(partial(generatorOf(typesIn('dashboard'))('Dashboard', ['AnnotationTarget'])));
    for (const [name, model] of dashboards) expect(complaints(dashboard, model), name).toEqual([]);
    expect(complaints(dashboard, { ...dashboards[0]?.[1], refresh: 5 })).not.toEqual([]);
  }, 120_000);

  it.each(PANEL_TYPES)(
    'takes the options of every panel %s',
    (type) => {
      checkPanels(type, typesIn('composable', MODULE[type] ?? type, 'panelcfg'));
    },
    120_000,
  );
});

describe('alerting', () => {
  const check = (type: string, value: unknown, open: readonly string[] = []) =>
    complaints(compile(schemaOf('alerting', type, open)), value);

  it('has rules, a contact point and a branch of the policy that are what Grafana takes', () => {
    const { rules } = ruleGroup(OWN_PROJECT, SCENARIOS).wanted as { rules: { [key: string]: unknown }[] };
    expect(rules.length).toBeGreaterThan(10);
    const rule = compile(schemaOf('alerting', 'Rule', ['Dataquery']));
    for (const one of rules) expect(complaints(rule, one), String(one.title)).toEqual([]);
    expect(complaints(rule, { ...rules[0], noDataState: 'Maybe' })).not.toEqual([]);
    const names = Object.keys(CHANNELS) as ChannelName[];
    for (const { wanted } of contactPoints(OWN_PROJECT, names, () => 'x'))
      expect(check('ContactPoint', wanted)).toEqual([]);
    expect(check('NotificationPolicy', policy(OWN_PROJECT, { receiver: 'root' }, true).wanted)).toEqual([]);
    expect(check('NotificationTemplate', template('1.0.0').wanted)).toEqual([]);
  }, 120_000);
});

/** Grafana fills in what is missing: only what is there has to be right. */
function partial(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema), (key, value) =>
    key === 'required' && Array.isArray(value) ? undefined : value,
  ) as Schema;
}
