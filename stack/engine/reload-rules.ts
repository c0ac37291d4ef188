import { GRAFANA_ADMIN } from '../../contract/grafana.ts';
import { messageOf } from '../../lib/errors.ts';
import type { EngineContext } from './engine.ts';
import { ensureGrafanaPassword } from './secrets.ts';

/** Grafana evaluates all rules before it answers. */
const TIMEOUT_MS = 10_000;

/**
 * Makes a running Grafana reload its alert rules.
 * https://grafana.com/docs/grafana/latest/developers/http_api/admin/#reload-provisioning-configurations
 */
export async function reloadRules(context: EngineContext, url: string): Promise<void> {
  const { ui, signal } = context;
  const login = `${GRAFANA_ADMIN}:${await ensureGrafanaPassword(context)}`;
  const authorization = `Basic ${Buffer.from(login).toString('base64')}`;
  const found = await ui.step('reloading the alert rules of Grafana', async () => {
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
  // A run works without alerts, and its end is notified anyway.
  if (found) ui.warn(`Grafana did not reload its alert rules (${found}): run \`loadstar down\` and \`loadstar up\``);
}
