import type { IService } from 'kubernetes-models/v1/Service';

/** A server of ours as the rest of the namespace finds it: one port, called http, by its name. */
export function httpService(
  metadata: NonNullable<IService['metadata']>,
  selector: Readonly<Record<string, string>>,
  port: number,
): IService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { selector, ports: [{ name: 'http', port, targetPort: port }] },
  };
}
