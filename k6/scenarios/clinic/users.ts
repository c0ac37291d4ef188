import exec from 'k6/execution';
import { DEMO } from '../../../contract/demo.ts';

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** The account of this virtual user. If there are more virtual users than accounts, they share. */
export function currentUser(): Credentials {
  const { count, domain, password } = DEMO.users;
  return { email: `user${((exec.vu.idInTest - 1) % count) + 1}@${domain}`, password };
}
