import { GRAFANA_ADMIN } from '../../contract/grafana.ts';
import { messageOf } from '../../lib/errors.ts';
import type { EngineContext } from './engine.ts';
import { ensureGrafanaPassword } from './secrets.ts';

/** Grafana evaluates all rules anew meanwhile. */
const TIMEOUT_MS = 10_000;

/**
 * A Grafana that runs takes its alert rules anew from their file.
 * https://grafana.com/docs/grafana/latest/developers/http_api/admin/#reload-provisioning-configurations
 */
export async function reloadRules(context: EngineContext, url: string): Promise<void> {
  const { ui, signal } = context;
  const login = `${GRAFANA_ADMIN}:${await ensureGrafanaPassword(context)}`;
  const authorization = `Basic ${Buffer.from(login).toString('base64')}`;
  const found = await ui.step('giving Grafana the alert rules', async () => {
    try {
      const response = await fetch(`${url}/api/admin/provisioning/alerting/reload`, {
        method: 'POST',
        headers: { authorization },
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      return response.ok ? null : `status ${response.status}: ${await response.text()}`;
    } catch (error) {
      return messageOf(error);
    }
  });
  // A run is worth more than the alerts on it: its end is told anyway.
  if (found)
    ui.warn(
      `Grafana keeps the alert rules that it has (${found}); \`loadstar down\`, then \`up\`, gives it the new ones`,
    );
}
