/** `@loadstar-hq/loadstar/k6`: what scenarios import. Runs in k6. */
export type { Slo } from '../contract/slo.ts';
export { attributeOf, cookieOf, hasType, lastOfLocation, textAt, textBetween } from './runtime/answers.ts';
export { type ApiResponse, type Call, Client, json, type Method, type Pairs } from './runtime/client.ts';
export { pick, pickSome, pickWeighted, uniqueText, wholeBetween } from './runtime/data.ts';
export { mixOf } from './runtime/mix.ts';
export type { Part, Parts, Upload } from './runtime/multipart.ts';
export { defineScenario, type ScenarioContext, type ScenarioDefinition, type User } from './runtime/scenario.ts';
export { think } from './runtime/think-time.ts';
