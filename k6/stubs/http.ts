/** Stands in for `k6/http` in unit tests: records what is sent, answers what the test scripts. */
export interface SentFile {
  readonly data: ArrayBuffer;
  readonly filename: string;
  readonly content_type: string;
}

export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly body: string | ArrayBuffer | { readonly file: SentFile } | null;
  readonly params: {
    headers: Record<string, string>;
    tags: { name: string };
    redirects: number;
    timeout?: string;
    responseType?: string;
  };
}

export interface Scripted {
  readonly status: number;
  readonly headers?: Record<string, string>;
  /** JSON, or bytes. */
  readonly body?: unknown;
}

export const sent: Sent[] = [];
let answer: (request: Sent) => Scripted = () => ({ status: 200 });

/** Forgets what was sent, and answers like this from now on. */
export function script(next: (request: Sent) => Scripted): void {
  sent.length = 0;
  answer = next;
}

function send(request: Sent) {
  sent.push(request);
  const { status, headers = {}, body } = answer(request);
  return {
    status,
    headers,
    body: body instanceof ArrayBuffer || body === undefined ? (body ?? null) : JSON.stringify(body),
    timings: { duration: 10 },
    json() {
      if (body === undefined || body instanceof ArrayBuffer) throw new Error('no JSON');
      return body;
    },
  };
}

export default {
  cookieJar: () => ({ cookiesForURL: (): Record<string, string[]> => ({}) }),
  request: (method: string, url: string, body: Sent['body'], params: Sent['params']) =>
    send({ method, url, body, params }),
  batch: (requests: readonly Sent[]) => requests.map(send),
  file: (data: ArrayBuffer, filename: string, content_type: string): SentFile => ({ data, filename, content_type }),
  expectedStatuses: (...statuses: unknown[]) => ({ statuses }),
};
