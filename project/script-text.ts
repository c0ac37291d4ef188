/** What the text of a file says before it runs. */

/** A statement begins a line, or follows another one: a script may be one line. */
const EXPORTS = [
  /(?:^|[;}])\s*export\s+default\b(?!\s*(?:\{|defineConfig|class\b))/m,
  /(?:^|[;}])\s*export\s+(?:const|let|var)\s+options\b/m,
  /(?:^|[;}])\s*export\s*\{[^}]*\b(?:default|options)\b[^}]*\}/m,
  /\b(?:module\.)?exports\.(?:default|options)\s*=/,
  /\bmodule\.exports\s*=\s*(?:async\s+)?(?:function|\(|\w+\s*=>)/,
];

/** Whether a file may be a k6 script: it exports a default function, or options. */
export function exportsJourney(text: string): boolean {
  return EXPORTS.some((pattern) => pattern.test(text));
}

const IMPORTS_K6 = /(?:from|import|require)\s*\(?\s*['"](?:k6(?:\/[^'"]*)?|https?:\/\/[^'"]+)['"]/;

/** Whether a file uses k6 itself. */
export function importsK6(text: string): boolean {
  return IMPORTS_K6.test(text);
}

/** Whether a file of a scenarios directory may be one: helpers beside scenarios export no default. */
export function mayBeScenario(text: string): boolean {
  return /\bexport\b[\s\S]*\b(?:default|options)\b|\bexports\b/.test(text);
}

/** Names that are taken out of `__ENV` at once: `const { TOKEN, HOST = 'x' } = __ENV`. */
const DESTRUCTURED = /\{([^{}]*)\}\s*=\s*(?:globalThis\s*\.\s*)?__ENV\b(?!\s*[.[])/g;
/** `__ENV` other than `__ENV.NAME` and `__ENV['NAME']`: which variables it reads, nobody can see. */
const READS_ANY = /\b__ENV\b(?!\s*\??\.\s*[A-Za-z_$]|\s*(?:\?\.)?\[\s*(?:"[^"]*"|'[^']*')\s*\])/;

/**
 * Says which variables a script may read in `__ENV`: those whose name is anywhere in its code, and all if it reads `__ENV` by
 * names that it makes up. @param code of the script and all that it imports
 */
export function environmentReader(code: string): (variable: string) => boolean {
  const named = code.replace(DESTRUCTURED, (whole, names: string) => (/\.\.\.|\[/.test(names) ? whole : names));
  if (READS_ANY.test(named)) return () => true;
  const words = new Set(code.match(/[A-Za-z_]\w*/g));
  return (variable) => code.includes('__ENV') && words.has(variable);
}
