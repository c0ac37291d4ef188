/** A clinic that does all right, for the unit tests of journeys: as much of the demo's API as they need, without its process. */
import { createHash } from 'node:crypto';
import { DEMO } from '../../contract/demo.ts';
import type { Scripted, Sent, SentFile } from './http.ts';
import { broadcast } from './websockets.ts';

const SERVICE = { id: 'a', name: 'Dental check-up' };
const SLOTS = ['s1', 's2', 's3'].map((id) => ({ id, serviceId: 'a', doctor: 'Dr X', start: '' }));
const PRODUCTS = ['p1', 'p2', 'p3', 'p4'].map((id, index) => ({ id, name: id, price_cents: 100 + index, stock: 9 }));
const DELIVERY_CENTS = 490;
const PAGE_SIZE = 5;
const ETAG = 'W/"1"';
const MAGIC: Readonly<Record<string, string>> = { pdf: '25504446', png: '89504e47', jpg: 'ffd8ff' };

interface Json {
  readonly email?: string;
  readonly password?: string;
  readonly slotId?: string;
  readonly quantity?: number;
  readonly refreshToken?: string;
}

interface Request {
  readonly sent: Sent;
  /** `:parameters` of the route, in their order. */
  readonly params: readonly string[];
  readonly query: Readonly<Record<string, string>>;
  readonly json: Json;
  /** The user; null without a good token. */
  readonly user: string | null;
}

/** One clinic with its own state; `answer` is what `script` of the http stub takes. */
export class StubClinic {
  readonly #users = new Map<string, string>();
  readonly #wrong = new Map<string, number>();
  readonly #appointments = new Map<string, string>();
  readonly #carts = new Map<string, Map<string, number>>();
  readonly #files = new Map<string, { type: string; data: ArrayBuffer; filename: string }>();
  /** Tells those who watch its slots nothing. */
  readonly #silent: boolean;
  #next = 1;

  constructor({ silent = false } = {}) {
    this.#silent = silent;
  }

  /** What users have not given back. */
  leftovers(): Record<'sessions' | 'appointments' | 'carts' | 'files', number> {
    return {
      sessions: this.#users.size,
      appointments: this.#appointments.size,
      carts: this.#carts.size,
      files: this.#files.size,
    };
  }

