/** Figures read the same everywhere: the report, which may not import cli, takes them from there too. */
export * from '../../contract/format.ts';
