/** Names of what a project has of its own in Grafana: a folder with alert rules, and its way of notifications. */
import { createHash } from 'node:crypto';
import { ALERTING } from '../../contract/alerting.ts';
import { GRAFANA } from '../../contract/grafana.ts';

/** Of all our rules. */
export const UID_PREFIX = 'ls';
/** Grafana accepts 40 characters. A longer uid ends with a digest, so that what it names keeps it. */
const LONGEST_UID = 40;
/** Long names of projects leave a thousand rules nothing else to differ in: 8 digits are enough for those. */
const DIGEST_LENGTH = 8;

/** Shortens a uid to what Grafana accepts. */
export function fitUid(uid: string): string {
  return uid.length <= LONGEST_UID ? uid : withDigest(uid, uid);
}

/** @param of what makes it differ from others that begin like it */
export function withDigest(uid: string, of: string): string {
  return `${uid.slice(0, LONGEST_UID - DIGEST_LENGTH - 1).replace(/[-_]+$/, '')}-${digestOf(of)}`;
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGEST_LENGTH);
}

/** The folder of a project's alert rules: Grafana gives permissions by folder. */
export function ruleFolder(project: string): { readonly uid: string; readonly title: string } {
  return { uid: fitUid(`${GRAFANA.folder_uid}-${project}`), title: `${GRAFANA.folder} · ${project}` };
}

export function ruleGroupName(project: string): string {
  return `${ALERTING.group}-${project}`;
}

/** The contact point of a project in a Grafana that several use. */
export function projectReceiver(project: string): string {
  return `${ALERTING.receiver}-${project}`;
}
