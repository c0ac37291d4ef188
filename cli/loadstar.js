#!/usr/bin/env node
// Runs the TypeScript command in this very process: a wrapper process would swallow or double signals.
import { register } from 'tsx/esm/api';

register();
await import('./bin.ts');
