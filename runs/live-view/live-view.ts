import { LOOPBACK } from '../../contract/ports.ts';
import { freePort } from '../../lib/free-port.ts';
import type { Ui } from '../../lib/ui.ts';
import { type LiveView, startLiveView } from './proxy.ts';

/** A short test shows nothing at k6's default of 10 s a point. */
const PERIOD = '2s';

export interface LiveViewPorts extends LiveView {
  /** What turns k6's dashboard on, behind the proxy: at another free port for each start of k6. */
  env(): Promise<Readonly<Record<string, string>>>;
}

/** Opens the live view at `port`, or at any free one where that is taken: it must not cost a run. */
export async function openLiveView(port: number, ui: Ui): Promise<LiveViewPorts> {
  let dashboard_port = 0;
  const dashboardPort = () => dashboard_port;
  const view = await startLiveView(port, dashboardPort).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    ui.warn(`port ${port} of the live view is taken (LIVE_VIEW_PORT moves it): using a free one`);
    return startLiveView(0, dashboardPort);
  });
  return {
    ...view,
    async env() {
      dashboard_port = await freePort();
      return {
        K6_WEB_DASHBOARD: 'true',
        K6_WEB_DASHBOARD_HOST: LOOPBACK,
        K6_WEB_DASHBOARD_PORT: String(dashboard_port),
        K6_WEB_DASHBOARD_PERIOD: PERIOD,
      };
    },
  };
}
