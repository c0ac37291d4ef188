import { expect, it } from 'vitest';
import { createPlainDraft, type DraftCall } from './draft.ts';
import { leaveOut } from './leave-out.ts';
import { nameOf } from './render.ts';

const draft = createPlainDraft('x');
const [plain] = draft.steps.flatMap(({ calls }) => calls) as [DraftCall];
const call = (method: DraftCall['method'], route: string, more: Partial<DraftCall> = {}): DraftCall => ({
  ...plain,
  method,
  route,
  ...more,
});
const id = { kind: 'kept', name: 'order_id', is_number: false } as const;
const keeps = [{ name: 'order_id', from: ['id'], is_required: true }];
const create = call('POST', '/orders', { keeps });
const read = call('GET', '/orders/:id', { params: new Map([['id', id]]) });
const drafted = (...calls: DraftCall[]) => ({
  draft: { ...draft, steps: [{ group: null, calls }] },
  notes: [],
  origin: null,
});
const left = (calls: DraftCall[], reasons: Record<string, string>) => {
  const { draft: rest, notes } = leaveOut(drafted(...calls), new Map(Object.entries(reasons)));
  return { names: rest.steps.flatMap((step) => step.calls.map(nameOf)), notes };
};

it('leaves out a request, with its reason', () => {
  expect(left([create, read, plain], { 'GET /orders/:id': '404 Not Found' })).toEqual({
    names: ['POST /orders', 'GET /'],
    notes: ['left out: GET /orders/:id: 404 Not Found'],
  });
});

it('leaves out what needs a value of it, unless another request gives that', () => {
  const reasons = { 'POST /orders': '403 Forbidden' };
  expect(left([create, read, plain], reasons)).toEqual({
    names: ['GET /'],
    notes: ['left out: POST /orders: 403 Forbidden', 'left out: GET /orders/:id: needs a value of POST /orders'],
  });
  const list = call('GET', '/orders', { keeps });
  expect(left([create, list, read], reasons).names).toEqual(['GET /orders', 'GET /orders/:id']);
});

it('leaves nothing where all failed', () => {
  expect(left([plain], { 'GET /': '404 Not Found' }).names).toEqual([]);
});
