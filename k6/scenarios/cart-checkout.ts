import { defineScenario, pickSome, think, wholeBetween } from '@loadstar-hq/loadstar/k6';
import { check, group } from 'k6';
import { Clinic } from './clinic/clinic.ts';
import type { Cart, Product } from './clinic/pharmacy.ts';
import { checksPass, FEW_ERRORS_OR_END, withBudgets } from './clinic/slos.ts';
import { asUser } from './clinic/steps.ts';

const CHOOSING_S = 1;
const PRODUCTS_IN_CART = 3;
const MOST_OF_ONE = 3;
const REQUESTS = [
  'POST /api/auth/login',
  'GET /api/products',
  'POST /api/carts',
  'PUT /api/carts/:id/items/:productId',
  'DELETE /api/carts/:id/items/:productId',
  'GET /api/carts/:id',
  'POST /api/carts/:id/checkout',
  'GET /api/orders/:id',
  'DELETE /api/orders/:id',
  'POST /api/auth/logout',
];

export default defineScenario({
  title: 'Cart and checkout',
  journey: 'A patient fills a cart in the pharmacy, changes it, orders, looks the order up and cancels it.',
  weight: 4,
  requests: REQUESTS,
  slos: withBudgets(REQUESTS, [
    {
      indicator: 'p95_ms',
      limit: 600,
      reason: 'a shop loses buyers with every slow click, most of all with the last one',
    },
    {
      indicator: 'error_rate',
      limit: 0.005,
      request: 'POST /api/carts/:id/checkout',
      reason: 'users who see an error while paying do not know whether they have paid',
    },
    FEW_ERRORS_OR_END,
    checksPass('a wrong total costs money or trust'),
  ]),
  run({ client }) {
    const clinic = new Clinic(client);
    asUser(clinic, (token) => {
      const products = group('browse', () => browse(clinic));
      const cart_id = products.length > 0 ? group('fill the cart', () => fill(clinic, token, products)) : undefined;
      if (!cart_id) return;
      think(CHOOSING_S);
      const total_cents = group('look at the cart', () => look(clinic, token, cart_id));
      const order_id = group('check out', () => checkOut(clinic, token, cart_id, total_cents));
      if (!order_id) return;
      group('look the order up', () => {
        const { response, data } = clinic.pharmacy.order(token, order_id);
        check(response, { 'order: is the one that was paid': () => data?.total_cents === total_cents });
      });
      think(CHOOSING_S);
      group('cancel', () => {
        const response = clinic.pharmacy.cancel(token, order_id);
        check(response, { 'order: cancelled': ({ status }) => status === 204 });
      });
    });
  },
});

/** @returns the products that are wanted */
function browse(clinic: Clinic): Product[] {
  const { response, data } = clinic.pharmacy.products();
  check(response, { 'products: not empty, and priced': () => data?.products.some(isSold) ?? false });
  return pickSome(data?.products.filter(isSold) ?? [], PRODUCTS_IN_CART);
}

function isSold({ stock, price_cents }: Product): boolean {
  return stock >= MOST_OF_ONE && price_cents > 0;
}

/** Puts all products in, and takes the last one out again. @returns the cart's id */
function fill(clinic: Clinic, token: string, products: readonly Product[]): string | undefined {
  const opened = clinic.pharmacy.openCart(token);
  check(opened.response, { 'cart: begins empty': () => opened.data?.items.length === 0 });
  const id = opened.data?.id;
  if (!id) return undefined;
  let subtotal_cents = 0;
  for (const product of products) {
    const quantity = wholeBetween(1, MOST_OF_ONE);
    subtotal_cents += quantity * product.price_cents;
    const { response, data } = clinic.pharmacy.put(token, id, product.id, quantity);
    check(response, { 'cart: adds up': () => data?.subtotal_cents === subtotal_cents });
    think(CHOOSING_S / products.length);
  }
  const last = products.at(-1);
  if (!last) return id;
  const { response, data } = clinic.pharmacy.takeOut(token, id, last.id);
  check(response, {
    'cart: lets go of a product': () =>
      data?.items.length === products.length - 1 && data.items.every(({ productId }) => productId !== last.id),
  });
  return id;
}

/** @returns what the patient believes to pay */
function look(clinic: Clinic, token: string, id: string): number | undefined {
  const { response, data } = clinic.pharmacy.cart(token, id);
  check(response, { 'cart: total is its lines and delivery': () => data !== undefined && addsUp(data) });
  return data?.total_cents;
}

function addsUp({ items, subtotal_cents, delivery_cents, total_cents }: Cart): boolean {
  const lines_cents = items.reduce((sum, { line_cents }) => sum + line_cents, 0);
  return items.length > 0 && lines_cents === subtotal_cents && total_cents === subtotal_cents + delivery_cents;
}

function checkOut(clinic: Clinic, token: string, id: string, total_cents: number | undefined): string | undefined {
  const { response, data } = clinic.pharmacy.checkOut(token, id);
  check(response, {
    'checkout: status is 201': ({ status }) => status === 201,
    'checkout: paid what the cart said': () => data?.status === 'paid' && data.total_cents === total_cents,
  });
  return data?.id;
}
