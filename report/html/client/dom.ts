import { DATA_ELEMENT } from '../data.ts';

/** What the page carries as JSON. */
export function pageData<T>(): T {
  return JSON.parse(document.getElementById(DATA_ELEMENT)?.textContent ?? 'null') as T;
}

export function elementOf<T extends HTMLElement = HTMLElement>(id: string): T | null {
  return document.getElementById(id) as T | null;
}

/** Where a chart goes; null where the page has none. */
export function plotOf(id: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-chart="${id}"]`);
}
