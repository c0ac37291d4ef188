import { ENV, SCRIPT_ENV } from './env.ts';

/** Read by k6, Go or the system: a team's variable of such a name would change how k6 itself works. */
const FOREIGN = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY'];
const PREFIXES = ['K6_', 'LOADSTAR_', 'SSL_CERT_', 'GO', 'XK6_', 'LD_', 'INFLUX_'];

/** Whether a variable of this name cannot be handed to scripts. */
export function isReserved(name: string): boolean {
  const own = [...Object.keys(ENV), ...Object.values(SCRIPT_ENV)];
  return (
    own.includes(name) || FOREIGN.includes(name.toUpperCase()) || PREFIXES.some((prefix) => name.startsWith(prefix))
  );
}
