/** `loadstar/k6`: what a team's own scenarios import. Runs in k6. */
export { hasType, textAt } from './runtime/answers.ts';
export { type ApiResponse, type Call, Client, json, type Method } from './runtime/client.ts';
export { pick, pickWeighted } from './runtime/data.ts';
export { defineScenario, type OwnScenario, type ScenarioContext, type User } from './runtime/own-scenario.ts';
export { think } from './runtime/think-time.ts';
