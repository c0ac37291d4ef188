import { userInfo } from 'node:os';
import { messageOf } from './errors.ts';

/** A container may have no user name, which is no reason to fail. */
export function readUserName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    return `unknown (${messageOf(error)})`;
  }
}
