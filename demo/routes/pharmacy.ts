import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Clinic } from '../state/clinic.ts';
import type { Cart, Obstacle } from '../state/pharmacy.ts';
import { withUser } from './auth.ts';
import { CART, ERROR, ID_PARAMS, list, NOTHING, ORDER, object, PRODUCT } from './schemas.ts';

const CATEGORY_QUERY = object({ category: { type: 'string', maxLength: 50 } }, []);
const ITEM_PARAMS = object({ id: { type: 'string' }, productId: { type: 'string' } });
const MOST_OF_ONE = 20;
const QUANTITY = object({ quantity: { type: 'integer', minimum: 1, maximum: MOST_OF_ONE } });
const REFUSALS = { 401: ERROR, 404: ERROR, 409: ERROR } as const;

type WithId = FastifyRequest<{ Params: { id: string } }>;
type WithItem = FastifyRequest<{ Params: { id: string; productId: string } }>;
type WithQuantity = FastifyRequest<{ Params: { id: string; productId: string }; Body: { quantity: number } }>;

export function cartRoutes({ pharmacy, sessions }: Clinic): FastifyPluginAsync {
  return async (app) => {
    app.get<{ Querystring: { category?: string } }>(
      '/api/products',
      { schema: { querystring: CATEGORY_QUERY, response: { 200: object({ products: list(PRODUCT) }) } } },
      async ({ query: { category } }) => ({ products: pharmacy.products(category) }),
    );
    app.post(
      '/api/carts',
      { schema: { response: { 201: CART, 401: ERROR } } },
      withUser(sessions, (user, _request, reply) => reply.code(201).send(pharmacy.openCart(user))),
    );
    app.get<{ Params: { id: string } }>(
      '/api/carts/:id',
      { schema: { params: ID_PARAMS, response: { 200: CART, 401: ERROR, 404: ERROR } } },
      withUser(sessions, (user, { params }: WithId, reply) => answered(pharmacy.cart(user, params.id), 200, reply)),
    );
    app.put<{ Params: { id: string; productId: string }; Body: { quantity: number } }>(
      '/api/carts/:id/items/:productId',
      { schema: { params: ITEM_PARAMS, body: QUANTITY, response: { 200: CART, ...REFUSALS } } },
      withUser(sessions, (user, { params, body }: WithQuantity, reply) =>
        answered(pharmacy.put(user, params.id, params.productId, body.quantity), 200, reply),
      ),
    );
    app.delete<{ Params: { id: string; productId: string } }>(
      '/api/carts/:id/items/:productId',
      { schema: { params: ITEM_PARAMS, response: { 200: CART, 401: ERROR, 404: ERROR } } },
      withUser(sessions, (user, { params }: WithItem, reply) =>
        answered(pharmacy.put(user, params.id, params.productId, 0), 200, reply),
      ),
    );
    app.post<{ Params: { id: string } }>(
      '/api/carts/:id/checkout',
      { schema: { params: ID_PARAMS, response: { 201: ORDER, ...REFUSALS, 422: ERROR } } },
      withUser(sessions, (user, { params }: WithId, reply) => answered(pharmacy.checkOut(user, params.id), 201, reply)),
    );
  };
}

export function orderRoutes({ pharmacy, sessions }: Clinic): FastifyPluginAsync {
  return async (app) => {
    app.get(
      '/api/orders',
      { schema: { response: { 200: object({ orders: list(ORDER) }), 401: ERROR } } },
      withUser(sessions, (user) => ({ orders: pharmacy.orders(user) })),
    );
    app.get<{ Params: { id: string } }>(
      '/api/orders/:id',
      { schema: { params: ID_PARAMS, response: { 200: ORDER, 401: ERROR, 404: ERROR } } },
      withUser(sessions, (user, { params }: WithId, reply) => answered(pharmacy.order(user, params.id), 200, reply)),
    );
    app.delete<{ Params: { id: string } }>(
      '/api/orders/:id',
      { schema: { params: ID_PARAMS, response: { 204: NOTHING, 401: ERROR, 404: ERROR } } },
      withUser(sessions, (user, { params }: WithId, reply) =>
        pharmacy.cancel(user, params.id) ? reply.code(204).send() : reply.code(404).send({ error: 'no such order' }),
      ),
    );
  };
}

const OBSTACLE_CODES: Readonly<Record<Obstacle, number>> = { unknown: 404, 'sold out': 409, empty: 422 };

function answered(outcome: Cart | Obstacle | null, code: number, reply: FastifyReply): FastifyReply {
  const obstacle = outcome ?? 'unknown';
  if (typeof obstacle !== 'string') return reply.code(code).send(obstacle);
  return reply.code(OBSTACLE_CODES[obstacle]).send({ error: obstacle });
}
