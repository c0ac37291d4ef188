/** Colours of the charts, from the style sheet: it alone knows dark, light and print. */
export interface Theme {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly surface: string;
  readonly series: readonly [string, string, string];
  readonly band: string;
  /** Background of a stretch of time. */
  readonly shade: string;
  readonly limit: string;
  readonly bad: string;
}

export function themeOf(element: HTMLElement): Theme {
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: color('text'),
    muted: color('muted'),
    line: color('line'),
    surface: color('surface'),
    series: [color('series-1'), color('series-2'), color('series-3')],
    band: color('band'),
    shade: color('shade'),
    limit: color('limit'),
    bad: color('bad'),
  };
}
