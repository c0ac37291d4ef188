import { BoundedMap } from './bounded-map.ts';
import { PRODUCTS, type Product } from './catalogue.ts';

export interface CartItem {
  readonly productId: string;
  readonly name: string;
  readonly quantity: number;
  readonly price_cents: number;
  readonly line_cents: number;
}

export interface Cart {
  readonly id: string;
  readonly items: readonly CartItem[];
  readonly subtotal_cents: number;
  readonly delivery_cents: number;
  readonly total_cents: number;
}

export interface Order extends Cart {
  readonly status: 'paid';
}

interface Owned {
  readonly id: string;
  readonly user: string;
  /** By product id. */
  readonly quantities: ReadonlyMap<string, number>;
}

/** Why something cannot be done. */
export type Obstacle = 'unknown' | 'sold out' | 'empty';

/** More than 300 users can order at a time, three of each. */
const STOCK = 2_000;
const DELIVERY_CENTS = 490;
const FREE_DELIVERY_FROM_CENTS = 5_000;
/** Three of each of the products in every order of the oldest: they give their stock back when they are forgotten. */
const MOST_ORDERS = 500;
const MOST_CARTS = 5_000;

/** Stock, carts and orders. A cart reserves nothing; checking out takes the stock, cancelling gives it back. */
export class Pharmacy {
  readonly #stock = new Map(PRODUCTS.map(({ id }) => [id, STOCK]));
  readonly #carts = new BoundedMap<Owned>(MOST_CARTS);
  readonly #orders = new BoundedMap<Owned>(MOST_ORDERS, (order) => this.#giveBack(order));
  #next = 1;

  products(category?: string): (Product & { stock: number })[] {
    const found = category ? PRODUCTS.filter((product) => product.category === category) : PRODUCTS;
    return found.map((product) => ({ ...product, stock: this.#stock.get(product.id) ?? 0 }));
  }

  openCart(user: string): Cart {
    const cart: Owned = { id: `cart-${this.#number()}`, user, quantities: new Map() };
    this.#carts.set(cart.id, cart);
    return priced(cart);
  }

  cart(user: string, id: string): Cart | null {
    const cart = owned(this.#carts, user, id);
    return cart && priced(cart);
  }

  /** @param quantity 0 takes the product out */
  put(user: string, id: string, product_id: string, quantity: number): Cart | Obstacle {
    const cart = owned(this.#carts, user, id);
    const stock = this.#stock.get(product_id);
    if (!cart || stock === undefined) return 'unknown';
    if (quantity > stock) return 'sold out';
    const quantities = new Map(cart.quantities).set(product_id, quantity);
    if (quantity === 0) quantities.delete(product_id);
    const changed = { ...cart, quantities };
    this.#carts.set(id, changed);
    return priced(changed);
  }

  /** Turns a cart into an order. */
  checkOut(user: string, id: string): Order | Obstacle {
    const cart = owned(this.#carts, user, id);
    if (!cart) return 'unknown';
    if (cart.quantities.size === 0) return 'empty';
    const wanted = [...cart.quantities];
    if (wanted.some(([product, quantity]) => quantity > (this.#stock.get(product) ?? 0))) return 'sold out';
    for (const [product, quantity] of wanted) this.#add(product, -quantity);
    const order: Owned = { ...cart, id: `order-${this.#number()}` };
    this.#carts.delete(id);
    this.#orders.set(order.id, order);
    return paid(order);
  }

  order(user: string, id: string): Order | null {
    const order = owned(this.#orders, user, id);
    return order && paid(order);
  }

  orders(user: string): Order[] {
    return this.#orders
      .values()
      .filter((order) => order.user === user)
      .map(paid);
  }

  cancel(user: string, id: string): boolean {
    const order = owned(this.#orders, user, id);
    if (!order) return false;
    this.#orders.delete(id);
    this.#giveBack(order);
    return true;
  }

  #giveBack({ quantities }: Owned): void {
    for (const [product, quantity] of quantities) this.#add(product, quantity);
  }

  #add(product: string, quantity: number): void {
    this.#stock.set(product, (this.#stock.get(product) ?? 0) + quantity);
  }

  #number(): number {
    this.#next += 1;
    return this.#next;
  }
}

/** Somebody else's does not exist for a user. */
function owned(all: BoundedMap<Owned>, user: string, id: string): Owned | null {
  const found = all.get(id);
  return found?.user === user ? found : null;
}

function priced({ id, quantities }: Owned): Cart {
  const items = PRODUCTS.flatMap(({ id: productId, name, price_cents }) => {
    const quantity = quantities.get(productId);
    return quantity ? [{ productId, name, quantity, price_cents, line_cents: quantity * price_cents }] : [];
  });
  const subtotal_cents = items.reduce((sum, { line_cents }) => sum + line_cents, 0);
  const free = subtotal_cents === 0 || subtotal_cents >= FREE_DELIVERY_FROM_CENTS;
  const delivery_cents = free ? 0 : DELIVERY_CENTS;
  return { id, items, subtotal_cents, delivery_cents, total_cents: subtotal_cents + delivery_cents };
}

function paid(order: Owned): Order {
  return { ...priced(order), status: 'paid' };
}
