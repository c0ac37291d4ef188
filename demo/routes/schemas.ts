/** JSON schemas that several routes share; they validate requests, shape answers, and make the OpenAPI document. */
const text = { type: 'string' } as const;

export function object<const P extends Record<string, object>>(properties: P, required = Object.keys(properties)) {
  return { type: 'object', properties, required, additionalProperties: false } as const;
}

export const ERROR = object({ error: text });
export const SERVICE = object({ id: text, name: text, duration_min: { type: 'integer' } });
export const SLOT = object({ id: text, serviceId: text, doctor: text, start: { type: 'string', format: 'date-time' } });
export const APPOINTMENT = object({ id: text, slotId: text, user: text, status: text });
export const HIT = object({ type: text, id: text, name: text });
export const ID_PARAMS = object({ id: text });

export function list(item: object) {
  return { type: 'array', items: item } as const;
}
