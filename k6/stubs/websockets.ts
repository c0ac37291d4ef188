/** Stands in for `k6/websockets` in unit tests: connections that the test feeds. */
export const opened: { readonly url: string; readonly tags: Record<string, string> }[] = [];
const open = new Set<WebSocket>();
let greeting: string | null = null;

/** What new connections are told first; null: they are refused. */
export function greetWith(message: object | null): void {
  opened.length = 0;
  open.clear();
  greeting = message && JSON.stringify(message);
}

/** Tells all that are connected. */
export function broadcast(message: object): void {
  for (const socket of open) queueMicrotask(() => socket.onmessage({ data: JSON.stringify(message) }));
}

export class WebSocket {
  onmessage: (event: { data: string }) => void = () => undefined;
  onerror: () => void = () => undefined;
  onclose: () => void = () => undefined;

  constructor(url: string, _protocols: null, params: { tags: Record<string, string> }) {
    opened.push({ url, tags: params.tags });
    queueMicrotask(() => this.#begin());
  }

  close(): void {
    open.delete(this);
    this.onclose();
  }

  #begin(): void {
    if (greeting === null) {
      this.onerror();
      return;
    }
    open.add(this);
    this.onmessage({ data: greeting });
  }
}
