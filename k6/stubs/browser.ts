/** Stands in for `k6/browser` in unit tests: one page, of which a test says what is on it. */
interface Shown {
  readonly status: number;
  readonly title: string;
  /** Text by selector; without an entry there is no such element. */
  readonly texts: Readonly<Record<string, string>>;
}

let shown: Shown = { status: 200, title: '', texts: {} };
export const visited: string[] = [];
/** Names that metrics were given, by what they match. */
export const named: { readonly name: string; readonly url: RegExp }[] = [];
let pages = 0;

export function show(next: Shown): void {
  visited.length = 0;
  named.length = 0;
  shown = next;
}

/** Pages that nobody has closed. */
export function openPages(): number {
  return pages;
}

function locator(selector: string) {
  const text = shown.texts[selector];
  const present = () => {
    if (text === undefined) throw new Error(`timed out waiting for ${selector}`);
  };
  return {
    count: async () => (text === undefined ? 0 : 1),
    textContent: async () => {
      present();
      return text;
    },
    click: async () => present(),
    waitFor: async () => present(),
  };
}

interface Metric {
  tag(naming: { readonly name: string; readonly matches: readonly { readonly url: RegExp }[] }): void;
}

export const browser = {
  async newPage() {
    pages += 1;
    return {
      on: (_event: 'metric', tell: (metric: Metric) => void) =>
        tell({ tag: ({ name, matches }) => named.push(...matches.map(({ url }) => ({ name, url }))) }),
      async goto(url: string) {
        visited.push(url);
        return { status: () => shown.status };
      },
      title: async () => shown.title,
      locator,
      async close() {
        pages -= 1;
      },
    };
  },
};
