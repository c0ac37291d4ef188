/** JSON schemas that several routes share; they validate requests, shape answers, and make the OpenAPI document. */
const text = { type: 'string' } as const;
const whole = { type: 'integer' } as const;

export function object<const P extends Record<string, object>>(properties: P, required = Object.keys(properties)) {
  return { type: 'object', properties, required, additionalProperties: false } as const;
}

export function list(item: object) {
  return { type: 'array', items: item } as const;
}

export const ERROR = object({ error: text });
export const NOTHING = { type: 'null' } as const;
export const SERVICE = object({ id: text, name: text, category: text, duration_min: whole, price_cents: whole });
export const SLOT = object({ id: text, serviceId: text, doctor: text, start: { type: 'string', format: 'date-time' } });
export const APPOINTMENT = object({ id: text, slotId: text, user: text, status: text });
export const HIT = object({ type: text, id: text, name: text });
export const PRODUCT = object({ id: text, name: text, category: text, price_cents: whole, stock: whole });
const CART_PROPERTIES = {
  id: text,
  items: list(object({ productId: text, name: text, quantity: whole, price_cents: whole, line_cents: whole })),
  subtotal_cents: whole,
  delivery_cents: whole,
  total_cents: whole,
} as const;
export const CART = object(CART_PROPERTIES);
export const ORDER = object({ ...CART_PROPERTIES, status: text });
export const PRESCRIPTION = object({ id: text, filename: text, type: text, size_bytes: whole, sha256: text });
export const SESSION = object({ token: text, refreshToken: text, expires_in_s: whole });
export const ID_PARAMS = object({ id: text });
