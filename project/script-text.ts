/** What the text of a file says before it runs. */

const EXPORTS = [
  /^\s*export\s+default\b(?!\s*(?:\{|defineConfig|class\b))/m,
  /^\s*export\s+(?:const|let|var)\s+options\b/m,
  /^\s*export\s*\{[^}]*\b(?:default|options)\b[^}]*\}/m,
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
