import type { CommandContext } from '../../lib/context.ts';
import { usageError } from '../../lib/errors.ts';
import type { RunOptions } from './options.ts';

type Confirmed = Pick<
  RunOptions,
  'production' | 'confirmed_production' | 'base_url' | 'max_rate_rps' | 'max_duration_s' | 'max_vus'
>;

/**
 * Real users are on a production target: whoever loads it says its name once more, for this call alone.
 * @throws LoadstarError (usage) where that is not so; nothing was started
 */
export async function confirmProduction({ ui, ask }: CommandContext, options: Confirmed): Promise<void> {
  const { production, confirmed_production, base_url } = options;
  if (production === null) return;
  const expected = `a confirmation that the production target \`${production}\` may be loaded`;
  const next = `if it is meant: --confirm-production ${production} (or CONFIRM_PRODUCTION=${production}), for this call alone`;
  if (confirmed_production !== null) {
    if (confirmed_production === production) return;
    throw usageError(expected, `one for \`${confirmed_production}\``, next);
  }
  ui.warn(`${base_url?.host ?? production} is production: ${allowanceText(options)}`);
  const answer = (await ask?.(`type ${production} to load it: `)) ?? null;
  if (answer?.trim() === production) return;
  throw usageError(expected, answer === null ? 'none' : `\`${answer.trim()}\``, next);
}

function allowanceText({ max_rate_rps, max_duration_s, max_vus }: Confirmed): string {
  const limits = [
    max_rate_rps === null ? '' : `${max_rate_rps} requests/s`,
    max_vus === null ? '' : `${max_vus} users`,
    max_duration_s === null ? '' : `${max_duration_s} s`,
  ].filter(Boolean);
  return `real users are on it. Its limits: ${limits.join(', ') || 'none'}`;
}
