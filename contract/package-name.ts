/**
 * The name under which npm knows Loadstar. The scope is ours, so that no stranger can publish what `npx` would run outside of
 * a project. package.json repeats it, because npm reads it there; a test compares them.
 */
export const PACKAGE = '@loadstar-hq/loadstar';

/** What scenarios import. */
export const K6_MODULE = `${PACKAGE}/k6`;

/** How messages call the command line: `npx` runs the bin of the installed package. */
export const COMMAND = `npx ${PACKAGE}`;

/** The name before version 0.2. Bundles still resolve imports of it. */
export const FORMER_PACKAGE = 'loadstar';
