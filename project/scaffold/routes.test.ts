import { describe, expect, it } from 'vitest';
import { inferRoutes } from './routes.ts';

const routes = (...paths: string[]) => inferRoutes(paths).map(({ route }) => route);

describe('route patterns', () => {
  it.each([
    ['/', '/'],
    ['/api/v1/products', '/api/v1/products'],
    ['/api/products/17', '/api/products/:id'],
    ['/api/products/17/reviews/18', '/api/products/:id/reviews/:id2'],
    ['/o/f47ac10b-58cc-4372-a567-0e02b2c3d479', '/o/:id'],
    ['/o/507f1f77bcf86cd799439011', '/o/:id'],
    ['/o/V1StGXR8_Z5jdHi6B-myT', '/o/:id'],
    ['/o/01ARZ3NDEKTSV4RRFFQ69G5FAV', '/o/:id'],
    ['/days/2026-11-24', '/days/:id'],
    ['/u/ann%40example.com', '/u/:id'],
    ['/p/SKU-10023', '/p/:id'],
    ['/p/green-tea', '/p/green-tea'],
    ['/oauth2/token', '/oauth2/token'],
    ['/v1/books:read', '/v1/books%3Aread'],
    ['/a/', '/a/'],
  ])('%s is %s', (path, route) => {
    expect(routes(path)).toEqual([route]);
  });

  it('keep the values, decoded', () => {
    expect(inferRoutes(['/u/ann%40example.com/17'])[0]?.params).toEqual(
      new Map([
        ['id', 'ann@example.com'],
        ['id2', '17'],
      ]),
    );
    expect(inferRoutes(['/u/%E0%A4%A/1'])[0]?.params).toEqual(new Map([['id', '1']]));
  });

  it('take many slugs for values, but pages for pages', () => {
    const slugs = ['green-tea', 'black-tea', 'oolong-1', 'white-tea', 'chai-2'].map((slug) => `/shop/${slug}`);
    expect(new Set(routes(...slugs))).toEqual(new Set(['/shop/:slug']));
    expect(routes('/api/cart', '/api/user', '/api/search', '/api/orders', '/api/config')).toContain('/api/cart');
    expect(routes('/a-1', '/b-1', '/c-1', '/d-1', '/e-1')).toContain('/a-1');
  });
});
