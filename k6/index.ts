/** `loadstar/k6`: what a team's own scenarios import. Runs in k6. */
export { hasType, textAt } from './lib/answers.ts';
export { type ApiResponse, type Call, Client, json, type Method } from './lib/client.ts';
export { pick, pickWeighted } from './lib/data.ts';
export { defineScenario, type OwnScenario, type ScenarioContext, type User } from './lib/own-scenario.ts';
export { think } from './lib/think-time.ts';
