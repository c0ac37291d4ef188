/** Puts charts into the page, and draws them anew when its width or its colours change. */
import uPlot from 'uplot';
import { type Theme, themeOf } from './theme.ts';

/** A chart, short of what the page decides. */
export interface Drawing {
  readonly data: uPlot.AlignedData;
  /** Width and height come from the page. */
  options(theme: Theme): Omit<uPlot.Options, 'width' | 'height'>;
  readonly height: number;
}

interface Mounted {
  readonly drawing: Drawing;
  plot: uPlot;
}

/** Width of a sheet of A4 within the margins of the print style sheet, at 96 pixels an inch. */
const SHEET_WIDTH = 660;
const PRINTING = 'printing';
const mounted = new Map<HTMLElement, Mounted>();

/** @param drawing null takes away what is there */
export function mount(element: HTMLElement | null, drawing: Drawing | null): void {
  for (const [other, { plot }] of mounted) {
    if (other !== element && other.isConnected) continue;
    plot.destroy();
    mounted.delete(other);
    widths.unobserve(other);
  }
  if (!element) return;
  element.hidden = drawing === null;
  if (!drawing) return;
  mounted.set(element, { drawing, plot: draw(element, drawing) });
  widths.observe(element);
}

function draw(element: HTMLElement, drawing: Drawing): uPlot {
  const width = widthOf(element);
  return new uPlot({ ...drawing.options(themeOf(element)), width, height: drawing.height }, drawing.data, element);
}

function widthOf(element: HTMLElement): number {
  return document.documentElement.classList.contains(PRINTING) ? SHEET_WIDTH : element.clientWidth;
}

const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const entry = mounted.get(target as HTMLElement);
    const width = widthOf(target as HTMLElement);
    if (entry && width > 0 && width !== entry.plot.width) entry.plot.setSize({ width, height: entry.drawing.height });
  }
});

/** Canvases do not follow the style sheet by themselves. */
function redrawAll(): void {
  for (const [element, entry] of mounted) {
    entry.plot.destroy();
    entry.plot = draw(element, entry.drawing);
  }
}

function print(on: boolean): void {
  if (document.documentElement.classList.toggle(PRINTING, on) === on) redrawAll();
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawAll);
matchMedia('print').addEventListener('change', ({ matches }) => print(matches));
addEventListener('beforeprint', () => print(true));
addEventListener('afterprint', () => print(false));
