import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readUsers } from './users.ts';

const directory = mkdtempSync(join(tmpdir(), 'loadstar-users-'));
afterAll(() => rmSync(directory, { recursive: true }));

function fromFile(file: string, text: string | Buffer) {
  writeFileSync(join(directory, file), text);
  return readUsers({ file }, directory, {});
}

const TWO = [
  { email: 'a@x', password: 'p,1' },
  { email: 'b@x', password: '2' },
];

describe('users', () => {
  it('come from CSV, JSON or a variable, every value a text', () => {
    expect(fromFile('u.csv', '\uFEFFemail,password\r\na@x,"p,1"\r\n\r\nb@x,2\r\n')).toEqual(TWO);
    expect(fromFile('u.csv', 'sep=;\r\nemail;password\r\na@x;p,1\r\nb@x;2\r\n')).toEqual(TWO);
    expect(fromFile('u.csv', ' email \t password \na@x\tp,1\n\nb@x\t2\n')).toEqual(TWO);
    expect(fromFile('u.csv', Buffer.from('\uFEFFemail,password\na@x,"p,1"\nb@x,2\n', 'utf16le'))).toEqual(TWO);
    expect(fromFile('u.json', '[{"email":"a@x","password":"p,1"},{"email":"b@x","password":2}]')).toEqual(TWO);
    expect(readUsers({ env: 'U' }, directory, { U: JSON.stringify(TWO) })).toEqual(TWO);
    expect(readUsers(undefined, directory, {})).toBeNull();
  });

  it.each([
    () => fromFile('bad.csv', 'email,password\na@x,hunter2,3\n'),
    () => fromFile('twice.csv', 'hunter2,hunter2\na,b\n'),
    () => fromFile('unnamed.csv', 'hunter2,\na,b\n'),
    () => fromFile('one.csv', 'email;password\nhunter2\n'),
    () => fromFile('empty.csv', 'email,password\n'),
    () => fromFile('bad.json', '[{"password":"hunter2"'),
    () => fromFile('none.json', '[]'),
    () => fromFile('deep.json', '[{"password":{"hunter2":1}}]'),
    () => readUsers({ file: 'nothing.csv' }, directory, {}),
    () => readUsers({ env: 'U' }, directory, {}),
  ])('that are none are refused without repeating them (%#)', (call) => {
    let thrown: unknown;
    try {
      call();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ exit_code: 2 });
    const { message, found, next } = thrown as { message: string; found: string; next?: string };
    expect(`${message} ${found} ${next}`).not.toContain('hunter2');
  });

  it('have a value for each column that the configuration asks for', () => {
    const columns = ['email', 'password'];
    const read = (text: string, file = 'columns.csv') => {
      writeFileSync(join(directory, file), text);
      return readUsers({ file, columns }, directory, {});
    };
    expect(read('id,email,password\n1,a@x,hunter2\n')).toHaveLength(1);
    expect(() => read('mail,password\na@x,hunter2\n')).toThrow(
      expect.objectContaining({
        exit_code: 2,
        message: expect.stringContaining('columns.csv to have a value for `email` of each user'),
        found: 'no user has one',
      }),
    );
    expect(() => read('email,password\na@x,hunter2\nb@x,\n')).toThrow(
      expect.objectContaining({ found: 'user 2 has none; 1 of 2 users lack a value' }),
    );
    expect(() => read('[{"email":"a@x","password":"hunter2"},{"email":"b@x"}]', 'columns.json')).toThrow(
      expect.objectContaining({ found: 'user 2 has none; 1 of 2 users lack a value' }),
    );
  });
});
