/** What all pods of Loadstar have in common. */
import type { IEnvVar } from 'kubernetes-models/v1/EnvVar';
import type { IPodSecurityContext } from 'kubernetes-models/v1/PodSecurityContext';
import type { ISecurityContext } from 'kubernetes-models/v1/SecurityContext';

/** Kubernetes' strictest profile: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted */
export function podSecurity(user: number): IPodSecurityContext {
  return {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    // Volumes belong to this group, so that the user may write them.
    fsGroup: user,
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

export const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} satisfies ISecurityContext;

/** Escapes `$(NAME)`, which Kubernetes would replace in values and arguments. */
function escapeVariables(text: string): string {
  return text.replaceAll('$(', '$$$$(');
}

export function toEnv(values: Readonly<Record<string, string>>): IEnvVar[] {
  return Object.entries(values).map(([name, value]) => ({ name, value: escapeVariables(value) }));
}

export function fromSecret(name: string, secret: string, key: string, optional = false): IEnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret, key, ...(optional ? { optional } : {}) } } };
}

export function fromConfig(name: string, config_map: string, key: string): IEnvVar {
  return { name, valueFrom: { configMapKeyRef: { name: config_map, key } } };
}

/** The pod's own name, which is known only when it starts. */
export const POD_NAME: IEnvVar = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };

/** Go, Node.js and Grafana need a writable directory. */
export const TMP = { volume: { name: 'tmp', emptyDir: {} }, mount: { name: 'tmp', mountPath: '/tmp' } } as const;
