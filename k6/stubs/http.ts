/** Stands in for `k6/http` in unit tests: records what is sent, answers what the test scripts. */
export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly body: string | null;
  readonly params: { headers: Record<string, string>; tags: { name: string }; redirects: number };
}

export interface Scripted {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

export const sent: Sent[] = [];
let answer: (request: Sent) => Scripted = () => ({ status: 200 });

/** Forgets what was sent, and answers like this from now on. */
export function script(next: (request: Sent) => Scripted): void {
  sent.length = 0;
  answer = next;
}

export default {
  request(method: string, url: string, body: string | null, params: Sent['params']) {
    const request = { method, url, body, params };
    sent.push(request);
    const { status, headers = {}, body: text } = answer(request);
    return {
      status,
      headers,
      timings: { duration: 10 },
      json() {
        if (text === undefined) throw new Error('no JSON');
        return text;
      },
    };
  },
  expectedStatuses: (...statuses: unknown[]) => ({ statuses }),
};
