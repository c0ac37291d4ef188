import type { Engine, EngineContext } from './engine.ts';

export function dockerEngine(_context: EngineContext): Engine {
  throw new Error('being written');
}
