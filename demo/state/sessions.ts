import { randomBytes } from 'node:crypto';
import { type RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible';
import { DEMO } from '../../contract/demo.ts';
import { BoundedMap } from './bounded-map.ts';

export interface Session {
  readonly user: string;
  readonly token: string;
  /** Good for one refresh. */
  readonly refreshToken: string;
  readonly expires_ms: number;
}

/** A session, or why there is none: `wrong` credentials, or too many wrong ones and when to come back. */
export type LogIn = Session | 'wrong' | { readonly retry_after_s: number };

const TOKEN_BYTES = 18;
const MOST_SESSIONS = 20_000;
const MS_PER_S = 1_000;

/** Who is logged in. Wrong passwords are counted by account, so that one user's mistakes lock out nobody else. */
export class Sessions {
  readonly #by_token = new BoundedMap<Session>(MOST_SESSIONS);
  readonly #by_refresh_token = new BoundedMap<Session>(MOST_SESSIONS);
  /** Entries expire with their window: its memory is bounded by the rate of wrong passwords. */
  readonly #wrong: RateLimiterAbstract = new RateLimiterMemory({
    points: DEMO.login.wrong_passwords,
    duration: DEMO.login.window_s,
  });

  async login(email: string, password: string, now_ms: number): Promise<LogIn> {
    const wrong = await this.#wrong.get(email);
    if (wrong && wrong.remainingPoints <= 0) {
      return { retry_after_s: Math.max(1, Math.ceil(wrong.msBeforeNext / MS_PER_S)) };
    }
    if (!isUser(email) || password !== DEMO.users.password) {
      await this.#wrong.consume(email).catch(() => undefined);
      return 'wrong';
    }
    await this.#wrong.delete(email);
    return this.#begin(email, now_ms);
  }

  /** A new pair for a refresh token, which with its session is good no longer. */
  refresh(refresh_token: string, now_ms: number): Session | null {
    const session = this.#by_refresh_token.get(refresh_token);
    if (!session) return null;
    this.logout(session.token);
    return this.#begin(session.user, now_ms);
  }

  logout(token: string): void {
    const session = this.#by_token.delete(token);
    if (session) this.#by_refresh_token.delete(session.refreshToken);
  }

  userOf(token: string, now_ms: number): string | null {
    const session = this.#by_token.get(token);
    return session && now_ms < session.expires_ms ? session.user : null;
  }

  #begin(user: string, now_ms: number): Session {
    const session = {
      user,
      token: secret(),
      refreshToken: secret(),
      expires_ms: now_ms + DEMO.login.token_life_s * MS_PER_S,
    };
    this.#by_token.set(session.token, session);
    this.#by_refresh_token.set(session.refreshToken, session);
    return session;
  }
}

function isUser(email: string): boolean {
  const index = Number(/^user(\d+)@/.exec(email)?.[1]);
  return index >= 1 && index <= DEMO.users.count && email === `user${index}@${DEMO.users.domain}`;
}

function secret(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}
