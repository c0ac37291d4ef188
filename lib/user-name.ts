import { userInfo } from 'node:os';
import { messageOf } from './errors.ts';

/** No name in a container is no reason to fail. */
export function readUserName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    return `unknown (${messageOf(error)})`;
  }
}
