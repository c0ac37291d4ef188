import { defineScenario, pickWeighted, think } from '@loadstar-hq/loadstar/k6';
import { check, group } from 'k6';
import exec from 'k6/execution';
import { DEMO } from '../../contract/demo.ts';
import { STATUS } from './clinic/answer.ts';
import type { Session } from './clinic/auth.ts';
import { Clinic } from './clinic/clinic.ts';
import { checksPass, FEW_ERRORS_OR_END, withBudgets } from './clinic/slos.ts';
import { currentUser } from './clinic/users.ts';

const AT_WORK_S = 1;
const TYPING_S = 0.5;

type Visit = 'usual' | 'mistyped' | 'guesser';
const VISITS: readonly (readonly [Visit, number])[] = [
  ['usual', 70],
  ['mistyped', 20],
  ['guesser', 10],
];
const REQUESTS = ['POST /api/auth/login', 'GET /api/me', 'POST /api/auth/refresh', 'POST /api/auth/logout'];

export default defineScenario({
  title: 'Concurrent user login',
  journey: 'Users log in, mistype, refresh their session, and log out; password guessing is blocked.',
  weight: 6,
  requests: REQUESTS,
  slos: withBudgets(REQUESTS, [
    { indicator: 'p95_ms', limit: 800, reason: 'all users log in at once in the morning' },
    {
      indicator: 'p99_ms',
      limit: 1_500,
      request: 'POST /api/auth/login',
      reason: 'users who wait longer press again, and double the load',
    },
    FEW_ERRORS_OR_END,
    checksPass('an old token that still works, or password guessing that is not blocked, is a security hole'),
  ]),
  run({ client }) {
    const clinic = new Clinic(client);
    const visit = pickWeighted(VISITS);
    if (visit === 'guesser') group('guess passwords', () => guess(clinic));
    else comeAndGo(clinic, visit === 'mistyped');
  },
});

function comeAndGo(clinic: Clinic, mistypes: boolean): void {
  if (mistypes) group('mistype', () => mistype(clinic));
  const session = group('log in', () => logIn(clinic));
  if (!session) return;
  think(AT_WORK_S);
  const renewed = group('refresh', () => refresh(clinic, session));
  think(AT_WORK_S);
  group('log out', () => logOut(clinic, renewed ?? session));
}

function logIn(clinic: Clinic): Session | undefined {
  const credentials = currentUser();
  const { response, data } = clinic.auth.login(credentials);
  check(response, { 'login: has both tokens': () => Boolean(data?.token && data.refreshToken) });
  if (!data?.token) return undefined;
  const me = clinic.auth.me(data.token);
  check(me.response, { 'login: is the right user': () => me.data?.email === credentials.email });
  return data;
}

function mistype(clinic: Clinic): void {
  const { email, password } = currentUser();
  const response = clinic.auth.loginWrongly({ email, password: `${password}?` });
  // Others may share the account, and have mistyped before.
  check(response, {
    'wrong password: is refused': ({ status }) => status === STATUS.unauthorized || isLimited(status),
  });
  think(TYPING_S);
}

function isLimited(status: number): boolean {
  return status === STATUS.too_many;
}

/** An account of its own for each, so that nobody real is locked out. */
function guess(clinic: Clinic): void {
  const email = `guessed-${exec.vu.idInTest}-${exec.vu.iterationInInstance}@${DEMO.users.domain}`;
  for (let wrong = 0; wrong < DEMO.login.wrong_passwords; wrong += 1) {
    const response = clinic.auth.loginWrongly({ email, password: `guess-${wrong}` });
    check(response, { 'guess: is refused': ({ status }) => status === STATUS.unauthorized });
  }
  const response = clinic.auth.loginWrongly({ email, password: 'one-too-many' });
  check(response, {
    'guess: one too many is held off': ({ status }) => isLimited(status),
    'guess: is told when to come back': ({ headers }) => {
      const wait_s = Number(headers['Retry-After']);
      return wait_s >= 1 && wait_s <= DEMO.login.window_s;
    },
  });
  think(AT_WORK_S);
}

function refresh(clinic: Clinic, before: Session): Session | undefined {
  const { response, data } = clinic.auth.refresh(before.refreshToken);
  check(response, {
    'refresh: gives new tokens': () => Boolean(data?.token) && data?.token !== before.token,
  });
  if (!data?.token) return undefined;
  const old = clinic.auth.meRefused(before.token);
  check(old, { 'refresh: the old token is good no longer': ({ status }) => status === STATUS.unauthorized });
  return data;
}

function logOut(clinic: Clinic, { token }: Session): void {
  check(clinic.auth.logout(token), { 'logout: status is 204': ({ status }) => status === 204 });
  const after = clinic.auth.meRefused(token);
  check(after, { 'logout: the token is good no longer': ({ status }) => status === STATUS.unauthorized });
}
