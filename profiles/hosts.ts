/** Hosts of this machine. `[::1]` is how URLs write `::1`. */
const LOOPBACK_HOST = /^(localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/;

/**
 * Whether load may go to a host: loopback always, everything else only where it was allowed by name.
 * @param host as in a URL, without port.
 * @param allow_hosts exact names, or `*.example.com` for the subdomains of example.com; `!a.example.com` is not allowed,
 *   whatever else is.
 */
export function hostAllowed(host: string, allow_hosts: readonly string[]): boolean {
  const name = host.toLowerCase();
  if (allow_hosts.includes(`!${name}`)) return false;
  return LOOPBACK_HOST.test(name) || allow_hosts.some((allowed) => matches(name, allowed.toLowerCase()));
}

function matches(name: string, allowed: string): boolean {
  return allowed.startsWith('*.') ? name.endsWith(allowed.slice(1)) : name === allowed;
}