  readonly answer = (sent: Sent): Scripted => {
    const [method = '', pattern = ''] = sent.params.tags.name.split(' ');
    const [path = '', query = ''] = sent.url.replace(/^https?:\/\/[^/]+/, '').split('?');
    const values = pattern.split('/').flatMap((part, at) => (part.startsWith(':') ? [path.split('/')[at] ?? ''] : []));
    const token = (sent.params.headers.Authorization ?? '').replace('Bearer ', '');
    return this.#route(`${method} ${pattern}`, {
      sent,
      params: values,
      query: Object.fromEntries(new URLSearchParams(query)),
      json: typeof sent.body === 'string' ? (JSON.parse(sent.body) as Json) : {},
      user: this.#users.get(token) ?? null,
    });
  };

  #route(name: string, request: Request): Scripted {
    const open = this.#public(name, request);
    if (open) return open;
    if (!request.user) return { status: 401 };
    return (
      this.#account(name, request, request.user) ??
      this.#calendar(name, request) ??
      this.#pharmacy(name, request) ??
      this.#prescriptions(name, request) ?? { status: 404 }
    );
  }

  #public(name: string, { sent, query, json }: Request): Scripted | null {
    switch (name) {
      case 'POST /api/auth/login':
        return this.#login(json);
      case 'POST /api/auth/refresh':
        return this.#refresh(json.refreshToken ?? '');
      case 'GET /api/services': {
        if (sent.params.headers['If-None-Match'] === ETAG) return { status: 304 };
        const headers = { Etag: ETAG, 'Cache-Control': 'public, max-age=60' };
        return { status: 200, headers, body: { services: [SERVICE] } };
      }
      case 'GET /api/services/:id':
        return { status: 200, body: SERVICE };
      case 'GET /api/search':
        return { status: 200, body: search(query.q ?? '', Number(query.page)) };
      case 'GET /api/appointments/available':
        return { status: 200, body: { slots: SLOTS } };
      case 'GET /api/products':
        return { status: 200, body: { products: PRODUCTS } };
      case 'GET /api/slots/live':
        return { status: 426 };
      default:
        return null;
    }
  }

  #login({ email = '', password }: Json): Scripted {
    const wrong = this.#wrong.get(email) ?? 0;
    if (wrong >= DEMO.login.wrong_passwords) return { status: 429, headers: { 'Retry-After': '3' } };
    if (password !== DEMO.users.password) {
      this.#wrong.set(email, wrong + 1);
      return { status: 401 };
    }
    this.#wrong.delete(email);
    return this.#session(email);
  }

  #session(user: string): Scripted {
    const token = `t${this.#number()}`;
    this.#users.set(token, user);
    return { status: 200, body: { token, refreshToken: `refresh-${token}` } };
  }

  #refresh(refresh_token: string): Scripted {
    const before = refresh_token.replace('refresh-', '');
    const user = this.#users.get(before);
    this.#users.delete(before);
    return user ? this.#session(user) : { status: 401 };
  }

  #account(name: string, { sent }: Request, user: string): Scripted | null {
    switch (name) {
      case 'POST /api/auth/logout':
        this.#users.delete((sent.params.headers.Authorization ?? '').replace('Bearer ', ''));
        return { status: 204 };
      case 'GET /api/me':
        return { status: 200, body: { email: user, name: user } };
      case 'GET /api/dashboard':
        return { status: 200, body: { appointments: 0, orders: 0, prescriptions: 0 } };
      case 'GET /api/appointments':
        return { status: 200, body: { appointments: [] } };
      case 'GET /api/orders':
        return { status: 200, body: { orders: [] } };
      case 'GET /api/notifications':
        return { status: 200, body: { notifications: [] } };
      default:
        return null;
    }
  }

  #calendar(name: string, { params: [id = ''], json }: Request): Scripted | null {
    const one = (key: string) => ({ id: key, slotId: this.#appointments.get(key), status: 'booked' });
    switch (name) {
      case 'POST /api/appointments': {
        const key = `b${this.#number()}`;
        this.#appointments.set(key, json.slotId ?? '');
        this.#tell(json.slotId, 'taken');
        return { status: 201, body: one(key) };
      }
      case 'PATCH /api/appointments/:id':
        this.#appointments.set(id, json.slotId ?? '');
        return { status: 200, body: one(id) };
      case 'GET /api/appointments/:id':
        return this.#appointments.has(id) ? { status: 200, body: one(id) } : { status: 404 };
      case 'DELETE /api/appointments/:id':
        this.#tell(this.#appointments.get(id), 'free');
        return { status: this.#appointments.delete(id) ? 204 : 404 };
      default:
        return null;
    }
  }

  #tell(slotId: string | undefined, state: string): void {
    if (!this.#silent) broadcast({ type: 'slot', slotId, state });
  }

  #pharmacy(name: string, { params: [id = '', product = ''], json }: Request): Scripted | null {
    const cart = this.#carts.get(id);
    switch (name) {
      case 'POST /api/carts': {
        const key = `c${this.#number()}`;
        this.#carts.set(key, new Map());
        return { status: 201, body: priced(key, new Map()) };
      }
      case 'PUT /api/carts/:id/items/:productId':
        cart?.set(product, json.quantity ?? 0);
        return { status: 200, body: priced(id, cart) };
      case 'DELETE /api/carts/:id/items/:productId':
        cart?.delete(product);
        return { status: 200, body: priced(id, cart) };
      case 'GET /api/carts/:id':
      case 'GET /api/orders/:id':
        return cart ? { status: 200, body: { ...priced(id, cart), status: 'paid' } } : { status: 404 };
      case 'POST /api/carts/:id/checkout':
        return { status: 201, body: { ...priced(id, cart), status: 'paid' } };
      case 'DELETE /api/orders/:id':
        return { status: this.#carts.delete(id) ? 204 : 404 };
      default:
        return null;
    }
  }

  #prescriptions(name: string, { sent, params: [id = ''] }: Request): Scripted | null {
    const file = this.#files.get(id);
    switch (name) {
      case 'POST /api/prescriptions':
        return this.#upload((sent.body as { file: SentFile }).file);
      case 'GET /api/prescriptions':
        return { status: 200, body: { prescriptions: [...this.#files.keys()].map((key) => ({ id: key })) } };
      case 'GET /api/prescriptions/:id/file':
        return file ? { status: 200, headers: { 'Content-Type': file.type }, body: file.data } : { status: 404 };
      case 'DELETE /api/prescriptions/:id':
        return { status: this.#files.delete(id) ? 204 : 404 };
      default:
        return null;
    }
  }

  #upload({ data, filename, content_type: type }: SentFile): Scripted {
    if (data.byteLength > DEMO.uploads.most_bytes) return { status: 413 };
    const extension = { 'application/pdf': 'pdf', 'image/png': 'png', 'image/jpeg': 'jpg' }[type] ?? '';
    const magic = Buffer.from(MAGIC[extension] ?? '', 'hex');
    if (!Buffer.from(data).subarray(0, magic.length).equals(magic)) return { status: 415 };
    const id = `f${this.#number()}`;
    this.#files.set(id, { type, data, filename });
    const sha256 = createHash('sha256').update(new Uint8Array(data)).digest('hex');
    return { status: 201, body: { id, filename, type, size_bytes: data.byteLength, sha256 } };
  }

  #number(): number {
    this.#next += 1;
    return this.#next;
  }
}

function priced(id: string, quantities: ReadonlyMap<string, number> = new Map()) {
  const items = [...quantities].map(([productId, quantity]) => {
    const price_cents = PRODUCTS.find((product) => product.id === productId)?.price_cents ?? 0;
    return { productId, quantity, line_cents: quantity * price_cents };
  });
  const subtotal_cents = items.reduce((sum, { line_cents }) => sum + line_cents, 0);
  const delivery_cents = subtotal_cents > 0 ? DELIVERY_CENTS : 0;
  return { id, items, subtotal_cents, delivery_cents, total_cents: subtotal_cents + delivery_cents };
}

/** Six hits for everything but nonsense, five a page. */
function search(text: string, page: number) {
  const corrected = ['vacination', 'phisiotherapy'].includes(text);
  const name = `Dental check-up, Dr vaccination, ibuprofen, physiotherapy, ${text}`;
  const all =
    text === 'unobtainium' ? [] : Array.from({ length: 6 }, (_, at) => ({ type: 's', id: at ? `h${at}` : 'a', name }));
  const hits = all.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE);
  return { total: all.length, page, size: PAGE_SIZE, corrected, hits };
}
