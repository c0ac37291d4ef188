import type { ApiResponse, Client } from '@loadstar-hq/loadstar/k6';
import { type Answer, answer, STATUS } from './answer.ts';
import type { Credentials } from './users.ts';

export interface Session {
  readonly token: string;
  readonly refreshToken: string;
}

export interface Profile {
  readonly email: string;
  readonly name: string;
}

export class AuthApi {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  login(body: Credentials): Answer<Session> {
    return answer(this.#client.request({ method: 'POST', route: '/api/auth/login', body }));
  }

  /** With a password that is meant to be wrong: to be refused is right. */
  loginWrongly(body: Credentials): ApiResponse {
    const also_expected = [STATUS.unauthorized, STATUS.too_many];
    return this.#client.request({ method: 'POST', route: '/api/auth/login', body, also_expected });
  }

  refresh(refreshToken: string): Answer<Session> {
    return answer(this.#client.request({ method: 'POST', route: '/api/auth/refresh', body: { refreshToken } }));
  }

  logout(token: string): ApiResponse {
    return this.#client.request({ method: 'POST', route: '/api/auth/logout', token });
  }

  me(token: string): Answer<Profile> {
    return answer(this.#client.request({ method: 'GET', route: '/api/me', token }));
  }

  /** With a token that is meant to be no longer good. */
  meRefused(token: string): ApiResponse {
    return this.#client.request({ method: 'GET', route: '/api/me', token, also_expected: [STATUS.unauthorized] });
  }
}
