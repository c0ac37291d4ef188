import type { ApiResponse, Client } from '@loadstar-hq/loadstar/k6';
import { type Answer, answer, STATUS } from './answer.ts';

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly price_cents: number;
  readonly stock: number;
}

export interface Cart {
  readonly id: string;
  readonly items: readonly { readonly productId: string; readonly quantity: number; readonly line_cents: number }[];
  readonly subtotal_cents: number;
  readonly delivery_cents: number;
  readonly total_cents: number;
}

export interface Order extends Cart {
  readonly status: string;
}

const ITEM = '/api/carts/:id/items/:productId';
/** Sold out meanwhile. */
const also_expected = [STATUS.conflict];

export class PharmacyApi {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  products(): Answer<{ products: Product[] }> {
    return answer(this.#client.request({ method: 'GET', route: '/api/products' }));
  }

  openCart(token: string): Answer<Cart> {
    return answer(this.#client.request({ method: 'POST', route: '/api/carts', token }));
  }

  cart(token: string, id: string): Answer<Cart> {
    return answer(this.#client.request({ method: 'GET', route: '/api/carts/:id', params: { id }, token }));
  }

  put(token: string, id: string, productId: string, quantity: number): Answer<Cart> {
    const params = { id, productId };
    return answer(
      this.#client.request({ method: 'PUT', route: ITEM, params, body: { quantity }, token, also_expected }),
    );
  }

  takeOut(token: string, id: string, productId: string): Answer<Cart> {
    return answer(this.#client.request({ method: 'DELETE', route: ITEM, params: { id, productId }, token }));
  }

  checkOut(token: string, id: string): Answer<Order> {
    const route = '/api/carts/:id/checkout';
    return answer(this.#client.request({ method: 'POST', route, params: { id }, token, also_expected }));
  }

  orders(token: string): Answer<{ orders: Order[] }> {
    return answer(this.#client.request({ method: 'GET', route: '/api/orders', token }));
  }

  order(token: string, id: string): Answer<Order> {
    return answer(this.#client.request({ method: 'GET', route: '/api/orders/:id', params: { id }, token }));
  }

  cancel(token: string, id: string): ApiResponse {
    return this.#client.request({ method: 'DELETE', route: '/api/orders/:id', params: { id }, token });
  }
}
