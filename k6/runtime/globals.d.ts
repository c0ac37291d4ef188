/** k6 has a console; @types/k6 leaves its type to the DOM library, of which k6 has nothing else. */
declare const console: Record<'log' | 'debug' | 'info' | 'warn' | 'error', (...values: unknown[]) => void>;
