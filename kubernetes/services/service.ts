import type { IService } from 'kubernetes-models/v1/Service';

/** A Service with one port named http. */
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
