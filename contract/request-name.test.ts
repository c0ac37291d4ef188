import { expect, it } from 'vitest';
import { type NamedRequest, requestName } from './request-name.ts';

const graphql = (body: unknown, more: Partial<NamedRequest> = {}) =>
  requestName({ method: 'POST', route: '/graphql', body, ...more });

it('names a request by its method and route', () => {
  expect(requestName({ method: 'GET', route: '/o/$count' })).toBe('GET /o/$count');
  expect(requestName({ method: 'POST', route: '/api/search', body: { query: 'tea {green}' } })).toBe(
    'POST /api/search',
  );
  expect(requestName({ method: 'GET', route: '/search', query: { query: 'query language' } })).toBe('GET /search');
  expect(requestName({ method: 'POST', route: '/jobs', body: { operationName: 'Import' } })).toBe('POST /jobs');
});

it.each([
  [{ operationName: 'GetPatient', query: 'query Other { a } query GetPatient { b }' }, 'POST /graphql GetPatient'],
  [{ query: 'mutation SaveNote($text: String!) { save(text: $text) { id } }' }, 'POST /graphql SaveNote'],
  [
    { query: 'fragment Parts on Order { id }\nsubscription Orders @live { orders { ...Parts } }' },
    'POST /graphql Orders',
  ],
  [{ operationName: 'GetPatient', extensions: { persistedQuery: { version: 1 } } }, 'POST /graphql GetPatient'],
  [[{ query: 'query A { a }' }, { query: 'query B { b }' }, { query: 'query A { a }' }], 'POST /graphql A+B'],
  [{ query: '{ patient { id } }', operationName: null }, 'POST /graphql'],
  [{ query: 'query A { a }', operationName: 'no name, but {a} text' }, 'POST /graphql A'],
  [[], 'POST /graphql'],
])('adds the operation of GraphQL: %j', (body, name) => expect(graphql(body)).toBe(name));

it('adds the operation of a GraphQL query in the URL, and the method of JSON-RPC', () => {
  const query = { query: 'query GetPatient { patient { id } }' };
  expect(requestName({ method: 'GET', route: '/graphql', query })).toBe('GET /graphql GetPatient');
  const call = { jsonrpc: '2.0', method: 'orders.list', id: 1 };
  expect(requestName({ method: 'POST', route: '/rpc', body: call })).toBe('POST /rpc orders.list');
});
